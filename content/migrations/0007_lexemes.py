"""One list of lexemes an asset: postings without positions, so that words that are common cost little together."""

from typing import Any

from django.db import migrations, models

FTS = "CREATE VIRTUAL TABLE content_assettext_fts USING fts5"


def make_anew(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE content_assettext_fts")
        schema_editor.execute(f"{FTS}(text, tokenize='ascii', detail='none', prefix='2 3 4 5 6 7 8')")


def make_as_it_was(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE content_assettext_fts")
        parts = "title, body, marks, tokenize='unicode61 remove_diacritics 0', prefix='2 3'"
        schema_editor.execute(f"{FTS}({parts})")


def forget(apps: Any, schema_editor: Any) -> None:
    """Rows without the former columns cannot get them; they are written afresh with the assets."""
    apps.get_model("content", "AssetText").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("content", "0006_demand")]

    operations = [
        migrations.RunPython(make_anew, make_as_it_was),
        migrations.AddField("assettext", "text", models.TextField(db_default="")),
        migrations.RemoveField("assettext", "title"),
        migrations.RemoveField("assettext", "body"),
        migrations.RemoveField("assettext", "marks"),
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
