"""A published version is what leads are judged by, and the database keeps it as it was signed; see `agreement.signed`.

A later migration that adds or changes a column or a constraint of one of these tables, or their rows, does so in
`operations = rewriting(...)` of that module; the tests of this migration see it where one forgot.
"""

from django.db import migrations

from agreement.signed import allow, forbid


class Migration(migrations.Migration):
    dependencies = [("agreement", "0002_version_1")]

    operations = [migrations.RunPython(forbid, allow)]
