"""What came back by mail, as a lead's history tells it. What follows from it is asked of the actions it concerns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from agreement.models import Phase
from leads.actions.changing import alter, lock_lead, write
from leads.actions.effects import Effects
from leads.actions.holding import hold_planned, settle_first_touch, write_planned
from leads.actions.planning import BY_FLOW, BY_PHONE
from leads.asked_for import CHOSE, chosen
from leads.bands import is_waiting
from leads.cadence import first_hour, held_until_of, is_long, next_step, reach_of, soon
from leads.her_clock import zone_of
from leads.models import Lead, LeadEvent, Step
from leads.stops import AGAIN, STOPS
from team.calendars import KeptCalendars
from team.worktime import WorkCalendar

if TYPE_CHECKING:
    from content.models import Topic
    from team.models import User

OUT_OF_OFFICE, RETURNED, SOONER = "out_of_office", "returned", "returns_sooner"
# Where a cadence, a play or a track plans.
PLANNED_FOR = (Phase.WORKING, Phase.NURTURE)


@transaction.atomic
def record_received(
    person_id: int,
    *,
    kind: str,
    words: str = "",
    back_on: date | None = None,
    until: datetime | None = None,
    heard_by: User | None = None,
    is_topic: bool = False,
    at: datetime,
) -> Lead | None:
    """One line on the pursuit that is open, with her words. Of who has none, words are kept with the last one.

    `until`: she is away so long, and the line says what is due before that and stays where it is. `heard_by`: who of
    us heard her say it; `is_topic`: she said it of one topic only.

    Returns the lead it stands on.
    """
    lead = _hold_told_on(person_id)
    if lead is None:
        return None
    data: dict[str, Any] = {"kind": kind, "back_on": back_on.isoformat() if back_on else None}
    if until and lead.phase != Phase.CLOSED:
        data |= _stays(Effects(lead, by=None, at=at), until, at=at)
    data |= {"heard_by": heard_by.pk} if heard_by else {}
    data |= {"is_topic": True} if is_topic else {}
    return _record(lead, data, words=words, if_closed=words or _of_a_closed(kind, heard_by), at=at)


@transaction.atomic
def record_chosen(
    person_id: int, *, until: datetime | None, pace: str, topics: Sequence[Topic], at: datetime
) -> Lead | None:
    """What she chose of our e-mail on her own page, as one line where `record_received` writes its own: no letter of a
    track before `until`, how often, and none about `topics`. Returns the lead it stands on."""
    lead = _hold_told_on(person_id)
    if lead is None:
        return None
    data = {
        "kind": CHOSE, "until": until.isoformat() if until else None, "pace": pace,
        "topics": [topic.pk for topic in topics],
    }  # fmt: skip
    said = chosen(until=until, pace=pace, topics=[str(topic) for topic in topics])
    return _record(lead, data, if_closed=said, at=at)


def _hold_told_on(person_id: int) -> Lead | None:
    """Her open pursuit, else the last one."""
    open_lead = Lead.objects.open().filter(person=person_id).first()
    lead = open_lead or Lead.objects.filter(person=person_id).order_by("-id").first()
    return lock_lead(lead) if lead is not None else None


def _record(lead: Lead, data: dict[str, Any], *, words: str = "", if_closed: str, at: datetime) -> Lead:
    """One line with its words; of a lead that is over, whose state has ended, a note of all that there is to say."""
    effects = Effects(lead, by=None, at=at)
    if lead.phase == Phase.CLOSED:
        effects.note(if_closed)
        return lead
    effects.note(words)
    write(lead, alter(lead, "receive", by=None, at=at, data=effects.data(**data)))
    return lead


def _of_a_closed(kind: str, heard_by: User | None) -> str:
    """A stop, and its end, stand in the history of whose last pursuit is over, too: as a note, because its state has
    ended."""
    return str((STOPS | AGAIN).get(kind, "")) % {"who": heard_by or ""}


@transaction.atomic
def wait_for_return(person_id: int, *, until: datetime, at: datetime) -> LeadEvent | None:
    """She is away: what a cadence, a play or a track has planned before that is tried when she is back.

    A first touch is promised, whoever is away, and so is what a person has planned; neither waits, and the line of
    `record_received` says so.
    """
    found = Lead.objects.open().filter(person=person_id, phase__in=PLANNED_FOR).first()
    if found is None:
        return None
    lead = lock_lead(found)
    effects, calendars = Effects(lead, by=None, at=at), KeptCalendars(at=at)
    early = _waiting(effects, until, at=at)
    if not early:
        return None
    first = _first_hour(lead, calendars, at=at)
    for step in early:
        effects.move_step(step, first(step, until))
    write_planned([effects], at=at, of_team=cache(calendars.of_team), because=OUT_OF_OFFICE)
    return lead.events.order_by("-id").first()


@transaction.atomic
def go_on_from_return(
    person_id: int, *, until: datetime, back_at: datetime | None = None, at: datetime
) -> LeadEvent | None:
    """She is back before `until`: what we had planned that waits for that moment is due when it would have been, or
    now, and behind the last meeting at her account. Where one of us has moved it since, it stays. `back_at`: she is
    not back yet, but sooner, and it is due no earlier."""
    found = Lead.objects.open().filter(person=person_id, phase__in=PLANNED_FOR).first()
    if found is None:
        return None
    lead = lock_lead(found)
    effects = Effects(lead, by=None, at=at)
    planned, calendars = _planned_before(lead), KeptCalendars(at=at)
    first = _first_hour(lead, calendars, at=at)
    hers = [step for step in effects.open_steps if step.pk in planned or step.attempt is not None]
    # What an absence has moved is known by that: the hours of its rep, or hers, may be others by now.
    moved = {step.pk for step in hers if step.pk in planned and not step.snoozed and step.due_at >= until}
    late = [step for step in hers if step.pk in moved or step.due_at in (until, first(step, until))]
    if not late:
        return None
    for step in late:
        due_at, earliest = planned.get(step.pk) or _due_without_absence(lead, step, calendars), back_at or soon(at)
        effects.move_step(step, due_at if due_at and due_at >= earliest else first(step, earliest))
    if lead.phase == Phase.WORKING and not is_waiting(lead):
        hold_planned(effects, held_until_of([lead]).get(lead.account_id or 0), at=at)
        settle_first_touch(effects, at=at)
    because = SOONER if back_at else RETURNED
    write_planned([effects], at=at, of_team=cache(calendars.of_team), because=because)
    return lead.events.order_by("-id").first()


def _due_without_absence(lead: Lead, step: Step, calendars: KeptCalendars) -> datetime | None:
    """When an attempt that was planned while she was away would have been due; None where the cadence has gone on."""
    worktime = _worktime(lead, calendars)
    reach = replace(reach_of(lead), away_until=None, held_until=None)
    after, whose = (step.attempt or 1) - 1, step.assignee_id
    again = next_step(lead, after=after, assignee_id=whose, at=step.created_at, worktime=worktime, reach=reach)
    return again.due_at if again.attempt == step.attempt else None


def _first_hour(lead: Lead, calendars: KeptCalendars, *, at: datetime) -> Callable[[Step, datetime], datetime]:
    """When a step of hers that waits for a moment is due: see `first_hour`."""
    worktime, zone = cache(partial(_worktime, lead, calendars)), cache(partial(zone_of, lead, at=at))

    def first(step: Step, moment: datetime) -> datetime:
        return first_hour(worktime(), zone() if step.kind in BY_PHONE else "", moment)

    return first


def _worktime(lead: Lead, calendars: KeptCalendars) -> WorkCalendar:
    return calendars.of_user(lead.bdr_id) if lead.bdr_id else calendars.of_team(lead.team_id)


def planned_for(step: Step) -> datetime:
    """When a step of a play or track would be due but for an absence and a meeting, unless a rep has put it off."""
    return step.due_at if step.snoozed else _planned_before(step.lead).get(step.pk) or step.held_from or step.due_at


def _planned_before(lead: Lead) -> dict[int, datetime]:
    """For when each step was planned that an absence has moved, however often, or that a play or track has planned
    during one."""
    moves = lead.events.filter(verb="plan", data__because__in=[OUT_OF_OFFICE, BY_FLOW]).order_by("-id")
    planned: dict[int, datetime] = {}
    for data in moves.values_list("data", flat=True):
        if data["because"] == OUT_OF_OFFICE:
            moved = data.get("effects", {}).get("steps_moved", ())
            planned |= {pk: datetime.fromisoformat(old["due_at"]) for pk, old in moved}
        elif "planned_for" in data:
            planned[data["planned"]] = datetime.fromisoformat(data["planned_for"])
    return planned


def _waiting(effects: Effects, until: datetime, *, at: datetime) -> list[Step]:
    """What we have planned before she is back and try then; of a lead that is worked neither a first touch, nor
    anything through so long an absence."""
    lead = effects.lead
    if lead.phase not in PLANNED_FOR:
        return []
    if lead.phase == Phase.WORKING and (lead.first_touched_at is None or is_long(until, at=at)):
        return []
    ours = [one for one in effects.open_steps if one.made_by in Step.PLANNED and not one.snoozed]
    return [one for one in ours if one.due_at < until and one.held_from is None]


def _stays(effects: Effects, until: datetime, *, at: datetime) -> dict[str, Any]:
    """The first step that is due before she is back and does not wait for it, and why; nothing where all of them do."""
    early = [step for step in effects.open_steps if step.due_at < until]
    waiting = {step.pk for step in _waiting(effects, until, at=at)}
    step = next((one for one in early if one.pk not in waiting), None)
    if step is None:
        return {}
    why = "long" if is_long(until, at=at) and effects.lead.phase != Phase.NURTURE else ""
    if step.promised or step.made_by == Step.MadeBy.PERSON:
        why = "promised" if step.promised else "planned"
    return {"stays": step.kind, "stays_at": step.due_at.isoformat(), "stays_because": why}
