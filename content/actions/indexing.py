"""What assets are found by, written afresh in the transaction that changed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import F, Func, Value

from content.models import Asset, AssetText, AssetVersion, Label, LibraryWord
from content.words import lexemes_of, marks_of, spelt_words, words_of

BATCH = 500


def index_assets(ids: Iterable[int]) -> None:
    every = sorted(ids)
    for first in range(0, len(every), BATCH):
        _index_part(every[first : first + BATCH])


def _index_part(ids: list[int]) -> None:
    current = {row.asset_id: row for row in AssetVersion.objects.filter(asset__in=ids, is_current=True)}
    labels: dict[int, list[Label]] = {}
    for link in Asset.labels.through.objects.filter(asset__in=ids).select_related("label").order_by("label"):
        labels.setdefault(link.asset_id, []).append(link.label)
    assets = Asset.objects.filter(pk__in=ids).select_related("topic")
    _write([_text_of(asset, labels.get(asset.pk, []), current.get(asset.pk)) for asset in assets])
    said = {str(one) for asset in assets for one in (asset.title, asset.topic or "", *labels.get(asset.pk, []))}
    words = spelt_words(said)
    known = set(LibraryWord.objects.filter(word__in=words).values_list("word", flat=True))
    LibraryWord.objects.bulk_create(
        [LibraryWord(word=word) for word in words if word not in known], ignore_conflicts=True
    )


def _text_of(asset: Asset, labels: Sequence[Label], current: AssetVersion | None) -> AssetText:
    said = [asset.when_to_use, str(asset.topic or ""), *(label.label for label in labels)]
    said += [current.text, current.note] if current else []
    marks = marks_of(
        kind=asset.kind,
        topic=asset.topic_id,
        labels=[label.pk for label in labels],
        form=current.form if current else "",
        language=asset.language,
    )
    return AssetText(asset=asset, text=lexemes_of(words_of(asset.title), words_of("\n".join(said)), marks))


def _write(texts: list[AssetText]) -> None:
    AssetText.objects.bulk_create(texts, update_conflicts=True, unique_fields=["asset"], update_fields=["text"])
    ids = [text.asset_id for text in texts]
    if connection.vendor == "postgresql":
        words = Func(F("text"), Value(" "), function="string_to_array")
        AssetText.objects.filter(asset__in=ids).update(vector=Func(words, function="array_to_tsvector"))
        return
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM content_assettext_fts WHERE rowid = %s", [(pk,) for pk in ids])
        cursor.executemany(
            "INSERT INTO content_assettext_fts (rowid, text) VALUES (%s, %s)",
            [(text.asset_id, text.text) for text in texts],
        )
