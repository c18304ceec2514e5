from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    """SQLite keeps its full-text index in a table of its own; content.actions.indexing writes both."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "CREATE VIRTUAL TABLE content_assettext_fts"
            " USING fts5(title, body, marks, tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
        )


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE content_assettext_fts")


class Migration(migrations.Migration):
    dependencies = [("content", "0002_library")]

    operations = [migrations.RunPython(make, drop)]
