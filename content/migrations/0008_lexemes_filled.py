"""Every asset found by its lexemes. Can be repeated where it was stopped."""

from collections import defaultdict
from typing import Any

from django.db import migrations

from content.words import lexemes_of, marks_of, words_of

BATCH = 500


def fill(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    model = {name: apps.get_model("content", name) for name in ("Asset", "AssetText", "AssetVersion")}
    through = model["Asset"].labels.through.objects.using(connection.alias)
    assets = model["Asset"].objects.using(connection.alias).select_related("topic")
    versions = model["AssetVersion"].objects.using(connection.alias).filter(is_current=True)
    last = 0
    while rows := list(assets.filter(pk__gt=last).order_by("pk")[:BATCH]):
        ids = [asset.pk for asset in rows]
        current = {version.asset_id: version for version in versions.filter(asset__in=ids)}
        labels = defaultdict(list)
        for link in through.filter(asset__in=ids).select_related("label").order_by("label"):
            labels[link.asset_id].append(link.label)
        for asset in rows:
            text = text_of(asset, labels[asset.pk], current.get(asset.pk))
            model["AssetText"].objects.using(connection.alias).update_or_create(asset=asset, defaults={"text": text})
            if connection.vendor == "sqlite":
                schema_editor.execute("DELETE FROM content_assettext_fts WHERE rowid = %s", [asset.pk])
                schema_editor.execute(
                    "INSERT INTO content_assettext_fts (rowid, text) VALUES (%s, %s)", [asset.pk, text]
                )
        if connection.vendor == "postgresql":
            schema_editor.execute(
                "UPDATE content_assettext SET vector = array_to_tsvector(string_to_array(text, ' '))"
                " WHERE asset_id BETWEEN %s AND %s",
                [ids[0], ids[-1]],
            )
        last = ids[-1]


def text_of(asset: Any, labels: Any, current: Any) -> str:
    said = [asset.when_to_use, asset.topic.label if asset.topic else "", *(label.label for label in labels)]
    said += [current.text, current.note] if current else []
    marks = marks_of(
        kind=asset.kind,
        topic=asset.topic_id,
        labels=[label.pk for label in labels],
        form=current.form if current else "",
        language=asset.language,
    )
    return lexemes_of(words_of(asset.title), words_of("\n".join(said)), marks)


class Migration(migrations.Migration):
    dependencies = [("content", "0007_lexemes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
