"""What of the library was used in letters; and what came of each asset is counted into a row beside it, so that a list
of twenty thousand can be put in order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from content.actions.using import use_assets
from content.models import Asset, AssetFigures
from content.models.use import Place
from nurture.models import Message
from nurture.worth import NAMES, worth_of

BATCH = 500
# Who was counted within this time is not counted again: less than an hour, by which the clock rings.
FRESH = timedelta(minutes=30)


def count_use(message: Message, *, at: datetime) -> None:
    """What a letter of a rep brings is used once it has left, in the transaction that says so, and not when written."""
    if message.kind == Message.Kind.BY_HAND and message.asset_id is not None and message.by is not None:
        use_assets([message.asset_id], place=Place.COMPOSER, by=message.by, at=at)


def count_assets(*, at: datetime) -> int:
    """Up to 500 that were ever used or sent: those that nobody has counted first, then those counted longest ago.

    How many they were; the next call goes on with the others, and finds none once each is fresh.
    """
    ids = _stale(at=at)
    if ids:
        _count(ids, at=at)
    return len(ids)


def _stale(*, at: datetime) -> list[int]:
    uncounted = Asset.objects.filter(figures=None).order_by("pk").values_list("pk", flat=True)
    sent = Message.objects.left().filter(asset=OuterRef("pk")).order_by()
    old = AssetFigures.objects.filter(as_of__lte=at - FRESH).order_by("as_of", "pk").values_list("pk", flat=True)
    found: set[int] = set()
    for rows in (uncounted.filter(last_used_at__isnull=False), uncounted.filter(Exists(sent)), old):
        found.update(rows.exclude(pk__in=found)[: BATCH - len(found)])
    return sorted(found)


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
