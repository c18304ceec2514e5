"""What is in the queue of a rep, read lightly in one statement: her earliest open step of each lead, and what is kept
for her in the pool. Unordered; what each row says is read for a page of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, StringAgg, Subquery, Value, When
from django.db.models.functions import Cast, Concat

from accounts.models import ContactPoint, Suppression
from accounts.search import query_words
from agreement.models import StepKind
from leads.actions.planning import OF_FLOW
from leads.cadence import left_of
from leads.her_clock import NUMBERS, TURN, Where, in_turn
from leads.models import Engagement, Lead, Step
from leads.models.work import is_waited_for
from team.models import User
from team.prepared import Prepared

CALLS = (StepKind.CALL, StepKind.CALL_EMAIL, StepKind.CALL_BACK, StepKind.REPLY, StepKind.REBOOK, StepKind.DECIDE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row before anybody asked what it says: enough to group, filter and order it."""

    lead_id: int
    public_id: UUID
    due_at: datetime
    step_id: int | None
    kind: str
    title: str
    promised: bool
    made_by: str
    snoozed: int
    attempt: int | None
    step_created_at: datetime | None
    lane: str
    tier: str
    origin: str
    first_touched_at: datetime | None
    previous_id: int | None
    zone: str
    interest: float | None
    stage_id: int | None
    stage: str
    # When it would be due but for a meeting at the account.
    held_from: datetime | None
    last_touched_at: datetime | None
    created_at: datetime
    account_id: int | None
    account_public_id: UUID | None
    account: str
    # Something where she asked not to be called.
    no_calls: int | None
    # The same of e-mail.
    no_mails: int | None
    # The names of the tracks or plays that ask something of her for this lead, too, due after this.
    also: tuple[str, ...] = ()

    @property
    def kind_left(self) -> str:
        """What is to be done of it, since she asked not to be called, or for no e-mail."""
        shut = {"phone": self.no_calls, "email": self.no_mails}
        return left_of(self.kind, {channel for channel, key in shut.items() if key}) if self.kind else ""

    @property
    def is_for_a_day(self) -> bool:
        """Planned for a day rather than an hour: an attempt of a cadence, or a step of a track or play."""
        return self.made_by in Step.PLANNED

    def is_waited_for(self, at: datetime) -> bool:
        return is_waited_for(self.kind, self.due_at, promised=self.promised, at=at)

    @property
    def is_first_touch(self) -> bool:
        """Nobody has touched this pursuit, and nobody has put its first attempt off."""
        return self.first_touched_at is None and self.made_by != Step.MadeBy.PERSON and not self.snoozed

    @property
    def last_activity_at(self) -> datetime:
        """When one of us last did something about her; before that, when she came in."""
        return self.last_touched_at or self.created_at


def entries_of(
    user: User,
    *,
    q: str = "",
    topic: int = 0,
    account: UUID | None = None,
    at: datetime,
    teams: Sequence[int] | None = None,
) -> Iterable[Entry]:
    """Her rows, unordered, one a lead: the earliest open step of hers, with what tracks ask of her there besides; a
    reserved lead that has none."""
    words = query_words(q)
    if q.strip() and not words:
        return []
    if words or topic or account or teams is not None:
        rows: Iterable[tuple[Any, ...]] = _mine(
            user=user.pk, at=at, words=words, topic=topic, account=account, teams=teams
        )
    else:
        rows = _ALL.rows(user=user.pk, at=at)
    found: dict[int, Entry] = {}
    for row in rows:
        entry = _entry(row, at=at)
        known = found.get(entry.lead_id)
        if known is None:
            found[entry.lead_id] = entry
            continue
        first, other = (entry, known) if _stands_before(entry, known, at=at) else (known, entry)
        flow = other.title.rpartition(OF_FLOW)[2]
        also = (*known.also, flow) if other.made_by == Step.MadeBy.FLOW else known.also
        found[entry.lead_id] = replace(first, also=also) if also != first.also else first
    return found.values()


def is_call(entry: Entry) -> bool:
    """Whether the phone is part of what is next, of a reserved lead too; of whoever may not be called it is not."""
    return entry.no_calls is None and (not entry.kind or entry.kind in CALLS)


def _entry(row: Sequence[Any], *, at: datetime) -> Entry:
    """With the zone in which she is."""
    *columns, country, city, region, numbers, company_country, company_city, company_region = row
    there = company_country or "", company_city or company_region or ""
    where = Where(columns[_ZONE], country, city or region, _numbers_in(numbers), *there)
    columns[_ZONE] = where.zone(at=at)
    return Entry(*columns)


def _mine(
    *,
    user: int,
    at: datetime,
    words: Sequence[str] = (),
    topic: int = 0,
    account: UUID | None = None,
    teams: Sequence[int] | None = None,
) -> QuerySet[Any, Any]:
    steps = Step.objects.open().filter(assignee=user)
    reserved = Lead.objects.reserved_for(user, at=at)
    for word in words:
        steps = steps.filter(lead__person__search_text__text__contains=word)
        reserved = reserved.filter(person__search_text__text__contains=word)
    if topic:
        steps = steps.filter(_about(topic, "lead__person"))
        reserved = reserved.filter(_about(topic, "person"))
    if teams is not None:
        steps, reserved = steps.filter(lead__team__in=teams), reserved.filter(team__in=teams)
    if account:
        steps = steps.filter(lead__account__public_id=account)
        reserved = reserved.filter(account__public_id=account)
    return steps.order_by().values_list(*_OF_STEP).union(reserved.order_by().values_list(*_OF_LEAD), all=True)


def _about(topic: int, person: str) -> Exists:
    """Whoever did something with this topic, or with something that is about it."""
    did = Engagement.objects.standing().filter(Q(topic=topic) | Q(asset__topic=topic), person=OuterRef(person))
    return Exists(did)


def _stands_before(one: Entry, other: Entry, *, at: datetime) -> bool:
    """A step says more than a reservation; of two steps that for which somebody waits, else the earlier one."""
    if one.step_id is None or other.step_id is None:
        return one.step_id is not None
    waits, other_waits = one.is_waited_for(at), other.is_waited_for(at)
    if waits != other_waits:
        return waits
    return (one.due_at, one.step_id) < (other.due_at, other.step_id)


_NO_NUMBER: Any = Value(None, output_field=models.BigIntegerField())
_NO_MOMENT: Any = Value(None, output_field=models.DateTimeField())
_NUMBER = re.compile(r"(-?\d+):(\S+)")
_NO_WORD: Any = Value("", output_field=models.CharField())


def _numbers_of(person: str) -> Any:
    """The numbers that she would be called at, each with its turn, asked for only where she never said her zone."""
    points = ContactPoint.objects.filter(NUMBERS, person=OuterRef(person)).order_by().values("person")
    number = Concat(Cast(TURN, models.CharField()), Value(":"), "normalised", output_field=models.CharField())
    # SQLite before 3.44 gives a list in no order.
    numbers = Subquery(points.values(all=StringAgg(number, Value(" "))))
    return Case(When(**{f"{person}__time_zone": ""}, then=numbers), default=Value(""), output_field=models.TextField())


def _numbers_in(listed: str | None) -> tuple[str, ...]:
    return in_turn((int(turn), number) for turn, number in _NUMBER.findall(listed or ""))


def _silent(person: str, channel: str) -> Any:
    """With its LIMIT it is looked up a row."""
    channels = (channel, Suppression.Channel.ALL)
    silent = Suppression.objects.filter(person=OuterRef(person), channel__in=channels).order_by()
    return Subquery(silent.values("pk")[:1])


def _of_lead(prefix: str) -> tuple[Any, ...]:
    return (
        f"{prefix}last_touched_at", f"{prefix}created_at", f"{prefix}account_id", f"{prefix}account__public_id",
        f"{prefix}account__name", _silent(f"{prefix}person", Suppression.Channel.PHONE),
        _silent(f"{prefix}person", Suppression.Channel.EMAIL),
        f"{prefix}person__country", f"{prefix}person__city", f"{prefix}person__region",
        _numbers_of(f"{prefix}person"), f"{prefix}account__country", f"{prefix}account__city",
        f"{prefix}account__region",
    )  # fmt: skip


# The same columns of a step and its lead, and of a lead without one.
_OF_STEP: tuple[Any, ...] = (
    "lead_id", "lead__public_id", "due_at", "id", "kind", "title", "promised", "made_by", "snoozed", "attempt",
    "created_at", "lead__lane", "lead__tier", "lead__origin", "lead__first_touched_at", "lead__previous_id",
    "lead__person__time_zone", "lead__person__interest__rank", "lead__stage_id", "lead__stage__label", "held_from",
    *_of_lead("lead__"),
)  # fmt: skip
_OF_LEAD: tuple[Any, ...] = (
    "pk", "public_id", "due_at", _NO_NUMBER, _NO_WORD, _NO_WORD, Value(False), _NO_WORD, Value(0), _NO_NUMBER,
    _NO_MOMENT, "lane", "tier", "origin", "first_touched_at", "previous_id", "person__time_zone",
    "person__interest__rank", "stage_id", "stage__label", _NO_MOMENT, *_of_lead(""),
)  # fmt: skip
_ZONE = _OF_STEP.index("lead__person__time_zone")
_ALL = Prepared(_mine)
