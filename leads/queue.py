"""My queue: one row a lead, my earliest open step or a lead that is reserved for me, grouped by why it is here.

A rep holds at most her open limit, so that all of her rows are read (lightly, in one statement), put in order here and
counted; only the page that is shown asks for names and reasons. Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ContactPoint, Suppression
from accounts.search import query_words
from agreement.models import Lane, StepKind
from leads.bands import PROMISE_LEAD
from leads.cadence import due_since
from leads.her_clock import NONE, Days, guessed_zone, is_callable_in, weekend_of, window_in
from leads.models import Engagement, Lead, Step
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


@dataclass(frozen=True)
class Heading:
    """What stands above rows that are not grouped by why they are here."""

    value: str
    label: str
    # The account whose people stand below.
    account: UUID | None = None


CALLABLE, UNKNOWN = "callable", "unknown"
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
    held_from: datetime | None
    last_touched_at: datetime | None
    created_at: datetime
    account_id: int | None
    account_public_id: UUID | None
    account: str
    # Something where she asked not to be called.
    no_calls: int | None

    @property
    def is_first_touch(self) -> bool:
        """Nobody has touched this pursuit, and nobody has put its first attempt off."""
        return self.first_touched_at is None and self.made_by != Step.MadeBy.PERSON and not self.snoozed

    @property
    def last_activity_at(self) -> datetime:
        """When one of us last did something about her; before that, when she came in."""
        return self.last_touched_at or self.created_at


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page."""

    lead_id: int
    public_id: UUID
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
    # No activity for so many days.
    idle: int = 0
    topic: int = 0
    account: UUID | None = None
    by_account: bool = False
    q: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        filters = (self.lane, self.stage, self.tier, self.callable_now, self.idle, self.topic, self.account, self.q)
        return any(filters)

    @property
    def query(self) -> str:
        """This list as an address, always written the same; its top."""
        said = {"callable" if one.name == "callable_now" else one.name: getattr(self, one.name) for one in fields(self)}
        said.pop("after")
        return urlencode({name: "on" if value is True else value for name, value in said.items() if value})


@dataclass
class Queue:
    """One page of the queue, and what is around it."""

    groups: list[tuple[Group | Heading, list[Row]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    # Rows before any filter, and of those that are callable now among what the other filters leave.
    total: int = 0
    callable_now: int = 0
    # Of all her rows those of which nobody has heard for the days that are shipped as a view.
    idle: int = 0
    # Of what stands under later: due today, but nobody is called there any more. The rail counts them as due.
    out_of_hours: int = 0
    stages: list[tuple[str, str]] = field(default_factory=list)
    tiers: list[str] = field(default_factory=list)
    next_after: str = ""

    @property
    def shown(self) -> int:
        """Everything that matches and is due today: the figure of the rail. What is of another day is folded away."""
        return sum(self.counts.values()) - self.counts.get(Group.LATER, 0) + self.out_of_hours


def queue_of(
    user: User, *, wanted: Wanted, at: datetime, teams: Sequence[int] | None = None, weekend: Days = NONE
) -> Queue:
    """The page of her queue that the address asks for: two or three statements, however long the queue is. With `teams`
    only of leads of these, as her manager may read them; `weekend` are its days on which she works."""
    midnight = end_of_today(at)
    entries, matching, is_callable = _matching(user, wanted=wanted, at=at, teams=teams, weekend=weekend)
    queue = Queue(
        counts=dict(Counter(group_in(rank).value for rank, _entry in matching)),
        total=len(entries),
        callable_now=len(is_callable),
        idle=sum(_is_idle(entry, IDLE_DAYS, at=at) for entry in entries),
        out_of_hours=sum(group_in(rank) is Group.LATER and entry.due_at < midnight for rank, entry in matching),
        stages=sorted({(str(entry.stage_id), entry.stage) for entry in entries if entry.stage_id}),
        tiers=sorted({entry.tier for entry in entries}),
    )
    places = _arranged(matching, wanted, at=at, weekend=weekend)
    if (after := read_rank(wanted.after)) is not None:
        places = [place for place in places if place.rank > after]
    page = _first_page(places, wanted)
    if len(places) > len(page):
        queue.next_after = write_rank(page[-1].rank)
    facts = facts_of([place.entry.lead_id for place in page])
    queue.groups = _in_groups(page, facts, at=at, midnight=midnight, weekend=weekend)
    return queue


# What the shipped view of leads without activity means.
IDLE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Place:
    """A row at its place in the list as it is arranged, below its heading."""

    rank: Rank
    heading: Group | Heading
    group: Group
    entry: Entry


def _matching(
    user: User, *, wanted: Wanted, at: datetime, teams: Sequence[int] | None = None, weekend: Days
) -> tuple[list[Entry], list[tuple[Rank, Entry]], frozenset[int]]:
    """All of her rows, those that the filters leave in their order, and which of them can be called now."""
    entries = list(entries_of(user, q=wanted.q, topic=wanted.topic, account=wanted.account, at=at, teams=teams))
    matching = [entry for entry in entries if _matches(entry, wanted, at=at)]
    open_now = {zone for zone in {entry.zone for entry in matching} if is_callable_in(zone, at=at, weekend=weekend)}
    is_callable = frozenset(entry.lead_id for entry in matching if entry.zone in open_now and is_call(entry))
    if wanted.callable_now:
        # Whose clock nobody knows is shown as that, not left out.
        matching = [one for one in matching if one.lead_id in is_callable or (is_call(one) and not one.zone)]
    return entries, in_order(matching, at=at, weekend=weekend), is_callable


def _arranged(matching: Sequence[tuple[Rank, Entry]], wanted: Wanted, *, at: datetime, weekend: Days) -> list[Place]:
    """The rows as the address arranges them: by why they are here, by whose day ends first, or by account."""
    places = [Place(rank, group_in(rank), group_in(rank), entry) for rank, entry in matching]
    if wanted.group:
        places = [place for place in places if place.group == wanted.group]
    if wanted.by_account:
        return _by_account(places)
    if wanted.callable_now:
        return sorted((_by_window(place, at=at, weekend=weekend) for place in places), key=lambda place: place.rank)
    return places


def _by_window(place: Place, *, at: datetime, weekend: Days) -> Place:
    entry = place.entry
    window = window_in(entry.zone, at=at, weekend=weekend)
    if window is None:
        return Place((1, "", place.rank[0], entry.lead_id), Heading(UNKNOWN, _("Nobody knows their clock")),
                     place.group, entry)  # fmt: skip
    heading = Heading(CALLABLE, _("Callable now, whose day ends first on top"))
    return Place((0, str(place.rank[0]), window[1].timestamp(), entry.lead_id), heading, place.group, entry)


def _by_account(places: Sequence[Place]) -> list[Place]:
    """The accounts in the order of their first row, each with its rows; all of an account have its place, so that a
    page ends between two."""
    firsts: dict[int | None, Place] = {}
    rows: dict[int | None, list[Place]] = {}
    for place in places:
        # Who works nowhere stands at the end.
        firsts.setdefault(place.entry.account_id, place)
        rows.setdefault(place.entry.account_id, []).append(place)
    found = []
    for account_id, first in sorted(firsts.items(), key=lambda item: (item[0] is None, item[1].rank)):
        entry = first.entry
        heading = Heading(f"account-{account_id or 0}", entry.account or _("No company"), entry.account_public_id)
        rank = (int(account_id is None), str(first.rank[0]) + first.rank[1], *first.rank[2:])
        found += [Place(rank, heading, place.group, place.entry) for place in rows[account_id]]
    return found


def _first_page(places: Sequence[Place], wanted: Wanted) -> Sequence[Place]:
    if not wanted.by_account:
        return places[:PAGE]
    page: list[Place] = []
    for _rank, rows in groupby(places, key=lambda place: place.rank):
        if len(page) >= PAGE:
            break
        page += rows
    return page


def ids_in_order(user: User, *, wanted: Wanted, at: datetime) -> list[int]:
    """The leads that the address asks for, in the order of the page; what stands folded under later is left out unless
    it is asked for."""
    weekend = weekend_of(user.pk, at=at)
    _entries, matching, _is_callable = _matching(user, wanted=wanted, at=at, weekend=weekend)
    places = _arranged(matching, wanted, at=at, weekend=weekend)
    return [place.entry.lead_id for place in places if wanted.group or place.group is not Group.LATER]


def entries_of(
    user: User,
    *,
    q: str = "",
    topic: int = 0,
    account: UUID | None = None,
    at: datetime,
    teams: Sequence[int] | None = None,
) -> Iterable[Entry]:
    """Her rows, unordered, one a lead: the earliest open step of hers; a reserved lead that has none."""
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
        if known is None or _stands_before(entry, known, at=at):
            found[entry.lead_id] = entry
    return found.values()


def _entry(row: Sequence[Any], *, at: datetime) -> Entry:
    """With the zone she said, or else the one that her place, her number or her company says."""
    *columns, country, city, region, phone, company_country, company_city, company_region = row
    if not columns[_ZONE] and (country or phone or company_country):
        columns[_ZONE] = guessed_zone(
            country, city or region, phone or "", company_country or "", company_city or company_region or "",
            year=at.year,
        )  # fmt: skip
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
    did = Engagement.objects.filter(Q(topic=topic) | Q(asset__topic=topic), person=OuterRef(person), reverses=None)
    return Exists(did)


def _stands_before(one: Entry, other: Entry, *, at: datetime) -> bool:
    """A step says more than a reservation; of two steps that for which somebody waits, else the earlier one."""
    if one.step_id is None or other.step_id is None:
        return one.step_id is not None
    waits, other_waits = _is_waited_for(one, at=at), _is_waited_for(other, at=at)
    if waits != other_waits:
        return waits
    return (one.due_at, one.step_id) < (other.due_at, other.step_id)


def _is_waited_for(entry: Entry, *, at: datetime) -> bool:
    """A reply, or a moment that was promised and is near or past."""
    told = entry.promised or entry.kind in EXACT
    return entry.kind == StepKind.REPLY or (told and entry.due_at - PROMISE_LEAD <= at)


_NO_NUMBER: Any = Value(None, output_field=models.BigIntegerField())
_NO_MOMENT: Any = Value(None, output_field=models.DateTimeField())
_NO_WORD: Any = Value("", output_field=models.CharField())


def _number_of(person: str) -> Any:
    """The number that she would be called at, asked for only where she never said her zone."""
    numbers = ContactPoint.objects.filter(
        person=OuterRef(person), kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE
    )
    first = Subquery(numbers.order_by("-is_primary", "pk").values("normalised")[:1])
    return Case(When(**{f"{person}__time_zone": ""}, then=first), default=_NO_WORD)


def _no_calls_to(person: str) -> Any:
    """With its LIMIT it is looked up a row."""
    silent = Suppression.objects.filter(person=OuterRef(person), channel__in=_NO_CALLS).order_by()
    return Subquery(silent.values("pk")[:1])


_NO_CALLS = (Suppression.Channel.PHONE, Suppression.Channel.ALL)


def _of_lead(prefix: str) -> tuple[Any, ...]:
    return (
        f"{prefix}last_touched_at", f"{prefix}created_at", f"{prefix}account_id", f"{prefix}account__public_id",
        f"{prefix}account__name", _no_calls_to(f"{prefix}person"),
        f"{prefix}person__country", f"{prefix}person__city", f"{prefix}person__region",
        _number_of(f"{prefix}person"), f"{prefix}account__country", f"{prefix}account__city",
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


def in_order(entries: Iterable[Entry], *, at: datetime, weekend: Days = NONE) -> list[tuple[Rank, Entry]]:
    """The rows as the page shows them at `at`, each with its place."""
    midnight = end_of_today(at)
    return sorted(
        (rank_of(entry, group_of(entry, at=at, midnight=midnight, weekend=weekend)), entry) for entry in entries
    )


def group_of(entry: Entry, *, at: datetime, midnight: datetime, weekend: Days = NONE) -> Group:
    """Why this row is here at `at`, on a day that ends at `midnight`. What waits for an answer never stands behind
    what was missed.

    Waiting: a reply; a promised moment from 15 minutes before; a hand-raiser nobody has touched; each until the end of
    its day. Missed: a first touch past its moment, and whatever a day that is over has left undone. Later: also an
    attempt of today when there is no hour left today to call her.
    """
    is_past_day = entry.due_at < midnight - timedelta(days=1)
    asked = entry.is_first_touch and (entry.lane == Lane.HAND_RAISER or entry.origin == Lead.Origin.SIGNAL)
    if not is_past_day and entry.due_at < midnight:
        if asked or _is_waited_for(entry, at=at):
            return Group.WAITING
    elif asked and not is_past_day:
        return Group.WAITING
    if entry.is_first_touch and entry.previous_id is not None:
        return Group.MISSED if is_past_day else Group.BACK
    if entry.is_first_touch:
        return Group.MISSED if entry.due_at <= at else Group.FIRST
    if is_past_day:
        return Group.MISSED
    if entry.due_at >= midnight or _is_out_of_hours(entry, midnight, at=at, weekend=weekend):
        return Group.LATER
    return Group.TODAY


def _is_out_of_hours(entry: Entry, midnight: datetime, *, at: datetime, weekend: Days) -> bool:
    """An attempt to call that a cadence planned, where her hours begin again on another day of the reader's."""
    if entry.made_by != Step.MadeBy.CADENCE or entry.kind not in CALLS:
        return False
    window = window_in(entry.zone, at=at, weekend=weekend)
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
    """Whether the phone is part of what is next, of a reserved lead too; of whoever may not be called it is not."""
    return entry.no_calls is None and (not entry.kind or entry.kind in CALLS)


def _is_idle(entry: Entry, days: int, *, at: datetime) -> bool:
    return entry.last_activity_at <= at - timedelta(days=days)


def _matches(entry: Entry, wanted: Wanted, *, at: datetime) -> bool:
    return (
        wanted.lane in ("", entry.lane)
        and wanted.stage in ("", str(entry.stage_id))
        and (not wanted.tier or entry.tier.startswith(wanted.tier))
        and (not wanted.idle or _is_idle(entry, wanted.idle, at=at))
    )


def _in_groups(
    page: Sequence[Place], facts: dict[int, Facts], *, at: datetime, midnight: datetime, weekend: Days
) -> list[tuple[Group | Heading, list[Row]]]:
    groups: dict[Group | Heading, list[Row]] = {}
    hours = {
        zone: _hours(zone, at=at, midnight=midnight, weekend=weekend) for zone in {place.entry.zone for place in page}
    }
    for place in page:
        entry = place.entry
        is_of_today = place.group is Group.TODAY or (place.group is Group.LATER and entry.due_at < midnight)
        row = _row(entry, facts[entry.lead_id], hours[entry.zone], at=at, is_of_today=is_of_today)
        groups.setdefault(place.heading, []).append(row)
    return list(groups.items())


def _row(entry: Entry, facts: Facts, hours: str, *, at: datetime, is_of_today: bool) -> Row:
    when = ""
    if is_of_today and entry.made_by == Step.MadeBy.CADENCE:
        # An attempt is planned for a day: what matters is when she can be called, not the hour it was put at.
        when = (hours if entry.kind in CALLS else "") or _("Today")
    return Row(
        lead_id=entry.lead_id,
        public_id=entry.public_id,
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
        due_at=due_since(entry.due_at, entry.step_created_at),
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


def _hours(zone: str, *, at: datetime, midnight: datetime, weekend: Days) -> str:
    window = window_in(zone, at=at, weekend=weekend)
    if window is None:
        return ""
    opens, closes = window
    if opens <= at < closes:
        return _("Callable until %(clock)s") % {"clock": moment_words(closes, now=at)}
    words = {"clock": moment_words(opens, now=at)}
    return _("Callable from %(clock)s") % words if opens < midnight else _("From %(clock)s") % words
