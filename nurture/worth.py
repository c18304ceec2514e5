"""What came of what the library has, from rows: used, opened, answered, met, promoted. Reads only.

*Used* is how often one of us gave it to somebody or spoke by it, and how many letters of tracks brought it. Of the
letters that brought it: *opened* by a person, or one of its links followed; *answered*; *met*, where a meeting was
agreed with who got it within 30 days; *promoted*, where a lead of theirs was qualified within 90. All of one year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from content.models import Asset, AssetAccess
from leads.models import HandOff, Lead
from nurture.models import Message
from nurture.models.message import MessageQuerySet
from nurture.same import row_today

YEAR = timedelta(days=365)
MET_WITHIN, PROMOTED_WITHIN = timedelta(days=30), timedelta(days=90)
NAMES = ("used", "opened", "answered", "met", "promoted")
LETTERS_SHOWN = 50


@dataclass
class Worth:
    used: int = 0
    # Letters that brought it; the next four are of these.
    sent: int = 0
    opened: int = 0
    answered: int = 0
    met: int = 0
    promoted: int = 0


def letters(*, at: datetime) -> MessageQuerySet:
    """What left within a year and brought something of the library, with what came of it."""
    left = Message.objects.left().filter(asset__isnull=False, claimed_at__gt=at - YEAR, claimed_at__lte=at)
    met = HandOff.objects.booked().filter(lead__person=OuterRef("is_today"), sent_at__gte=OuterRef("claimed_at"))
    promoted = Lead.objects.filter(person=OuterRef("is_today"), first_qualified_at__gte=OuterRef("claimed_at"))
    return left.alias(is_today=row_today()).annotate(
        is_met=Exists(met.filter(sent_at__lte=_after("claimed_at", MET_WITHIN))),
        is_promoted=Exists(promoted.filter(first_qualified_at__lte=_after("claimed_at", PROMOTED_WITHIN))),
    )


def worth_of(assets: Collection[int], *, at: datetime) -> dict[int, Worth]:
    """Of each of these that anything is known of: two statements, however many there are."""
    found: dict[int, Worth] = defaultdict(Worth)
    uses = AssetAccess.objects.filter(asset__in=assets, did=AssetAccess.Did.USED, at__gt=at - YEAR, at__lte=at)
    for pk, n in uses.order_by().values_list("asset").annotate(n=Count("pk")):
        found[pk].used = n
    for row in _counted(letters(at=at).filter(asset__in=assets), "asset"):
        one = found[row["asset"]]
        one.used += row["by_track"]
        for name in ("sent", *NAMES[1:]):
            setattr(one, name, row[name])
    return dict(found)


def versions_of(asset: Asset, *, at: datetime) -> list[tuple[int, Worth]]:
    """The same of the letters alone, by the version that went out, the newest first."""
    rows = _counted(letters(at=at).filter(asset=asset, asset_version__isnull=False), "asset_version")
    found = [(row["asset_version"], Worth(row["sent"], *(row[name] for name in ("sent", *NAMES[1:])))) for row in rows]
    return sorted(found, key=lambda one: -one[0])


def _counted(rows: QuerySet[Message], by: str) -> QuerySet[Any, dict[str, Any]]:
    return (
        rows.order_by()
        .values(by)
        .annotate(
            sent=Count("pk"),
            by_track=Count("pk", filter=Q(kind=Message.Kind.NURTURE)),
            opened=Count("pk", filter=Q(opened_at__isnull=False) | Q(clicked_at__isnull=False)),
            answered=Count("replied_at"),
            met=Count("pk", filter=Q(is_met=True)),
            promoted=Count("pk", filter=Q(is_promoted=True)),
        )
    )


def _after(moment: str, time: timedelta) -> ExpressionWrapper:
    return ExpressionWrapper(OuterRef(moment) + time, output_field=DateTimeField())
