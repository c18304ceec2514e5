"""Attempts until there is a conversation: which comes next, when, and over which channel. Nothing here writes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, DateTimeField, Exists, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.actions.people import suppressed_channels
from accounts.models import Account, ContactPoint, Person, Suppression
from agreement.models import CadenceStep, StepKind
from leads.bands import is_waiting
from leads.her_clock import TURN, Where, in_turn, is_callable_in, weekend_worked, window_in
from leads.models import HandOff, Lead, Step
from team.localtime import is_zone
from team.prepared import Prepared
from team.worktime import NeverOpen, WorkCalendar, add_working_days, add_working_minutes, next_opening

# A second attempt on the same day, and attempts alternate between the halves of the day.
SAME_DAY_MINUTES = 120
MORNING, AFTERNOON = 10 * 60, 14 * 60
# So many working days an hour is looked for in which both are at work.
MEETS_WITHIN_DAYS = 5
# A next step is at most so far away; who is away longer is for her rep to decide on.
STEP_DAYS_MAX = 14

CALL, EMAIL, SOCIAL = "call", "email", "social"
NEEDS = {
    StepKind.CALL: (CALL,),
    StepKind.EMAIL: (EMAIL,),
    StepKind.CALL_EMAIL: (CALL, EMAIL),
    StepKind.SOCIAL: (SOCIAL,),
}


@lru_cache(maxsize=256)
def attempts_of(cadence_id: int) -> tuple[CadenceStep, ...]:
    """The attempts of one cadence number, which never change: an edited cadence is a new number."""
    return tuple(CadenceStep.objects.filter(cadence=cadence_id).order_by("position"))


@dataclass(frozen=True)
class Reach:
    """Over which channels somebody can be reached, and until when nobody tries, because of a meeting there."""

    # Those that a usable contact point is known for, whatever she asked for.
    known: frozenset[str]
    # Suppressed: nobody looks for a number that may not be called.
    shut: frozenset[str]
    held_until: datetime | None
    # What was done in this pursuit: the last attempt of the cadence, since when each kind, the search for a way.
    last_attempt: int
    done: dict[str, datetime]
    where: Where = field(default_factory=Where)
    # She said that she is out of office until then; it may be over.
    away_until: datetime | None = None

    @property
    def channels(self) -> frozenset[str]:
        return self.known - self.shut

    def having_done(self, steps: Iterable[Step]) -> Reach:
        """As it is once these steps of hers are done, without reading it again."""
        done = [one for one in steps if one.made_by == Step.MadeBy.CADENCE or one.kind == StepKind.FIND_CONTACT]
        did = sorted([*((at, kind) for kind, at in self.done.items()), *((one.created_at, one.kind) for one in done)])
        last = max([self.last_attempt, *(one.attempt or 0 for one in done)])
        return replace(self, last_attempt=last, done={kind: at for at, kind in did})

    def lacks(self, kind: str) -> list[str]:
        """What could be found for an attempt that nothing is left of; not asked twice in a pursuit, unless she was
        reached that way in between."""
        missing = [channel for channel in NEEDS[StepKind(kind)] if channel not in self.shut | self.channels]
        looked_at = self.done.get(StepKind.FIND_CONTACT)
        if looked_at is None:
            return missing
        since = {way for done, at in self.done.items() if at > looked_at for way in NEEDS.get(StepKind(done), ())}
        return [channel for channel in missing if channel in since]


def reach_of(lead: Lead) -> Reach:
    """A channel needs a usable contact point and no suppression, hers or by the key of an address of hers. Who works at
    an account where a colleague of hers has a meeting is not tried before it was held."""
    found = _REACHED.rows(person=lead.person_id, account=lead.account_id or 0, lead=lead.pk or 0)
    silent = {channel for what, channel, *_more in found if what == "shut"}
    if any(what == "keyed" for what, *_more in found):
        silent |= suppressed_channels([lead.person_id]).get(lead.person_id, set())
    kinds = {kind for what, kind, *_more in found if what == "has"}
    ends = [start + timedelta(minutes=minutes) for what, _kind, start, minutes, _text in found if what == "meets"]
    did = [(at, kind, attempt or 0) for what, kind, at, attempt, _text in found if what == "did"]
    return Reach(
        known=_open_to(kinds),
        shut=shut_by(silent),
        held_until=max(ends, default=None),
        last_attempt=max((attempt for _at, _kind, attempt in did), default=0),
        done={kind: at for at, kind, _attempt in sorted(did)},
        where=_where_in(found),
        away_until=max((until for what, _text, until, *_more in found if what == "away"), default=None),
    )


def reaches_of(leads: Sequence[Lead]) -> dict[int, Reach]:
    """Of many people, by their ids, what `reach_of` says of the channels of one, in as many statements as of one."""
    people = [lead.person_id for lead in leads]
    points = ContactPoint.objects.filter(person__in=people, state__in=ContactPoint.USABLE).order_by()
    kinds: dict[int, set[str]] = {}
    for person_id, kind in points.values_list("person_id", "kind"):
        kinds.setdefault(person_id, set()).add(kind)
    silent = suppressed_channels(people)
    return {
        pk: Reach(
            known=_open_to(kinds.get(pk, ())),
            shut=shut_by(silent.get(pk, ())),
            held_until=None,
            last_attempt=0,
            done={},
        )
        for pk in people
    }


def _where_in(found: Sequence[tuple[Any, ...]]) -> Where:
    said = next((zone for what, zone, *_more in found if what == "zone"), "")
    places = {what: (country, place) for what, country, _at, _number, place in found if what in ("lives", "firm")}
    numbers = in_turn(
        (turn, text) for what, kind, _at, turn, text in found if what == "has" and kind in ContactPoint.PHONES
    )
    return Where(said, *places.get("lives", ("", "")), numbers, *places.get("firm", ("", "")))


def shut_by(suppressed: Container[str]) -> frozenset[str]:
    """The channels that nobody may try, by what was asked for."""
    ways = ((CALL, "phone"), (EMAIL, "email"), (SOCIAL, "all"))
    return frozenset(channel for channel, name in ways if name in suppressed or "all" in suppressed)


def _open_to(kinds: Container[str]) -> frozenset[str]:
    """The channels that contact points of these kinds are for. On a network somebody is found by the name."""
    has_phone = any(kind in kinds for kind in ContactPoint.PHONES)
    has = ((CALL, has_phone), (EMAIL, ContactPoint.Kind.EMAIL in kinds), (SOCIAL, True))
    return frozenset(channel for channel, is_there in has if is_there)


def held_until_of(leads: Sequence[Lead]) -> dict[int, datetime]:
    """Of the accounts of these leads, when the last meeting there ends: what `reach_of` says of one."""
    meetings = HandOff.objects.open().filter(
        lead__account__in={lead.account_id for lead in leads if lead.account_id}, meeting_at__isnull=False
    )
    until: dict[int, datetime] = {}
    rows: Any = meetings.order_by().values_list("lead__account", "meeting_at", "minutes")
    for account_id, start, minutes in rows:
        ends_at = start + timedelta(minutes=minutes)
        until[account_id] = max(ends_at, until.get(account_id, ends_at))
    return until


def _reached(person: int, account: int, lead: int) -> QuerySet[Any, Any]:
    meetings = HandOff.objects.open().filter(lead__account=account, meeting_at__isnull=False).order_by()
    points = ContactPoint.objects.filter(person=person, state__in=ContactPoint.USABLE).order_by()
    silent = Suppression.objects.filter(person=person)
    # Few companies have stops of addresses alone: whose they are is asked only there.
    keyed = Person.objects.filter(Exists(Suppression.objects.filter(person=None)), pk=person).order_by()
    planned = Q(made_by=Step.MadeBy.CADENCE) | Q(kind=StepKind.FIND_CONTACT)
    done = Step.objects.filter(planned, lead=lead, state=Step.State.DONE).order_by()
    who, firm = Person.objects.filter(pk=person).order_by(), Account.objects.filter(pk=account).order_by()
    # By whichever row of hers it was said.
    rows = Person.objects.filter(Q(pk=person) | Q(merged_into=person))
    away = rows.filter(away_until__isnull=False).order_by()
    place = Case(When(city="", then=F("region")), default=F("city"), output_field=CharField())
    no_moment, no_number = Cast(Value(None), DateTimeField()), Cast(Value(None), IntegerField())
    no_text = Cast(Value(""), CharField())
    # The model's own order would name a column that the union does not have.
    return (
        meetings.values_list(Value("meets"), no_text, "meeting_at", "minutes", no_text)
        .union(
            points.values_list(Value("has"), "kind", no_moment, TURN, "normalised"),
            silent.values_list(Value("shut"), "channel", no_moment, no_number, no_text),
            keyed.values_list(Value("keyed"), no_text, no_moment, no_number, no_text),
            done.values_list(Value("did"), "kind", "created_at", "attempt", no_text),
            away.values_list(Value("away"), no_text, "away_until", no_number, no_text),
            who.values_list(Value("zone"), "time_zone", no_moment, no_number, no_text),
            who.values_list(Value("lives"), "country", no_moment, no_number, place),
            firm.values_list(Value("firm"), "country", no_moment, no_number, place),
        )
        .order_by()
    )


_REACHED = Prepared(_reached)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt comes to with the channels there are."""

    kind: str
    title: str = ""
    number: int | None = None


def first_attempt(cadence_id: int | None, *, kinds: Container[str], suppressed: Container[str]) -> Attempt:
    """What `first_step` will plan for whoever takes her."""
    reach = Reach(_open_to(kinds), shut_by(suppressed), held_until=None, last_attempt=0, done={})
    return _comes_to(_next_possible(cadence_id, reach, after=0), reach)


def first_step(
    lead: Lead,
    *,
    assignee_id: int | None,
    at: datetime,
    worktime: WorkCalendar,
    due_at: datetime | None = None,
    reach: Reach | None = None,
) -> Step:
    """The first attempt, due with the first touch (or at the next opening), over a channel the person has. `reach`
    where the caller has read it."""
    reach = reach or reach_of(lead)
    attempt = _next_possible(lead.cadence_id, reach, after=0)
    if due_at:
        # A first touch was promised: what is due then waits for nobody's morning.
        return _planned(lead, attempt, reach, assignee_id=assignee_id, at=at, due_at=due_at)
    due_at = next_opening(worktime, at)
    return _planned(lead, attempt, reach, assignee_id=assignee_id, at=at, due_at=due_at, worktime=worktime)


def next_step(
    lead: Lead,
    *,
    after: int,
    assignee_id: int | None,
    at: datetime,
    worktime: WorkCalendar,
    reach: Reach | None = None,
) -> Step:
    """The attempt after number `after`, so many working days on; *Decide* when the cadence has ended, or nothing of
    what is left of it can reach her. `reach` where the caller has read it."""
    reach = reach or reach_of(lead)
    # Attempts that nothing was left of were passed over: the count of touches is behind the cadence then.
    after = max(after, reach.last_attempt)
    attempt = _next_possible(lead.cadence_id, reach, after=after)
    if attempt is None:
        tomorrow = add_working_days(worktime, at, 1, at_minute=MORNING)
        return _planned(lead, None, reach, assignee_id=assignee_id, at=at, due_at=tomorrow)
    this = next((one for one in attempts_of(attempt.cadence_id) if one.position == after), None)
    days = attempt.day_offset - (this.day_offset if this else 0)
    if days <= 0:
        due_at = add_working_minutes(worktime, at, SAME_DAY_MINUTES)
    else:
        local = at.astimezone(ZoneInfo(worktime.time_zone))
        half = AFTERNOON if local.hour < 12 else MORNING
        due_at = add_working_days(worktime, at, days, at_minute=half)
    return _planned(lead, attempt, reach, assignee_id=assignee_id, at=at, due_at=due_at, worktime=worktime, waits=True)


def attempt_due(worktime: WorkCalendar, zone: str, earliest: datetime) -> datetime:
    """When a call that may be due at `earliest` of the caller's hours is due: at the first hour of them that is one to
    call her, too. `earliest` itself where nobody knows hers, or the two do not meet soon."""
    if not is_zone(zone) or is_callable_in(zone, at=earliest, weekend=weekend_worked(worktime, at=earliest)):
        return earliest
    try:
        last = add_working_days(worktime, earliest, MEETS_WITHIN_DAYS)
        due_at = next_opening(worktime, earliest)
        while due_at <= last:
            window = window_in(zone, at=due_at, weekend=weekend_worked(worktime, at=due_at))
            if window is None:
                break
            opens, closes = window
            due_at = next_opening(worktime, max(due_at, opens))
            if opens <= due_at < closes:
                return due_at
    except NeverOpen:
        pass
    return earliest


def first_hour(worktime: WorkCalendar, zone: str, earliest: datetime) -> datetime:
    """When what waits for `earliest` is due: once its rep is at work, and what has a `zone`, which is that of whoever
    is called, at an hour to call her, too."""
    try:
        return attempt_due(worktime, zone, next_opening(worktime, earliest))
    except NeverOpen:
        return earliest


def goes_on(lead: Lead) -> bool:
    """Whether an attempt is left that can reach her."""
    reach = reach_of(lead)
    return _next_possible(lead.cadence_id, reach, after=max(lead.attempts, reach.last_attempt)) is not None


def _next_possible(cadence_id: int | None, reach: Reach, *, after: int) -> CadenceStep | None:
    """The next attempt that something is left of, or for which a way to reach her is still to be looked for."""
    attempts = attempts_of(cadence_id) if cadence_id else ()
    later = (attempt for attempt in attempts if attempt.position > after)
    return next((one for one in later if _reachable(one.kind, reach.channels) or reach.lacks(one.kind)), None)


def _planned(
    lead: Lead,
    attempt: CadenceStep | None,
    reach: Reach,
    *,
    assignee_id: int | None,
    at: datetime,
    due_at: datetime,
    worktime: WorkCalendar | None = None,
    waits: bool = False,
) -> Step:
    """`waits`: until the `first_hour` after she is back, where she is away no longer than a next step may be put
    off."""
    it = _comes_to(attempt, reach)
    if it.number is None:
        return Step(
            lead=lead,
            kind=it.kind,
            title=it.title,
            due_at=due_at,
            assignee_id=assignee_id,
            made_by=Step.MadeBy.SYSTEM,
            created_at=at,
        )
    if worktime and CALL in NEEDS[StepKind(it.kind)]:
        due_at = attempt_due(worktime, reach.where.zone(at=at), due_at)
    away_until = reach.away_until if waits and reach.away_until and not is_long(reach.away_until, at=at) else None
    if worktime and away_until and due_at < away_until:
        is_call = CALL in NEEDS[StepKind(it.kind)]
        away_until = first_hour(worktime, reach.where.zone(at=at) if is_call else "", away_until)
    due_at, held_from = as_it_waits(lead, due_at, away_until=away_until, held_until=reach.held_until)
    return Step(
        lead=lead,
        kind=it.kind,
        due_at=due_at,
        held_from=held_from,
        assignee_id=assignee_id,
        cadence_id=lead.cadence_id,
        attempt=it.number,
        made_by=Step.MadeBy.CADENCE,
        created_at=at,
    )


def as_it_waits(
    lead: Lead, due_at: datetime, *, away_until: datetime | None, held_until: datetime | None
) -> tuple[datetime, datetime | None]:
    """When what is planned for this moment is due: once she is back, and behind the last meeting at her account; and
    when it would be but for that meeting. Who asked to be called and was not reached yet waits for nobody's meeting."""
    due_at = max(due_at, away_until or due_at)
    if held_until is None or held_until <= due_at or is_waiting(lead):
        return due_at, None
    return held_until, due_at


def _comes_to(attempt: CadenceStep | None, reach: Reach) -> Attempt:
    """With no way to reach her yet it is the search for one; with no attempt left, or none allowed, *Decide*."""
    if attempt is None:
        is_shut = {CALL, EMAIL} <= reach.shut
        return Attempt(StepKind.DECIDE, _("Decide: asked not to be contacted") if is_shut else "")
    kind = _reachable(attempt.kind, reach.channels)
    if kind is None:
        return Attempt(StepKind.FIND_CONTACT, _what_to_find(reach))
    return Attempt(kind, number=attempt.position)


def _what_to_find(reach: Reach) -> str:
    """What is missing, where it is one of the two; else the kind of the step says it."""
    useful = {CALL, EMAIL} - reach.channels - reach.shut
    return (
        {CALL: _("Find a phone number"), EMAIL: _("Find an e-mail address")}[useful.pop()] if len(useful) == 1 else ""
    )


def _reachable(kind: str, channels: Container[str]) -> str | None:
    """What is left of an attempt with the channels there are; None when nothing is."""
    wanted = NEEDS[StepKind(kind)]
    have = [channel for channel in wanted if channel in channels]
    if len(have) == len(wanted):
        return kind
    return (StepKind.CALL if have == [CALL] else StepKind.EMAIL) if have else None


def left_of(kind: str, suppressed: Container[str]) -> str:
    """What is left of a step of this kind for whoever asked for silence on these channels since it was planned; all of
    it where nothing is."""
    wanted = NEEDS.get(StepKind(kind), ())
    return _reachable(kind, frozenset(wanted) - shut_by(suppressed)) or kind if wanted else kind


def kind_words(step: Step | CadenceStep, suppressed: Container[str]) -> str:
    """What is to be done of a step, as far as its person may be reached that way."""
    return str(StepKind(left_of(step.kind, suppressed)).label)


def is_long(until: datetime, *, at: datetime) -> bool:
    """Whether an absence is one that the rep of a lead in hand decides on."""
    return until > at + timedelta(days=STEP_DAYS_MAX)


def soon(at: datetime) -> datetime:
    """Due now: one minute ago would read as late before anybody could see it."""
    return at + timedelta(minutes=1)


def due_since(due_at: datetime, made_at: datetime | None) -> datetime:
    """When something is due as a page says it: of what was due at once when it was made no minute is left."""
    return made_at if made_at and made_at < due_at <= soon(made_at) else due_at
