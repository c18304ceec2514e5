"""My queue: one row a lead, my earliest open step or a lead that is reserved for me, grouped by why it is here.

A rep holds at most her open limit, so that all of her rows are read (lightly, in one statement), put in order here and
counted; only the page that is shown asks for names and reasons. Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.search import query_words
from agreement.models import Lane, StepKind
from leads.bands import PROMISE_LEAD
from leads.her_clock import is_callable_in, window_in
from leads.models import Lead, Step
from leads.rail import end_of_today
from leads.why import Facts, address_of, facts_of, what, why, why_held
from team.models import User
from team.prepared import Prepared
from team.templatetags.midfield import moment_words

PAGE = 50
CALLS = (StepKind.CALL, StepKind.CALL_EMAIL, StepKind.CALL_BACK, StepKind.REPLY, StepKind.REBOOK, StepKind.DECIDE)
# A promised moment is shown as the time of day it was promised for.
EXACT = (StepKind.CALL_BACK, StepKind.MEETING)


class Group(models.TextChoices):
    """Why a row is here, in the order in which the groups stand."""

    WAITING = "waiting", gettext_lazy("Waiting for you")
    FIRST = "first", gettext_lazy("First touch")
    TODAY = "today", gettext_lazy("Today’s steps")
    BACK = "back", gettext_lazy("Back")
    MISSED = "missed", gettext_lazy("Missed")
    LATER = "later", gettext_lazy("Tomorrow and later")


ORDER = list(Group)
# The place of a row in the whole list; it stays the same while other rows come and go.
Rank = tuple[int, str, float, int]


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
    held_from: datetime | None = None

    @property
    def is_first_touch(self) -> bool:
        """Nobody has touched this pursuit, and nobody has put its first attempt off."""
        return self.first_touched_at is None and self.made_by != Step.MadeBy.PERSON and not self.snoozed


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    lead_id: int
    url: str
    name: str
    about: str
    what: str
    why: str
    due_at: datetime
    zone: str
    is_exact: bool
    icon: str
    # Said in place of a countdown where the hour is not what matters.
    when: str
    is_late: bool


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. Empty is everything."""

    group: str = ""
    lane: str = ""
    stage: str = ""
    tier: str = ""
    callable_now: bool = False
    q: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.lane or self.stage or self.tier or self.callable_now or self.q)


@dataclass
class Queue:
    """One page of the queue, and what is around it."""

    groups: list[tuple[Group, list[Row]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    # Rows before any filter, and of those that are callable now among what the other filters leave.
    total: int = 0
    callable_now: int = 0
    # Of what stands under later: due today, but nobody is called there any more. The rail counts them as due.
    out_of_hours: int = 0
    stages: list[tuple[str, str]] = field(default_factory=list)
    tiers: list[str] = field(default_factory=list)
    next_after: str = ""

    @property
    def shown(self) -> int:
        """Everything that matches and is due today: the figure of the rail. What is of another day is folded away."""
        return sum(self.counts.values()) - self.counts.get(Group.LATER, 0) + self.out_of_hours


def queue_of(user: User, *, wanted: Wanted, at: datetime) -> Queue:
    """The page of her queue that the address asks for: two or three statements, however long the queue is."""
    midnight = end_of_today(at)
    entries = list(entries_of(user, q=wanted.q, at=at))
    matching = [entry for entry in entries if _matches(entry, wanted)]
    open_now = {zone for zone in {entry.zone for entry in matching} if is_callable_in(zone, at=at)}
    is_callable = {entry.lead_id for entry in matching if entry.zone in open_now and is_call(entry)}
    if wanted.callable_now:
        matching = [entry for entry in matching if entry.lead_id in is_callable]

    grouped = in_order(matching, at=at)
    queue = Queue(
        counts=dict(Counter(group_in(rank).value for rank, _entry in grouped)),
        total=len(entries),
        callable_now=len(is_callable),
        out_of_hours=sum(group_in(rank) is Group.LATER and entry.due_at < midnight for rank, entry in grouped),
        stages=sorted({(str(entry.stage_id), entry.stage) for entry in entries if entry.stage_id}),
        tiers=sorted({entry.tier for entry in entries}),
    )
    if wanted.group:
        grouped = [(rank, entry) for rank, entry in grouped if group_in(rank) == wanted.group]
    if (after := read_rank(wanted.after)) is not None:
        grouped = [(rank, entry) for rank, entry in grouped if rank > after]
    page = grouped[:PAGE]
    if len(grouped) > PAGE:
        queue.next_after = write_rank(page[-1][0])
    facts = facts_of([entry.lead_id for _rank, entry in page])
    queue.groups = _in_groups(page, facts, at=at, midnight=midnight)
    return queue


def entries_of(user: User, *, q: str = "", at: datetime) -> Iterable[Entry]:
    """Her rows, unordered, one a lead: the earliest open step of hers; a reserved lead that has none."""
    if not q.strip():
        rows: Iterable[tuple[Any, ...]] = _ALL.rows(user=user.pk, at=at)
    elif words := query_words(q):
        rows = _mine(user=user.pk, at=at, words=words)
    else:
        return []
    found: dict[int, Entry] = {}
    for row in rows:
        entry = Entry(*row)
        known = found.get(entry.lead_id)
        if known is None or _stands_before(entry, known):
            found[entry.lead_id] = entry
    return found.values()


def _mine(*, user: int, at: datetime, words: Sequence[str] = ()) -> models.QuerySet[Any, Any]:
    steps = Step.objects.open().filter(assignee=user)
    reserved = Lead.objects.reserved_for(user, at=at)
    for word in words:
        steps = steps.filter(lead__person__search_text__text__contains=word)
        reserved = reserved.filter(person__search_text__text__contains=word)
    return steps.order_by().values_list(*_OF_STEP).union(reserved.order_by().values_list(*_OF_LEAD), all=True)


_ALL = Prepared(_mine)


def _stands_before(one: Entry, other: Entry) -> bool:
    """A step says more than a reservation; of two steps the earlier one is next."""
    if one.step_id is None or other.step_id is None:
        return one.step_id is not None
    return (one.due_at, one.step_id) < (other.due_at, other.step_id)


# The same columns of a step and its lead, and of a lead without one.
_OF_STEP: tuple[Any, ...] = (
    "lead_id", "lead__public_id", "due_at", "id", "kind", "title", "promised", "made_by", "snoozed", "attempt",
    "created_at", "lead__lane", "lead__tier", "lead__origin", "lead__first_touched_at", "lead__previous_id",
    "lead__person__time_zone", "lead__person__interest__rank", "lead__stage_id", "lead__stage__label", "held_from",
)  # fmt: skip
_NO_NUMBER: Any = Value(None, output_field=models.BigIntegerField())
_NO_MOMENT: Any = Value(None, output_field=models.DateTimeField())
_NO_WORD: Any = Value("", output_field=models.CharField())
_OF_LEAD: tuple[Any, ...] = (
    "pk", "public_id", "due_at", _NO_NUMBER, _NO_WORD, _NO_WORD, Value(False), _NO_WORD, Value(0), _NO_NUMBER,
    _NO_MOMENT, "lane", "tier", "origin", "first_touched_at", "previous_id", "person__time_zone",
    "person__interest__rank", "stage_id", "stage__label", _NO_MOMENT,
)  # fmt: skip


def in_order(entries: Iterable[Entry], *, at: datetime) -> list[tuple[Rank, Entry]]:
    """The rows as the page shows them at `at`, each with its place."""
    midnight = end_of_today(at)
    return sorted((rank_of(entry, group_of(entry, at=at, midnight=midnight)), entry) for entry in entries)


def group_of(entry: Entry, *, at: datetime, midnight: datetime) -> Group:
    """Why this row is here at `at`, on a day that ends at `midnight`. What waits for an answer never stands behind
    what was missed.

    Waiting: a reply; a promised moment from 15 minutes before; a hand-raiser nobody has touched; each until the end of
    its day. Missed: a first touch past its moment, and whatever a day that is over has left undone. Later: also an
    attempt of today when there is no hour left today to call her.
    """
    is_past_day = entry.due_at < midnight - timedelta(days=1)
    asked = entry.is_first_touch and (entry.lane == Lane.HAND_RAISER or entry.origin == Lead.Origin.SIGNAL)
    if not is_past_day and entry.due_at < midnight:
        told = entry.promised or entry.kind in EXACT
        if entry.kind == StepKind.REPLY or asked or (told and entry.due_at - PROMISE_LEAD <= at):
            return Group.WAITING
    elif asked and not is_past_day:
        return Group.WAITING
    if entry.is_first_touch and entry.previous_id is not None:
        return Group.MISSED if is_past_day else Group.BACK
    if entry.is_first_touch:
        return Group.MISSED if entry.due_at <= at else Group.FIRST
    if is_past_day:
        return Group.MISSED
    if entry.due_at >= midnight or _is_out_of_hours(entry, midnight, at=at):
        return Group.LATER
    return Group.TODAY


def _is_out_of_hours(entry: Entry, midnight: datetime, *, at: datetime) -> bool:
    """An attempt to call that a cadence planned, where her hours begin again on another day of the reader's."""
    if entry.made_by != Step.MadeBy.CADENCE or entry.kind not in CALLS:
        return False
    window = window_in(entry.zone, at=at)
    return window is not None and window[0] >= midnight


def group_in(rank: Rank) -> Group:
    return ORDER[rank[0]]


def rank_of(entry: Entry, group: Group) -> Rank:
    """Earliest first; what was missed by tier and newest interest."""
    place = ORDER.index(group)
    if group is Group.MISSED:
        return (place, entry.tier, -(entry.interest or 0.0), entry.lead_id)
    return (place, "", entry.due_at.timestamp(), entry.lead_id)


def write_rank(rank: Rank) -> str:
    """A place in the list as the address carries it."""
    return "_".join(str(part) for part in rank)


# The longest place that the address of a queue carries.
RANK_MAX = 100


def read_rank(text: str) -> Rank | None:
    """None where the address carries none, or nonsense: then the list begins at its top."""
    parts = text.split("_")
    try:
        place, tier, number, lead_id = parts
        return (int(place), tier, float(number), int(lead_id)) if len(text) < RANK_MAX else None
    except ValueError:
        return None


def is_call(entry: Entry) -> bool:
    """Whether the phone is part of what is next; of a reserved lead it is."""
    return not entry.kind or entry.kind in CALLS


def _matches(entry: Entry, wanted: Wanted) -> bool:
    return (
        wanted.lane in ("", entry.lane)
        and wanted.stage in ("", str(entry.stage_id))
        and (not wanted.tier or entry.tier.startswith(wanted.tier))
    )


def _in_groups(
    page: Sequence[tuple[Rank, Entry]], facts: dict[int, Facts], *, at: datetime, midnight: datetime
) -> list[tuple[Group, list[Row]]]:
    groups: dict[Group, list[Row]] = {}
    hours = {zone: _hours(zone, at=at, midnight=midnight) for zone in {entry.zone for _rank, entry in page}}
    for rank, entry in page:
        group = group_in(rank)
        is_of_today = group is Group.TODAY or (group is Group.LATER and entry.due_at < midnight)
        row = _row(entry, facts[entry.lead_id], hours[entry.zone], at=at, is_of_today=is_of_today)
        groups.setdefault(group, []).append(row)
    return list(groups.items())


def _row(entry: Entry, facts: Facts, hours: str, *, at: datetime, is_of_today: bool) -> Row:
    when = ""
    if is_of_today and entry.made_by == Step.MadeBy.CADENCE:
        # An attempt is planned for a day: what matters is when she can be called, not the hour it was put at.
        when = (hours if entry.kind in CALLS else "") or _("Today")
    return Row(
        lead_id=entry.lead_id,
        url=address_of("leads:lead", facts.public_id),
        name=facts.name,
        about=facts.about,
        what=what(
            facts,
            now=at,
            kind=entry.kind,
            title=entry.title,
            attempt=entry.attempt,
            created_at=entry.step_created_at,
        ),
        why=_why(entry, facts, at=at),
        due_at=entry.due_at,
        zone=entry.zone,
        is_exact=entry.promised or entry.kind in EXACT,
        icon=_icon(entry, when, at=at),
        when=when,
        is_late=entry.due_at <= at,
    )


def _why(entry: Entry, facts: Facts, *, at: datetime) -> str:
    if entry.held_from and entry.due_at > at:
        return why_held(entry.due_at, now=at)
    is_systems = entry.made_by == Step.MadeBy.SYSTEM
    return why(facts, now=at, kind=entry.kind, promised=entry.promised, is_systems=is_systems)


def _icon(entry: Entry, when: str, *, at: datetime) -> str:
    """A telephone beside what is said to be called; empty leaves it to the countdown."""
    if entry.promised and entry.due_at > at:
        return "phone"
    return ("phone" if entry.kind in CALLS else "clock") if when else ""


def _hours(zone: str, *, at: datetime, midnight: datetime) -> str:
    window = window_in(zone, at=at)
    if window is None:
        return ""
    opens, closes = window
    if opens <= at < closes:
        return _("Callable until %(clock)s") % {"clock": moment_words(closes, now=at)}
    words = {"clock": moment_words(opens, now=at)}
    return _("Callable from %(clock)s") % words if opens < midnight else _("From %(clock)s") % words
