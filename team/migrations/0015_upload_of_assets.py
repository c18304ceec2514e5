from typing import Any

from django.db import migrations, models
from django.db.models import F


def forget(apps: Any, schema_editor: Any) -> None:
    """Where the library goes, the tick that forgets old files takes what it had."""
    uploads = apps.get_model("team", "Upload").objects.using(schema_editor.connection.alias)
    uploads.filter(purpose="asset").update(purpose="import", keep_until=F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("team", "0014_absence_released_teams"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="upload",
            name="upload_purpose_is_known",
        ),
        migrations.AlterField(
            model_name="upload",
            name="keep_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="upload",
            name="purpose",
            field=models.CharField(
                choices=[("import", "import"), ("import_rejects", "rejected rows"), ("asset", "asset")], max_length=20
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["import", "import_rejects", "asset"])),
                name="upload_purpose_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose", "asset"), ("keep_until__isnull", False), _connector="OR"),
                name="upload_of_people_is_forgotten",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
