"""What there was before the library is found by its title. Can be repeated where it was stopped."""

from typing import Any

from django.db import migrations

from content.words import marks_of, words_of

BATCH = 500


def index(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    assets = apps.get_model("content", "Asset").objects.using(connection.alias).select_related("topic")
    texts = apps.get_model("content", "AssetText").objects.using(connection.alias)
    while rows := list(assets.filter(words=None).order_by("pk")[:BATCH]):
        for asset in rows:
            title, body = " ".join(words_of(asset.title)), " ".join(words_of(asset.topic.label if asset.topic else ""))
            marks = " ".join(marks_of(kind=asset.kind, topic=asset.topic_id))
            texts.create(asset=asset, title=title, body=body, marks=marks)
            if connection.vendor == "sqlite":
                schema_editor.execute(
                    "INSERT OR REPLACE INTO content_assettext_fts (rowid, title, body, marks) VALUES (%s, %s, %s, %s)",
                    [asset.pk, title, body, marks],
                )
        if connection.vendor == "postgresql":
            schema_editor.execute(
                "UPDATE content_assettext SET vector = setweight(to_tsvector('simple', title), 'A')"
                " || setweight(to_tsvector('simple', body), 'B') || setweight(to_tsvector('simple', marks), 'C')"
                " WHERE vector IS NULL"
            )


class Migration(migrations.Migration):
    dependencies = [("content", "0004_labels")]

    operations = [migrations.RunPython(index, migrations.RunPython.noop, elidable=True)]
