"""Whoever answers for an asset is told when its day comes: to look at it again, that it has expired; and what was
handed in. Whoever handed it in is told what became of it. Once each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from content.models import Asset, AssetNotice
from content.models.asset import AssetQuerySet
from content.models.notice import keeps_library
from team.models import Role, User

Kind = AssetNotice.Kind
BATCH = 500
# A day that lies further back was known before anybody was told of days.
LATEST = timedelta(days=60)


def tell_owners(*, on: date, at: datetime) -> int:
    """Whose owner is gone or keeps the library no more, or who has none, is told to every marketer, or, where there is
    none, to every admin. So is what such an owner was told and has not heard. A second run finds nobody to tell."""
    told = _tell(Asset.objects.to_review(on=on), "review_on", Kind.REVIEW, on=on, at=at)
    return told + _tell(Asset.objects.expired(on=on), "expires_on", Kind.EXPIRED, on=on, at=at)


def hear_of_assets(*, by: User, at: datetime, shown: Collection[int]) -> int:
    """What she was shown, and nothing that stood further down."""
    return AssetNotice.objects.unheard_by(by).filter(pk__in=shown).update(heard_at=at)


def tell_keepers(asset: Asset, *, at: datetime) -> None:
    """Something was handed in, and waits."""
    _note(asset, Kind.WAITS, _keepers(), at=at)


def tell_maker(asset: Asset, kind: Kind, *, by: User, at: datetime) -> None:
    """What became of what she handed in, unless she did it herself. Nobody else is asked to decide any more."""
    AssetNotice.objects.filter(asset=asset, kind=Kind.WAITS, heard_at=None).update(heard_at=at)
    if asset.handed_in_by_id is not None and asset.handed_in_by_id != by.pk:
        _note(asset, kind, [asset.handed_in_by_id], at=at)


def _note(asset: Asset, kind: Kind, users: list[int], *, at: datetime) -> None:
    day = timezone.localdate(at)
    notices = [AssetNotice(user_id=user, asset=asset, kind=kind, day=day, at=at) for user in users]
    AssetNotice.objects.bulk_create(notices, ignore_conflicts=True)


def _keepers() -> list[int]:
    """Every marketer who is here; where there is none, every admin."""
    here = User.objects.filter(is_active=True).order_by("pk")
    for role in (Role.MARKETER, Role.ADMIN):
        if found := list(here.filter(memberships__role=role).values_list("pk", flat=True).distinct()):
            return found
    return []


def _tell(rows: AssetQuerySet, field: str, kind: Kind, *, on: date, at: datetime) -> int:
    before = AssetNotice.objects.reaching().filter(asset=OuterRef("pk"), kind=kind, day=OuterRef(field))
    rows = rows.filter(~Exists(before), **{f"{field}__gt": on - LATEST}).order_by("pk")
    rows = rows.annotate(owner_keeps=keeps_library("owner"))
    told = 0
    keepers: list[int] | None = None
    while True:
        due = list(rows.values_list("pk", "owner", "owner_keeps", field)[:BATCH])
        if not due:
            return told
        keepers = _keepers() if keepers is None else keepers
        notices = [
            AssetNotice(user_id=user, asset_id=pk, kind=kind, day=day, at=at)
            for pk, owner, owner_keeps, day in due
            for user in ([owner] if owner_keeps else keepers)
        ]
        if not notices:
            # Nobody is there to be told: whoever comes is told then.
            return told
        with transaction.atomic():
            AssetNotice.objects.bulk_create(notices, ignore_conflicts=True)
        told += len(notices)
