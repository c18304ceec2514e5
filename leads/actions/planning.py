"""Steps that a flow plans for one of us, on many leads at once, in place of the attempt that stood there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from agreement.models import Phase, StepKind
from leads.actions.changing import alter, must_allow, write_each
from leads.actions.effects import Effects, Together
from leads.actions.holding import by_lead
from leads.cadence import SAME_DAY_MINUTES, attempt_due, is_long, soon
from leads.her_clock import zones_of
from leads.models import Clock, Lead, LeadEvent, Step
from team.calendars import Calendars
from team.worktime import NeverOpen, WorkCalendar, add_working_minutes, next_opening

TITLE_MAX = 200
# Between the words of a step and the name of what planned it.
OF_FLOW = " · "
# What a flow plans of this is done by phone.
BY_PHONE = (StepKind.CALL, StepKind.CALL_EMAIL, StepKind.CALL_BACK)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """What is to be done, in so many days, and what planned it: by its name on the step, by its id in history."""

    lead: Lead
    kind: str
    words: str
    flow: str
    flow_id: int
    days: int = 0
    # She is away until then.
    away_until: datetime | None = None
    # It was planned for then before, and comes again.
    again_at: datetime | None = None

    @property
    def title(self) -> str:
        """What the queue shows: the words, and which track they are of."""
        tail = f"{OF_FLOW}{self.flow}"
        return f"{self.words[: TITLE_MAX - len(tail)]}{tail}"


def may_be_planned(lead: Lead) -> bool:
    """Whether a step can be planned for this lead: it is worked or asleep, and somebody answers for it."""
    return lead.phase in (Phase.WORKING, Phase.NURTURE) and lead.bdr_id is not None


def plan_steps(planned: Sequence[PlannedStep], *, at: datetime) -> list[Step]:
    """One step for each, of leads that are locked, in this order, due as `due_of_step` says.

    The attempt that a cadence had planned for her is not made: the step stands in its place, and history says in that
    of which. Whoever sleeps is due at the step when it comes first.
    """
    together, worktime = Together(), cache(Calendars(at=at).of_user)
    leads = [one.lead for one in planned]
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id")) if leads else {}
    clocks = by_lead(Clock.objects.running().filter(lead__in=leads)) if leads else {}
    zones = zones_of([one.lead for one in planned if one.kind in BY_PHONE], at=at)
    made: list[tuple[PlannedStep, Effects, Step, int | None]] = []
    for one in planned:
        must_allow(one.lead, "plan", one.lead.phase, by=None)
        effects = Effects(one.lead, by=None, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps.get(one.lead.pk, []), clocks.get(one.lead.pk, [])
        attempts = [step for step in effects.open_steps if step.made_by == Step.MadeBy.CADENCE]
        effects.close_steps(attempts)
        due_at = due_of_step(
            one.lead, kind=one.kind, days=one.days, away_until=one.away_until, again_at=one.again_at, at=at,
            worktime=worktime, zone=zones.get(one.lead.pk, ""),
        )  # fmt: skip
        step = effects.make_step(
            Step(
                lead=one.lead, kind=one.kind, title=one.title, due_at=due_at, assignee_id=one.lead.bdr_id,
                made_by=Step.MadeBy.SYSTEM, created_at=at,
            )
        )  # fmt: skip
        made.append((one, effects, step, attempts[0].attempt if attempts else None))
    together.write()
    write_each([(one.lead, _event(one, effects, step, place, at=at)) for one, effects, step, place in made])
    return [step for _one, _effects, step, _place in made]


def say_flow_waits(waiting: Sequence[tuple[Lead, int, int | None]], *, at: datetime) -> None:
    """Somebody set the next step of these locked leads herself: the flow of this id waits until it is let go on. The
    step it had planned last, if any, bears its name."""
    data = [{"because": "flow_waits", "flow": flow, "planned": step} for _lead, flow, step in waiting]
    write_each(
        [
            (lead, alter(lead, "plan", by=None, at=at, data={name: value for name, value in kept.items() if value}))
            for (lead, _flow, _step), kept in zip(waiting, data, strict=True)
        ]
    )


def flow_of_step(lead: Lead) -> str:
    """The name of the flow whose step waits on this lead; empty where none does."""
    planned = LeadEvent.objects.filter(lead=lead, verb="plan", data__because="flow").order_by("-id").first()
    pk = planned.data.get("planned") if planned is not None else None
    step = Step.objects.open().filter(lead=lead, pk=pk).first() if pk else None
    return step.title.rpartition(OF_FLOW)[2] if step is not None else ""


def last_planned(leads: Sequence[int]) -> dict[tuple[int, int], int]:
    """By lead and flow the step that this flow planned last on it, whatever became of that."""
    planned = LeadEvent.objects.filter(lead__in=leads, verb="plan", data__because="flow").order_by("id")
    rows = planned.values_list("lead", "data__flow", "data__planned") if leads else ()
    return {(lead, flow): step for lead, flow, step in rows if step}


def planned_by_flow(lead: Lead, *, at: datetime) -> LeadEvent | None:
    """What a flow planned on this lead at this moment, as history keeps it."""
    planned = LeadEvent.objects.filter(lead=lead, verb="plan", at=at, data__because="flow")
    return planned.order_by("-id").first()


def due_of_step(
    lead: Lead,
    *,
    kind: str,
    days: int,
    away_until: datetime | None,
    again_at: datetime | None = None,
    at: datetime,
    worktime: Callable[[int], WorkCalendar],
    zone: str,
) -> datetime:
    """When a step that a flow plans now, for so many days on, is due: as an attempt of a cadence is. For today it is
    two working hours of its rep on, for another day once its rep is at work; a call is due at an hour at which she can
    be called, too, on her clock of `zone`. What was planned for `again_at` before keeps it. Nobody is called before
    she is back; of a lead that is worked and so long without her, its rep decides."""
    back_at = away_until or at
    if lead.phase == Phase.WORKING and is_long(back_at, at=at):
        back_at = at
    due_at = max(again_at or at + timedelta(days=days), back_at)
    with suppress(NeverOpen):
        hours = worktime(lead.bdr_id or 0)
        is_now = due_at == at
        due_at = add_working_minutes(hours, at, SAME_DAY_MINUTES) if is_now else next_opening(hours, due_at)
        if kind in BY_PHONE:
            due_at = attempt_due(hours, zone, due_at)
    return max(due_at, soon(at))


def _event(one: PlannedStep, effects: Effects, step: Step, in_place_of: int | None, *, at: datetime) -> LeadEvent:
    moments = [moment for moment in (one.lead.wake_at, effects.next_due) if moment is not None]
    data = effects.data(kind=one.kind, because="flow", flow=one.flow_id, planned=step.pk, in_place_of=in_place_of)
    return alter(one.lead, "plan", by=None, at=at, due_at=min(moments), data=data)
