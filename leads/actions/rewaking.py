"""A manager moves days on which leads come back: spread over days with room, or a whole day to another, as one act."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Phase, ReasonRule
from leads.actions.acts import one_act
from leads.actions.changing import alter, lock_leads, write_each
from leads.actions.effects import Effects, Together
from leads.actions.holding import by_lead
from leads.actions.sharing import share_act
from leads.models import Lead, LeadEvent, Recycling, SharedAct, Signal, Step
from leads.return_days import POOL, Load, load_of, returning_between, today_in
from leads.waking import last_day, wake_moment
from team.bulk import update_rows
from team.models import Team
from team.templatetags.midfield import written_day

if TYPE_CHECKING:
    from team.models import User

# So many leads one act moves: everybody else's writes wait for it on SQLite.
MOVE_MAX = 500
# However often days are spread, nobody is moved further than this from the day she had before, nor further than a week
# where somebody gave it.
FARTHEST, FARTHEST_GIVEN = 30, 7
# Why a day was changed, in the event.
ROOM, OFFERED = "room", "offered"
# Whoever is offered comes back within two months, or has no room.
SOON_DAYS = 60
Category = ReasonRule.Category
# Of these nobody can have said when to come back.
NOBODY_SPOKE = (Category.UNRESPONSIVE, Category.WRONG_PERSON, Category.LEFT_COMPANY)


@dataclass(frozen=True)
class Sleeper:
    """Who comes back when, and how far that may be moved."""

    lead: Lead
    day: date
    # Later would be too late for a contract.
    last: date | None = None
    # Somebody said the day; else it follows from a rule.
    is_given: bool = False
    # The day it was before a spread moved it; none where none has.
    before: date | None = None

    @property
    def farthest(self) -> int:
        return FARTHEST_GIVEN if self.is_given else FARTHEST

    @property
    def why(self) -> str:
        """What holds the day."""
        if self.last is not None:
            return _("Not after %(day)s: then notice can no longer be given") % {"day": written_day(self.last)}
        return _("Somebody gave the day: by a week at most") if self.is_given else ""


@dataclass
class Plan:
    """Who is moved to which day, and who stays and why."""

    load: Load
    # The days that it is asked to relieve, and how many of the team were in the queue on each day before.
    days: Sequence[date] = ()
    was: Mapping[date, int] = field(default_factory=dict)
    moves: list[tuple[Sleeper, date]] = field(default_factory=list)
    stays: list[tuple[Sleeper, str]] = field(default_factory=list)
    act: SharedAct | None = None

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why some stay, and of how many each is said: first what is said of most."""
        return Counter(_kind_of(one, why) for one, why in self.stays).most_common()

    @property
    def over_now(self) -> int:
        """On so many of its days more are in the queue than the whole team takes up, before it."""
        return sum(self.was[day] > self.load.of_team(day) for day in self.days)

    @property
    def over_then(self) -> int:
        """As `over_now`, after it."""
        return sum(self.load.is_over(day) for day in self.days)

    @property
    def staying(self) -> list[tuple[str, int, list[tuple[date, list[Sleeper]]]]]:
        """Who stays, as `reasons` has it, and of each reason by the day on which they come back."""
        found: dict[str, dict[date, list[Sleeper]]] = defaultdict(lambda: defaultdict(list))
        for one, why in sorted(self.stays, key=lambda stay: stay[0].day):
            found[_kind_of(one, why)][one.day].append(one)
        return [(why, number, list(found[why].items())) for why, number in self.reasons]

    @property
    def skipped(self) -> list[tuple[Lead, str]]:
        return [(one.lead, _kind_of(one, why)) for one, why in self.stays]


def plan_spread(team: Team, first: date, last: date, *, at: datetime, lock: bool = False) -> Plan:
    """On the days from `first` to `last` whoever is more than its rep takes up, on the day on which they are in the
    queue, goes to the nearest day with room for it and for the whole team, rather later than earlier; of a contract
    never later than notice can be given. Who can be moved least, stays. Days that are over for the whole team are
    relieved first."""
    first = max(first, today_in(team, at) + timedelta(days=1))
    far = timedelta(days=FARTHEST)
    if lock:
        hold_days_of(team)
    load = load_of(team, first - far, last + far, at=at)
    sleepers = sleepers_between(team, first, last, lock=lock)
    # Days off are relieved on the day on which who comes back on them is in the queue.
    met = {load.place_of(one.lead.bdr_id, one.day)[1] for one in sleepers}
    plan = Plan(load, days=[day for day in load.days() if first <= day <= last or day in met], was=load.queue())

    def turn(one: Sleeper) -> tuple[bool, bool, date]:
        """What the reps have is placed first: what is left is the pool's."""
        holder, on = load.place_of(one.lead.bdr_id, one.day)
        return not load.is_over(on), holder is POOL, one.day

    for one in sorted(sleepers, key=turn):
        holder, on = load.place_of(one.lead.bdr_id, one.day)
        if load.queued(holder, on) <= load.capacity(holder, on):
            continue
        if len(plan.moves) == MOVE_MAX:
            plan.stays.append((one, _("One act moves no more: spread the rest after it.")))
            continue
        days = list(_nearest(one, load.today))
        there = next((day for day in days if load.has_room(holder, day)), None)
        # Where the whole team has none, a rep may still have too many on one day and none on another.
        there = there or next((day for day in days if load.relieves(holder, day, on)), None)
        if there is None:
            plan.stays.append((one, _why_not(one)))
            continue
        load.move(holder, one.day, there)
        plan.moves.append((one, there))
    plan.stays = _over(plan)
    plan.moves.sort(key=lambda move: (move[0].day, move[1], move[0].lead.pk))
    return plan


def _over(plan: Plan) -> list[tuple[Sleeper, str]]:
    """Of those who cannot be moved as many as are still too many on the day on which they are in the queue: the others
    have room on it."""
    load, left, stays = plan.load, Counter[tuple[int | None, date]](), []
    for one, why in plan.stays:
        place = load.place_of(one.lead.bdr_id, one.day)
        left[place] += 1
        if left[place] <= load.queued(*place) - load.capacity(*place):
            stays.append((one, why))
    return stays


def plan_move(team: Team, day: date, to: date, *, at: datetime, lock: bool = False) -> Plan:
    """Everybody of one day to another, whoever that suits: a manager may go over what the reps take up."""
    if lock:
        hold_days_of(team)
    load = load_of(team, min(day, to), max(day, to), at=at)
    plan = Plan(load, days=(day, to), was=load.queue())
    for one in sleepers_between(team, day, day, lock=lock):
        if one.last is not None and to > max(one.last, one.day):
            plan.stays.append((one, one.why))
        elif len(plan.moves) == MOVE_MAX:
            plan.stays.append((one, _("One act moves no more: move the rest after it.")))
        else:
            load.move(load.holder_of(one.lead.bdr_id), day, to)
            plan.moves.append((one, to))
    return plan


def notice_until(lead: Lead, *, at: datetime) -> date | None:
    """The last day on which notice can be given of the contract for which this lead sleeps; None where it sleeps for
    none, the end is not known, or that day is over."""
    recycling = Recycling.objects.filter(lead=lead, undone_at=None).order_by("-at", "-pk").first()
    last = Rules().last_day_of(lead, recycling) if recycling else None
    return last if last and last >= today_in(lead.team, at) else None


def hold_days_of(team: Team) -> None:
    """Whoever plans days of this team to write them counts after whoever does so beside: before any lead is locked."""
    list(Team.objects.select_for_update(no_key=True).filter(pk=team.pk).values_list("pk"))


def plan_offers(team: Team, leads: Sequence[Lead], *, at: datetime) -> Plan:
    """Whoever is offered comes back on the first day with room from tomorrow on, in the order of the list; never later
    than she would anyway."""
    tomorrow = today_in(team, at) + timedelta(days=1)
    load = load_of(team, tomorrow, tomorrow + timedelta(days=SOON_DAYS), at=at)
    plan = Plan(load)
    for lead in leads[:MOVE_MAX]:
        if lead.phase != Phase.NURTURE or lead.team_id != team.pk or lead.wake_at is None:
            continue
        one = Sleeper(lead, lead.wake_at.astimezone(ZoneInfo(team.calendar.time_zone)).date())
        holder = load.holder_of(lead.bdr_id)
        there = next((day for day in load.days() if load.has_room(holder, day)), None)
        if there is None:
            plan.stays.append((one, _("No day within two months has room.")))
        elif one.day <= there:
            plan.stays.append((one, _("Comes back on %(day)s anyway.") % {"day": written_day(one.day)}))
        else:
            load.move(holder, one.day, there)
            plan.moves.append((one, there))
    return plan


def bring_back(team: Team, ids: Sequence[int], *, by: User, at: datetime) -> Plan:
    """Each of these that are offered comes back on its day of `plan_offers`, and then for what it was offered for: one
    act, one event a lead."""
    with transaction.atomic(), one_act() as act:
        hold_days_of(team)
        held = {lead.pk: lead for lead in lock_leads(ids)}
        offered = Signal.objects.filter(lead__in=held, state=Signal.State.OFFERED)
        signals = {one.lead_id: one.pk for one in offered if one.lead_id is not None}
        people = Lead.objects.filter(pk__in=held).select_related("person", "account", "bdr").in_bulk()
        for pk, lead in held.items():
            lead.person, lead.account, lead.bdr = people[pk].person, people[pk].account, people[pk].bdr
        plan = plan_offers(team, [held[pk] for pk in ids if pk in signals], at=at)
        _write(team, plan, by=by, at=at, because=OFFERED, signals=signals)
        moved = [signals[one.lead.pk] for one, _day in plan.moves]
        offers = Signal.objects.filter(pk__in=moved)
        offers.update(state=Signal.State.PLANNED, decided_at=at, decided_by=by)
        plan.act = share_act(act, verb=SharedAct.Verb.REWAKE, by=by, at=at)
        return plan


def pass_over(team: Team, ids: Sequence[int], *, by: User, at: datetime) -> int:
    """These sleep on to their day, and are offered no more for this."""
    offers = Signal.objects.filter(lead__in=ids, lead__team=team, state=Signal.State.OFFERED)
    return offers.update(state=Signal.State.PASSED, decided_at=at, decided_by=by)


def sleepers_between(team: Team, first: date, last: date, *, lock: bool = False) -> list[Sleeper]:
    """Who comes back on these days, those first who can be moved most."""
    leads = list(returning_between(team, first, last).select_related("person", "account", "bdr").order_by("pk"))
    if lock:
        named = {lead.pk: lead for lead in leads}
        leads = [lead for lead in lock_leads(list(named)) if lead.phase == Phase.NURTURE]
        for lead in leads:
            lead.person, lead.account, lead.bdr = named[lead.pk].person, named[lead.pk].account, named[lead.pk].bdr
    zone = ZoneInfo(team.calendar.time_zone)
    facts = {one.lead_id: one for one in Recycling.objects.filter(lead__in=leads, undone_at=None)}
    rules = Rules()
    before, given = _days_before(leads, zone)
    found = []
    for lead in leads:
        if lead.wake_at is None or not first <= (day := lead.wake_at.astimezone(zone).date()) <= last:
            continue
        recycling = facts.get(lead.pk)
        ends = rules.last_day_of(lead, recycling) if recycling else None
        was = before.get(lead.pk)
        is_said = lead.pk in given or (recycling is not None and rules.is_given(lead, recycling, was or day, zone))
        is_given = ends is None and recycling is not None and is_said
        found.append(Sleeper(lead, day, ends, is_given, was))
    return sorted(found, key=lambda one: (one.last is not None, one.is_given, one.last or date.max, one.lead.pk))


def _days_before(leads: Sequence[Lead], zone: ZoneInfo) -> tuple[dict[int, date], set[int]]:
    """Of whom spreads have moved since any other day was set, the day before the first of them; and of whom one of us
    set that other day: the last that was set decides."""
    of_these = LeadEvent.objects.filter(lead__in=leads)
    taken_back = of_these.filter(corrects__isnull=False).order_by().values("corrects")
    moves: Any = of_these.filter(verb="rewake").exclude(pk__in=taken_back).order_by("pk")
    before: dict[int, date] = {}
    given: set[int] = set()
    for lead, because, by, changes in moves.values_list("lead_id", "data__because", "by_id", "changes"):
        if because == ROOM:
            if "wake_at" in changes:
                before.setdefault(lead, datetime.fromisoformat(changes["wake_at"][0]).astimezone(zone).date())
            continue
        before.pop(lead, None)
        given.discard(lead)
        if by is not None and because != OFFERED:
            given.add(lead)
    return before, given


class Rules:
    """What each agreement says of a reason's notice and days, read once."""

    def __init__(self) -> None:
        rows = ReasonRule.objects.exclude(category="").order_by("version__number")
        self._of = {(rule.version_id, rule.reason_id): rule for rule in rows}
        self._latest = {rule.reason_id: rule for rule in rows}
        self._contracts = {rule.version_id: rule for rule in rows if rule.category == Category.MID_CONTRACT}

    def of(self, agreement_id: int, reason_id: int | None) -> ReasonRule | None:
        return self._of.get((agreement_id, reason_id or 0)) or self._latest.get(reason_id or 0)

    def notice_of(self, agreement_id: int, reason_id: int | None, said: int | None) -> int:
        """In days, as it was said or else as the agreement has it; a lead that is back carries its reason no more."""
        if said is not None:
            return said
        rule = self.of(agreement_id, reason_id) if reason_id else self._contracts.get(agreement_id)
        return (rule.notice_days if rule else None) or 0

    @property
    def notice_in_force(self) -> int:
        """Of a contract of which nobody said it."""
        newest = max(self._contracts, default=None)
        return (self._contracts[newest].notice_days if newest else None) or 0

    def last_day_of(self, lead: Lead, recycling: Recycling) -> date | None:
        """None where no contract holds the day, or its end is not known."""
        if recycling.category != Category.MID_CONTRACT or recycling.contract_ends_on is None:
            return None
        if recycling.precision == Recycling.Precision.UNKNOWN:
            return None
        notice = self.notice_of(lead.agreement_id, lead.reason_id, recycling.notice_days)
        return last_day(recycling.contract_ends_on, recycling.precision, notice)

    def is_given(self, lead: Lead, recycling: Recycling, day: date, zone: ZoneInfo) -> bool:
        """Whether the day is another than the one that follows from its rule, and somebody was there to give it."""
        if recycling.category in NOBODY_SPOKE:
            return False
        rule = self.of(lead.agreement_id, lead.reason_id)
        days = rule.wake_days if rule else None
        return days is None or day != recycling.at.astimezone(zone).date() + timedelta(days=days)


def spread_returns(team: Team, first: date, last: date, *, by: User, at: datetime) -> Plan:
    """Planned again under lock, so that the preview may be old: one act, one event a lead."""
    with transaction.atomic(), one_act() as act:
        plan = plan_spread(team, first, last, at=at, lock=True)
        _write(team, plan, by=by, at=at, because=ROOM)
        plan.act = share_act(act, verb=SharedAct.Verb.REWAKE, by=by, at=at)
        return plan


def move_returns(team: Team, day: date, to: date, *, by: User, at: datetime) -> Plan:
    """As `plan_move`, under lock."""
    with transaction.atomic(), one_act() as act:
        plan = plan_move(team, day, to, at=at, lock=True)
        _write(team, plan, by=by, at=at)
        plan.act = share_act(act, verb=SharedAct.Verb.REWAKE, by=by, at=at)
        return plan


def _write(
    team: Team,
    plan: Plan,
    *,
    by: User,
    at: datetime,
    because: str = "",
    signals: Mapping[int, int] | None = None,
) -> None:
    """A dozen statements for any number of leads."""
    leads = [one.lead for one, _day in plan.moves]
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    facts = {one.lead_id: one for one in Recycling.objects.filter(lead__in=leads, undone_at=None)}
    together, altered, woken = Together(), [], []
    for one, day in plan.moves:
        effects = Effects(one.lead, by=by, at=at, together=together)
        effects.open_steps = steps[one.lead.pk]
        wake_at = wake_moment(day, zone=team.calendar.time_zone)
        if recycling := facts.get(one.lead.pk):
            effects.add("wakes_were", [recycling.pk, recycling.wake_at.isoformat()])
            woken.append((recycling.pk, wake_at))
        if signals is not None:
            effects.add("signals", signals[one.lead.pk])
        due_at = min(wake_at, effects.next_due) if effects.next_due else wake_at
        data = effects.data(because=because)
        event = alter(one.lead, "rewake", by=by, at=at, wake_at=wake_at, due_at=due_at, data=data)
        one.lead.sweep_at = wake_at
        altered.append((one.lead, event))
    update_rows(Recycling, ("id", "wake_at"), woken)
    write_each(altered)


def _nearest(one: Sleeper, today: date) -> Iterator[date]:
    """The days it may be moved to, the nearest first and of two the later."""
    before = one.before or one.day
    for distance in range(1, one.farthest + 1):
        for day in (one.day + timedelta(days=distance), one.day - timedelta(days=distance)):
            if day > today and (one.last is None or day <= one.last) and abs((day - before).days) <= one.farthest:
                yield day


def _kind_of(one: Sleeper, why: str) -> str:
    """The same of many: without the day of one of them."""
    if one.last is not None and why == _why_not(one):
        return _("No day has room before notice can no longer be given.")
    if one.last is not None and why == one.why:
        return _("Then notice can no longer be given.")
    return why


def _why_not(one: Sleeper) -> str:
    if one.last is not None:
        return _("No day before %(day)s has room; after it notice can no longer be given.") % {
            "day": written_day(one.last)
        }
    if one.is_given:
        return _("Somebody gave the day, and no day within a week of it has room.")
    return _("No day within a month of it has room.")
