"""How much of the library is used, and how much is written without it: beside what others say of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from content.backlog import missed
from content.forms.library import UNUSED_DAYS
from content.models import Asset, AssetAccess
from content.models.use import Place
from nurture.demand import LATELY, off_library
from nurture.models import Message
from reports.bands import Band, Key, bands, verdict_of
from reports.survival import Estimate, share_of


@dataclass(frozen=True)
class Meter:
    """A share with its interval, of so many, beside the figure of others."""

    part: int
    whole: int
    estimate: Estimate
    band: Band | None

    @property
    def verdict(self) -> str:
        return verdict_of(self.estimate, self.band) if self.band else ""


@dataclass(frozen=True)
class Reached:
    """How often one of us reached for the library from a place within 90 days."""

    place: str
    opened: int
    used: int
    # Searches that found nothing.
    missed: int


@dataclass(frozen=True)
class Shelf:
    # Of what may be used and has been there for 90 days: what none of us ever used.
    unused: Meter
    # Of the e-mails by hand of 90 days: what brought nothing of the library.
    own_words: Meter
    # (topic, there, never used)
    topics: list[tuple[str, str, int, int]]
    # Every place, in the order in which places are named.
    places: list[Reached]


def shelf_of(*, at: datetime, on: date) -> Shelf:
    """Six statements, however much there is."""
    known = bands()
    since = at - timedelta(days=UNUSED_DAYS)
    there = Asset.objects.in_use(on=on).filter(Q(added_at=None) | Q(added_at__lt=since)).order_by()
    never = Count("pk", filter=Q(last_used_at=None))
    by_topic = there.values_list("topic__key", "topic__label").annotate(n=Count("pk"), never=never)
    lines = sorted(by_topic.order_by(), key=lambda line: (-line[3], line[1] or ""))
    by_hand = Message.objects.left().filter(kind=Message.Kind.BY_HAND, claimed_at__gt=at - LATELY, claimed_at__lte=at)
    return Shelf(
        unused=_meter(sum(line[3] for line in lines), sum(line[2] for line in lines), known.get(Key.UNUSED_CONTENT)),
        own_words=_meter(off_library(at=at).count(), by_hand.count(), known.get(Key.OWN_WORDS)),
        topics=[(key or "", label or "", n, unused) for key, label, n, unused in lines],
        places=_reached(at=at),
    )


def _reached(*, at: datetime) -> list[Reached]:
    accesses = AssetAccess.objects.filter(place__in=Place.values, at__gt=at - LATELY, at__lte=at).order_by()
    did = {(place, did): n for place, did, n in accesses.values_list("place", "did").annotate(n=Count("pk"))}
    found = dict(missed(at=at).values_list("place").annotate(n=Count("pk")))
    opened, used = AssetAccess.Did.OPENED, AssetAccess.Did.USED
    return [
        Reached(str(place.label), did.get((place, opened), 0), did.get((place, used), 0), found.get(place, 0))
        for place in Place
    ]


def _meter(part: int, whole: int, band: Band | None) -> Meter:
    return Meter(part, whole, share_of(part, whole), band)
