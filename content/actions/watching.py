"""Whoever answers for an asset is told when its day comes: to look at it again, that it has expired. Once each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from content.models import Asset, AssetNotice
from content.models.asset import AssetQuerySet
from team.models import Role, User

if TYPE_CHECKING:
    pass

Kind = AssetNotice.Kind
BATCH = 500
# A day that lies further back was known before anybody was told of days.
LATEST = timedelta(days=60)


def tell_owners(*, on: date, at: datetime) -> int:
    """Whose owner is gone, or who has none, is told to every marketer. A second run finds nobody to tell."""
    told = _tell(Asset.objects.to_review(on=on), "review_on", Kind.REVIEW, on=on, at=at)
    return told + _tell(Asset.objects.expired(on=on), "expires_on", Kind.EXPIRED, on=on, at=at)


def hear_of_assets(*, by: User, at: datetime, up_to: int) -> int:
    """All that she was shown."""
    return AssetNotice.objects.unheard_by(by).filter(pk__lte=up_to).update(heard_at=at)


def _tell(rows: AssetQuerySet, field: str, kind: Kind, *, on: date, at: datetime) -> int:
    before = AssetNotice.objects.filter(asset=OuterRef("pk"), kind=kind, day=OuterRef(field))
    rows = rows.filter(~Exists(before), **{f"{field}__gt": on - LATEST}).order_by("pk")
    told = 0
    marketers: list[int] | None = None
    while True:
        due = list(rows.values_list("pk", "owner", "owner__is_active", field)[:BATCH])
        if not due:
            return told
        if marketers is None:
            keep = User.objects.filter(is_active=True, memberships__role=Role.MARKETER)
            marketers = list(keep.order_by("pk").values_list("pk", flat=True).distinct())
        notices = [
            AssetNotice(user_id=user, asset_id=pk, kind=kind, day=day, at=at)
            for pk, owner, is_here, day in due
            for user in ([owner] if is_here else marketers)
        ]
        if not notices:
            # Nobody is there to be told: whoever comes is told then.
            return told
        with transaction.atomic():
            AssetNotice.objects.bulk_create(notices, ignore_conflicts=True)
        told += len(notices)
