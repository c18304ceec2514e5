"""The words of the titles, topics and labels of every asset. Can be repeated where it was stopped."""

from typing import Any

from django.db import migrations

from content.words import spelt_words

BATCH = 500


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    assets = apps.get_model("content", "Asset").objects.using(alias)
    words = apps.get_model("content", "LibraryWord").objects.using(alias)
    last = 0
    while rows := list(assets.filter(pk__gt=last).order_by("pk").values_list("pk", "title")[:BATCH]):
        _keep(words, [title for _pk, title in rows])
        last = rows[-1][0]
    for name in ("Topic", "Label"):
        said = apps.get_model("content", name).objects.using(alias).filter(assets__isnull=False).distinct()
        _keep(words, list(said.values_list("label", flat=True)))


def _keep(words: Any, said: list[str]) -> None:
    words.bulk_create([words.model(word=word) for word in spelt_words(said)], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("content", "0024_library_word")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
