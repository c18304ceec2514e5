"""My queue: one row a lead, my earliest open step or a lead that is reserved for me, grouped by why it is here.

A rep holds at most her open limit, so that all of her rows are read (lightly, in one statement), put in order here and
counted; only the page that is shown asks for names and reasons. Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from leads.cadence import due_since
from leads.her_clock import NONE, Days, is_callable_in, weekend_of, window_in
from leads.models import Step
from leads.models.work import EXACT
from leads.queue_entries import CALLS, Entry, entries_of, is_call
from leads.queue_order import Group, Rank, group_in, in_order, read_rank, write_rank
from leads.rail import end_of_today
from leads.why import Facts, address_of, facts_of, what, why, why_held
from team.models import User
from team.templatetags.midfield import moment_words

PAGE = 50


@dataclass(frozen=True)
class Heading:
    """What stands above rows that are not grouped by why they are here."""

    value: str
    label: str
    # The account whose people stand below.
    account: UUID | None = None


CALLABLE, UNKNOWN = "callable", "unknown"


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
    if is_of_today and entry.is_for_a_day:
        # What matters is when she can be called, not the hour it was put at.
        when = (hours if entry.kind_left in CALLS else "") or _("Today")
    return Row(
        lead_id=entry.lead_id,
        public_id=entry.public_id,
        url=address_of("leads:lead", facts.public_id),
        name=facts.name,
        about=facts.about,
        what=_what(entry, facts, at=at),
        why=_why(entry, facts, at=at),
        due_at=due_since(entry.due_at, entry.step_created_at),
        zone=entry.zone,
        is_exact=entry.promised or entry.kind in EXACT,
        icon=_icon(entry, when, at=at),
        when=when,
        is_late=entry.due_at <= at,
    )


def _what(entry: Entry, facts: Facts, *, at: datetime) -> str:
    """What is due first, and by name what asks for something besides: its words are on the page of the lead."""
    first = what(
        facts, now=at, kind=entry.kind_left, title=entry.title, attempt=entry.attempt, created_at=entry.step_created_at
    )
    return " · ".join([first, *(_("and “%(flow)s”") % {"flow": flow} for flow in entry.also)])


def _why(entry: Entry, facts: Facts, *, at: datetime) -> str:
    if entry.held_from and entry.due_at > at:
        return why_held(entry.due_at, now=at)
    is_systems = entry.made_by == Step.MadeBy.SYSTEM
    return why(facts, now=at, kind=entry.kind, promised=entry.promised, is_systems=is_systems)


def _icon(entry: Entry, when: str, *, at: datetime) -> str:
    """A telephone beside what is said to be called; empty leaves it to the countdown."""
    if entry.promised and entry.due_at > at:
        return "phone"
    return ("phone" if entry.kind_left in CALLS else "clock") if when else ""


def _hours(zone: str, *, at: datetime, midnight: datetime, weekend: Days) -> str:
    window = window_in(zone, at=at, weekend=weekend)
    if window is None:
        return ""
    opens, closes = window
    if opens <= at < closes:
        return _("Callable until %(clock)s") % {"clock": moment_words(closes, now=at)}
    words = {"clock": moment_words(opens, now=at)}
    return _("Callable from %(clock)s") % words if opens < midnight else _("From %(clock)s") % words
