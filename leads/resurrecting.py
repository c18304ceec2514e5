"""Who was recycled or declared dead and lives: came back unasked, was qualified or bought; credited to who let go.

What a pursuit comes to is counted in its month, and credited to whoever ended the pursuit before it: by recycling it,
or by disqualifying it, which then was too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import called
from leads.models import Lead, LeadEvent, Recycling
from team.models import User

# Nobody fetched her: she did something, or asked, or wrote.
UNASKED = (Lead.Origin.SIGNAL, Lead.Origin.HAND_RAISER, Lead.Origin.INBOUND)
LET_GO = (Lead.ClosedAs.WOKEN, Lead.ClosedAs.DISQUALIFIED)
BACK, QUALIFIED, WON = "back", "qualified", "won"
WHATS = {
    BACK: gettext_lazy("Came back unasked"),
    QUALIFIED: gettext_lazy("Qualified"),
    WON: gettext_lazy("Won"),
}
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Resurrection:
    """One pursuit that began after another was let go of, and what it came to in the month."""

    public_id: UUID
    name: str
    company: str
    # What it came to in this month, each with its moment.
    whats: dict[str, datetime]
    # Whether it was declared dead, and by whom it was let go of and why.
    was_dead: bool
    by_id: int | None
    by: str
    reason: str
    let_go_at: datetime

    @property
    def url(self) -> str:
        return reverse("leads:lead", args=[self.public_id])

    @property
    def days(self) -> int:
        return (max(self.whats.values()) - self.let_go_at).days

    @property
    def best(self) -> str:
        return str(WHATS[next(what for what in reversed(WHATS) if what in self.whats)])

    @property
    def at(self) -> datetime:
        return max(self.whats.values())


@dataclass
class Credit:
    """What came of whom one of us let go of."""

    by_id: int
    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WHATS, 0))
    # Of all these, those that were declared dead.
    dead: int = 0

    @property
    def cells(self) -> list[tuple[str, str, int]]:
        return [(what, str(label), self.counts[what]) for what, label in WHATS.items()]


def resurrections_of(user: User, month: date) -> list[Resurrection]:
    """Of the leads she may see, whatever lives again in this month of hers, the latest first: one statement."""
    begin, end = _moment(month), _moment(next_month(month))
    return sorted(
        (_read(row, begin, end) for row in _rows(user, begin, end)), key=lambda one: (one.at, one.name), reverse=True
    )


def credits_of(found: Sequence[Resurrection]) -> list[Credit]:
    """A line for everybody who let go of one of these, by name; 0 stands for the system."""
    lines: dict[int, Credit] = {}
    for one in found:
        line = lines.setdefault(one.by_id or 0, Credit(one.by_id or 0, one.by))
        line.dead += one.was_dead
        for what in one.whats:
            line.counts[what] += 1
    return sorted(lines.values(), key=lambda line: (line.by_id == 0, line.name))


def narrowed(found: Sequence[Resurrection], *, by: int | None, what: str) -> list[Resurrection]:
    """Those behind one figure; `what` may also be "dead"."""
    return [
        one
        for one in found
        if by in (None, one.by_id or 0) and (not what or what in one.whats or (what == "dead" and one.was_dead))
    ]


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _moment(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _rows(user: User, begin: datetime, end: datetime) -> Any:
    within = {"gte": begin, "lt": end}
    came = Q(origin__in=UNASKED, **{f"created_at__{key}": at for key, at in within.items()})
    qualified = Q(**{f"first_qualified_at__{key}": at for key, at in within.items()})
    won = Q(closed_as=Lead.ClosedAs.WON, **{f"closed_at__{key}": at for key, at in within.items()})
    slept = Recycling.objects.filter(lead=OuterRef("previous"), undone_at=None).order_by("-pk")
    ended = LeadEvent.objects.filter(lead=OuterRef("previous"), verb="disqualify").order_by("-id")
    return (
        Lead.objects.visible_to(user)
        .filter(came | qualified | won, previous__closed_as__in=LET_GO)
        .annotate(
            recycled_by=Subquery(slept.values("by")[:1]),
            recycled_name=Subquery(slept.values("by__name")[:1]),
            recycled_at=Subquery(slept.values("at")[:1]),
            category=Subquery(slept.values("category")[:1]),
            dead_by=Subquery(ended.values("by")[:1]),
            dead_name=Subquery(ended.values("by__name")[:1]),
        )
        .values(
            "public_id", "origin", "created_at", "first_qualified_at", "closed_as", "closed_at", "recycled_by",
            "recycled_name", "recycled_at", "category", "dead_by", "dead_name",
            given=F("person__given_name"), family=F("person__family_name"), known_by=F("person__known_by"),
            company=F("account__name"), before=F("previous__closed_as"), before_at=F("previous__closed_at"),
            before_reason=F("previous__reason__label"),
        )
    )  # fmt: skip


def _read(row: dict[str, Any], begin: datetime, end: datetime) -> Resurrection:
    was_dead = row["before"] == Lead.ClosedAs.DISQUALIFIED
    moments = {
        BACK: row["created_at"] if row["origin"] in UNASKED else None,
        QUALIFIED: row["first_qualified_at"],
        WON: row["closed_at"] if row["closed_as"] == Lead.ClosedAs.WON else None,
    }
    label = dict(Recycling._meta.get_field("category").flatchoices).get(row["category"], "")
    return Resurrection(
        public_id=row["public_id"],
        name=called(row["given"], row["family"], row["known_by"]),
        company=row["company"] or "",
        whats={what: at for what, at in moments.items() if at is not None and begin <= at < end},
        was_dead=was_dead,
        by_id=row["dead_by"] if was_dead else row["recycled_by"],
        by=(row["dead_name"] if was_dead else row["recycled_name"]) or "",
        reason=row["before_reason"] or "" if was_dead else str(label),
        let_go_at=(row["before_at"] if was_dead else row["recycled_at"]) or row["before_at"],
    )
