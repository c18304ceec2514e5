"""What came of each asset is counted into a row beside it, so that a list of twenty thousand can be put in order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.models import Asset, AssetAccess, AssetFigures
from nurture.models import Message
from nurture.worth import NAMES, worth_of

BATCH = 500


def count_assets(*, at: datetime) -> int:
    """Those that were ever used or sent; counted again, the rows are the same but for their moment."""
    touched = Asset.objects.filter(pk__in=AssetAccess.objects.filter(did=AssetAccess.Did.USED).values("asset"))
    sent = Asset.objects.filter(pk__in=Message.objects.left().filter(asset__isnull=False).values("asset"))
    known = Asset.objects.filter(figures__isnull=False)
    ids = sorted({pk for rows in (touched, sent, known) for pk in rows.order_by().values_list("pk", flat=True)})
    for first in range(0, len(ids), BATCH):
        _count(ids[first : first + BATCH], at=at)
    return len(ids)


def _count(ids: list[int], *, at: datetime) -> None:
    worth = worth_of(ids, at=at)
    rows = [
        AssetFigures(asset_id=pk, as_of=at, **{name: getattr(worth[pk], name) if pk in worth else 0 for name in NAMES})
        for pk in ids
    ]
    with transaction.atomic():
        AssetFigures.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["asset"], update_fields=[*NAMES, "as_of"]
        )
