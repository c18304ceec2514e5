"""What assets are found by, written afresh in the transaction that changed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.postgres.search import SearchVector
from django.db import connection

from content.models import Asset, AssetText, AssetVersion, Label
from content.words import marks_of, words_of

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


def _text_of(asset: Asset, labels: Sequence[Label], current: AssetVersion | None) -> AssetText:
    said = [asset.when_to_use, str(asset.topic or ""), *(label.label for label in labels)]
    said += [current.text, current.note] if current else []
    return AssetText(
        asset=asset,
        title=" ".join(words_of(asset.title)),
        body=" ".join(dict.fromkeys(words_of("\n".join(said)))),
        marks=marks_of(
            kind=asset.kind,
            topic=asset.topic_id,
            labels=[label.pk for label in labels],
            form=current.form if current else "",
            language=asset.language,
        ),
    )


def _write(texts: list[AssetText]) -> None:
    AssetText.objects.bulk_create(
        texts, update_conflicts=True, unique_fields=["asset"], update_fields=["title", "body", "marks"]
    )
    ids = [text.asset_id for text in texts]
    if connection.vendor == "postgresql":
        parts = [
            SearchVector(name, weight=weight, config="simple")
            for name, weight in (("title", "A"), ("body", "B"), ("marks", "C"))
        ]
        AssetText.objects.filter(asset__in=ids).update(vector=parts[0] + parts[1] + parts[2])
        return
    with connection.cursor() as cursor:
        cursor.executemany("DELETE FROM content_assettext_fts WHERE rowid = %s", [(pk,) for pk in ids])
        cursor.executemany(
            "INSERT INTO content_assettext_fts (rowid, title, body, marks) VALUES (%s, %s, %s, %s)",
            [(text.asset_id, text.title, text.body, text.marks) for text in texts],
        )
