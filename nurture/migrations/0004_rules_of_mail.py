from typing import Any

from django.db import migrations


def make_rules(apps: Any, schema_editor: Any) -> None:
    rules = apps.get_model("nurture", "MailRules").objects.using(schema_editor.connection.alias)
    rules.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("nurture", "0003_message_begun")]
    operations = [migrations.RunPython(make_rules, migrations.RunPython.noop)]
