"""What was said before tells its moment no more by its name; going back, names stay as they are."""

import uuid
from typing import Any

from django.db import migrations, models

BATCH = 500


def name_by_chance(apps: Any, schema_editor: Any) -> None:
    said = apps.get_model("content", "Feedback").objects.using(schema_editor.connection.alias)
    last = 0
    while rows := list(said.filter(pk__gt=last).order_by("pk").only("pk")[:BATCH]):
        for row in rows:
            row.public_id = uuid.uuid4()
        said.bulk_update(rows, ["public_id"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("content", "0019_library_look_by_asset")]

    operations = [
        migrations.AlterField(
            model_name="feedback",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.RunPython(name_by_chance, migrations.RunPython.noop),
    ]
