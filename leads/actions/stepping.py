"""The next step of a lead, set by hand or put off: what that does to one, and to many at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Phase, StepKind
from leads.actions.changing import LeadConflict, MoveRefused, alter, must_allow, write_each
from leads.actions.effects import Effects, Together
from leads.actions.holding import HELD, by_lead, settle_first_touch, stopped_promises, sweep_of_held
from leads.cadence import CALL, EMAIL, soon
from leads.models import Clock, Lead, LeadEvent, Step
from leads.models.work import next_of
from team.calendars import KeptCalendars
from team.localtime import is_zone, resolve
from team.models import Installation, Role, Team
from team.worktime import WorkCalendar

if TYPE_CHECKING:
    from team.models import User

ATTEMPTS = (StepKind.CALL, StepKind.EMAIL, StepKind.CALL_EMAIL, StepKind.SOCIAL, StepKind.FIND_CONTACT)
# What a call answers: the attempt it was, the moment that was promised, the search for a number that was found.
CALLED = (*ATTEMPTS, StepKind.CALL_BACK, StepKind.REPLY, StepKind.REBOOK, StepKind.DECIDE, StepKind.REACH_UP)
# What a play or track asks for in particular, and how it is done.
DONE_BY = {StepKind.CALL: CALL, StepKind.EMAIL: EMAIL}
# A moment as an instant, and as it was said: wall time and zone.
Moment = tuple[datetime, datetime | None, str]


def of_another_kind(steps: Iterable[Step], ways: Collection[str]) -> list[Step]:
    """Of these steps those of plays and tracks that a touch over these channels does not do: they ask for something
    particular, where an attempt of a cadence is any touch."""
    asked = [(step, DONE_BY.get(StepKind(step.kind))) for step in steps if step.made_by == Step.MadeBy.FLOW]
    return [step for step, way in asked if way and way not in ways]


def set_steps(
    leads: Sequence[Lead],
    *,
    kind: str,
    by: User,
    at: datetime,
    due: tuple[datetime, str] | datetime,
    title: str = "",
) -> dict[int, str]:
    """As `set_step` on each of these, which are locked and can be reached that way: read once for all and written once.
    Returns why some stay, by lead. MoveRefused for a moment that is none of a next step."""
    moment = next_moment(due, at=at)

    def act(effects: Effects) -> dict[str, Any]:
        return set_by_hand(effects, kind, moment, by=by, at=at, title=title)

    return _to_each(leads, act, by=by, at=at)


def snooze_steps(
    leads: Sequence[Lead], *, by: User, at: datetime, until: tuple[datetime, str] | datetime
) -> dict[int, str]:
    """As `snooze_step` on each of these, which are locked. Returns and raises as `set_steps`."""
    due_at, _local, _zone = next_moment(until, at=at)
    return _to_each(leads, lambda effects: put_off(effects, due_at, by=by, at=at), by=by, at=at)


def set_by_hand(
    effects: Effects, kind: str, moment: Moment, *, by: User, at: datetime, title: str = "", promised: bool = False
) -> dict[str, Any]:
    """This step in place of what was planned and of what she waited for. Returns what history says of it."""
    due_at, local, zone = moment
    effects.close_steps(
        [step for step in hers_of(effects, by) if step.made_by == Step.MadeBy.CADENCE or step.kind in CALLED]
    )
    effects.make_step(
        Step(
            lead=effects.lead,
            kind=kind,
            title=title.strip()[:200],
            due_at=due_at,
            local_due=local,
            zone=zone,
            assignee_id=who_will(effects.lead, by),
            promised=promised or kind == StepKind.CALL_BACK,
            made_by=Step.MadeBy.PERSON,
            created_at=at,
        )
    )
    return {"kind": kind}


def put_off(effects: Effects, due_at: datetime, *, by: User, at: datetime) -> dict[str, Any]:
    """The next step of hers at another moment; what was promised is none any more. Returns what history says of it."""
    hers = hers_of(effects, by)
    step = next_of([one for one in hers if one.kind != StepKind.MEETING], at=at)
    if step is None:
        if hers:
            raise MoveRefused(_("A meeting is not snoozed: move it, so that a new invitation goes out."), field="due")
        raise LeadConflict(_("There is no step of yours to snooze."))
    effects.move_step(step, due_at, snoozed=step.snoozed + 1, promised=False, local_due=None, zone="")
    return {"snoozed": step.pk}


def settled(
    effects: Effects,
    *,
    at: datetime,
    of_team: Callable[[int], WorkCalendar] | None = None,
    stopped: dict[int, Clock] | None = None,
) -> dict[str, Any]:
    """What moves with the steps of a lead in work outside history: the promise of a first touch goes with its attempt,
    and the system looks at it accordingly."""
    if effects.lead.phase != Phase.WORKING or not settle_first_touch(effects, at=at, of_team=of_team, stopped=stopped):
        return {}
    return {"sweep_at": sweep_of_held(effects, at=at)}


def planned(effects: Effects, *, by: User | None, at: datetime, data: dict[str, Any]) -> LeadEvent:
    """The lead's due moment after its steps changed, and the event that says so."""
    lead = effects.lead
    due_at = lead.due_at
    if lead.phase in (Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED):
        due_at = effects.next_due or soon(at)
        if not effects.open_steps:
            raise MoveRefused(_("Something has to come next: say how it went, or set the next step first."))
    elif lead.phase == Phase.NURTURE:
        due_at = effects.due_at
    return alter(lead, "plan", by=by, at=at, due_at=due_at, data=effects.data(**data, because=why_later(effects)))


def why_later(effects: Effects) -> str:
    """What holds up the attempt that this act has planned."""
    made = effects.codes.get("steps_made", [])
    return HELD if any(step.held_from and step.pk in made for step in effects.open_steps) else ""


def who_will(lead: Lead, by: User) -> int | None:
    """Whose a planned step is: her BDR's while he works her, later of the one of the two who plans it."""
    if lead.responsible_id is None or (lead.phase != Phase.WORKING and by.pk in (lead.bdr_id, lead.ae_id)):
        return by.pk
    return lead.responsible_id


def hers_of(effects: Effects, by: User) -> list[Step]:
    """What she may move or end: once sales has the lead, each of the two her own steps; the manager all."""
    lead = effects.lead
    if lead.phase not in (Phase.ACCEPTED, Phase.QUALIFIED) or lead.team_id in by.teams_as(Role.MANAGER):
        return list(effects.open_steps)
    return [step for step in effects.open_steps if step.assignee_id == by.pk]


def next_moment(due: tuple[datetime, str] | datetime, *, at: datetime) -> Moment:
    """When a next step is due. MoveRefused in the past, and further away than the installation lets one be."""
    if isinstance(due, datetime):
        due_at, local, zone = due, None, ""
    else:
        wall, zone = due
        if not is_zone(zone):
            raise MoveRefused(_("%(zone)s is not a time zone.") % {"zone": zone}, field="zone")
        due_at, local = resolve(wall, zone), wall
    if due_at <= at:
        raise MoveRefused(_("That moment is past."), field="due")
    days = Installation.objects.values_list("step_max_days", flat=True).get()
    if due_at > at + timedelta(days=days + 1):
        words = ngettext(
            "A next step is at most %(days)s day away; longer is recycling.",
            "A next step is at most %(days)s days away; longer is recycling.",
            days,
        )
        raise MoveRefused(words % {"days": days}, field="due")
    return due_at, as_wall(local), zone


def as_wall(local: datetime | None) -> datetime | None:
    """A wall time as the database keeps it: its figures, marked UTC, never converted."""
    return local.replace(tzinfo=UTC) if local else None


def _to_each(
    leads: Sequence[Lead], act: Callable[[Effects], dict[str, Any]], *, by: User, at: datetime
) -> dict[int, str]:
    """What `act` does to the steps of each, with one event a lead. Where it raises it has noted nothing yet."""
    together, refused = Together(), dict[int, str]()
    of_team = cache(KeptCalendars(at=at).of_team)
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    clocks = by_lead(Clock.objects.running().filter(lead__in=leads))
    stopped, teams = stopped_promises(leads), Team.objects.in_bulk({lead.team_id for lead in leads})
    done: list[tuple[Effects, dict[str, Any]]] = []
    for lead in leads:
        lead.team = teams[lead.team_id]
        effects = Effects(lead, by=by, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps[lead.pk], clocks[lead.pk]
        try:
            must_allow(lead, "plan", lead.phase, by=by)
            data = act(effects)
        except (LeadConflict, MoveRefused) as why:
            refused[lead.pk] = str(why)
            continue
        more = settled(effects, at=at, of_team=of_team, stopped=stopped)
        lead.sweep_at = more.get("sweep_at", lead.sweep_at)
        done.append((effects, data))
    together.write()
    write_each([(effects.lead, planned(effects, by=by, at=at, data=data)) for effects, data in done])
    return refused
