"""What somebody saw lately is found by an index, made on PostgreSQL while everybody works on."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.state import ProjectState


class AddIndexAside(AddIndexConcurrently):
    """Concurrently where the database can; the index is the same."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, *states)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, *states)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0004_clock_never_pauses")]

    operations = [
        AddIndexAside(
            model_name="notice",
            index=models.Index(
                condition=models.Q(seen_at__isnull=False), fields=["user", "-at", "-id"], name="notice_seen"
            ),
        ),
    ]
