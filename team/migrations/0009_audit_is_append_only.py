from django.db import migrations

from team.append_only import allow, forbid


class Migration(migrations.Migration):
    dependencies = [("team", "0008_audit")]

    operations = [migrations.RunPython(forbid, allow)]
