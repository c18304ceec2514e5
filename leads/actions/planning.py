"""Steps that a flow plans for one of us, on many leads at once, in place of the attempt that stood there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef

from agreement.models import Phase, StepKind
from leads.actions.changing import alter, must_allow, write_each
from leads.actions.effects import Effects, Together
from leads.actions.holding import HELD, by_lead
from leads.actions.putting_back import effects_of
from leads.cadence import SAME_DAY_MINUTES, as_it_waits, attempt_due, first_hour, held_until_of, is_long, soon
from leads.her_clock import zones_of
from leads.models import Clock, Lead, LeadEvent, Step
from team.calendars import Calendars
from team.worktime import NeverOpen, WorkCalendar, add_working_minutes, next_opening

TITLE_MAX = 200
# Between the words of a step and the name of what planned it.
OF_FLOW = " · "
# Why a step was planned, as history keeps it.
BY_FLOW = "flow"
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
    """One step for each, of leads that are locked, in this order, due as `due_of_step` says, and no sooner than she is
    back and the last meeting at her account is over.

    The attempt that a cadence had planned for her is not made: the step stands in its place, and history says in that
    of which; nor is *Decide*, where the cadence has ended. Whoever sleeps is due at the step when it comes first.
    """
    together, worktime = Together(), cache(Calendars(at=at).of_user)
    leads = [one.lead for one in planned]
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id")) if leads else {}
    clocks = by_lead(Clock.objects.running().filter(lead__in=leads)) if leads else {}
    zones = zones_of([one.lead for one in planned if one.kind in BY_PHONE], at=at)
    held_until = held_until_of(leads)
    made: list[tuple[PlannedStep, Effects, Step, dict[str, Any]]] = []
    for one in planned:
        must_allow(one.lead, "plan", one.lead.phase, by=None)
        effects = Effects(one.lead, by=None, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps.get(one.lead.pk, []), clocks.get(one.lead.pk, [])
        attempts = [step for step in effects.open_steps if _is_of_cadence(step)]
        effects.close_steps(attempts)
        planned_for = due_of_step(
            one.lead, kind=one.kind, days=one.days, again_at=one.again_at, at=at, worktime=worktime,
            zone=zones.get(one.lead.pk, ""),
        )  # fmt: skip
        due_at, held_from = waits_until(
            one.lead, planned_for, kind=one.kind, away_until=one.away_until,
            held_until=held_until.get(one.lead.account_id or 0), at=at, worktime=worktime,
            zone=zones.get(one.lead.pk, ""),
        )  # fmt: skip
        step = effects.make_step(
            Step(
                lead=one.lead, kind=one.kind, title=one.title, due_at=due_at, held_from=held_from,
                assignee_id=one.lead.bdr_id, made_by=Step.MadeBy.FLOW, created_at=at,
            )
        )  # fmt: skip
        said = {
            "in_place_of": attempts[0].attempt if attempts else None,
            "later": HELD if held_from else "",
            # Where it goes back to when she is back sooner.
            "planned_for": planned_for.isoformat() if planned_for != (held_from or due_at) else "",
        }
        made.append((one, effects, step, said))
    together.write()
    write_each([(one.lead, _event(one, effects, step, said, at=at)) for one, effects, step, said in made])
    return [step for _one, _effects, step, _said in made]


def _is_of_cadence(step: Step) -> bool:
    """An attempt, or *Decide* that stands behind the last one."""
    is_its_end = (step.made_by, step.kind) == (Step.MadeBy.SYSTEM, StepKind.DECIDE)
    return step.made_by == Step.MadeBy.CADENCE or is_its_end


def due_as_before(step: Step, *, left_out: Step, away_until: datetime | None) -> None:
    """The attempt that is planned now, in memory, is due when the same one was in whose place a flow put the step that
    is left out: nothing was tried meanwhile, and what was late is late. Not where it waits for a meeting, or for her to
    be back."""
    planned = LeadEvent.objects.filter(lead=left_out.lead_id, verb="plan", data__because=BY_FLOW)
    event = planned.filter(data__planned=left_out.pk).order_by("-id").first()
    closed = effects_of(event).get("steps_closed", []) if event is not None else []
    before = next((one for one in Step.objects.filter(pk__in=closed).order_by("pk") if _is_of_cadence(one)), None)
    if before is None or before.attempt != step.attempt or not _is_of_cadence(step) or step.held_from is not None:
        return
    due_at = before.held_from or before.due_at
    if away_until is None or due_at >= away_until:
        step.due_at, step.snoozed, step.created_at = due_at, before.snoozed, before.created_at


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
    planned = LeadEvent.objects.filter(lead=lead, verb="plan", data__because=BY_FLOW).order_by("-id").first()
    pk = planned.data.get("planned") if planned is not None else None
    step = Step.objects.open().filter(lead=lead, pk=pk).first() if pk else None
    return step.title.rpartition(OF_FLOW)[2] if step is not None else ""


def last_planned(leads: Sequence[int]) -> dict[tuple[int, int], int]:
    """By lead and flow the step that this flow planned last on it, whatever became of that."""
    planned = LeadEvent.objects.filter(lead__in=leads, verb="plan", data__because=BY_FLOW).order_by("id")
    rows = planned.values_list("lead", "data__flow", "data__planned") if leads else ()
    return {(lead, flow): step for lead, flow, step in rows if step}


def not_planned_after_all(steps: Collection[int], leads: Collection[int]) -> set[int]:
    """Of these steps of these leads those whose planning by a flow was taken back, with the act that it followed."""
    taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", corrects=OuterRef("pk"))
    planned = LeadEvent.objects.filter(Exists(taken_back), lead__in=leads, verb="plan", data__because=BY_FLOW)
    return set(steps) & set(planned.values_list("data__planned", flat=True))


def planned_by_flow(lead: Lead, *, at: datetime) -> LeadEvent | None:
    """What a flow planned on this lead at this moment, as history keeps it."""
    planned = LeadEvent.objects.filter(lead=lead, verb="plan", at=at, data__because=BY_FLOW)
    return planned.order_by("-id").first()


def due_of_step(
    lead: Lead,
    *,
    kind: str,
    days: int,
    again_at: datetime | None = None,
    at: datetime,
    worktime: Callable[[int], WorkCalendar],
    zone: str,
) -> datetime:
    """When a step that a flow plans now, for so many days on, is due: as an attempt of a cadence is. For today it is
    two working hours of its rep on, for another day once its rep is at work; a call is due at an hour at which she can
    be called, too, on her clock of `zone`. What was planned for `again_at` before keeps it."""
    due_at = again_at or at + timedelta(days=days)
    with suppress(NeverOpen):
        hours = worktime(lead.bdr_id or 0)
        is_now = due_at == at
        due_at = add_working_minutes(hours, at, SAME_DAY_MINUTES) if is_now else next_opening(hours, due_at)
        if kind in BY_PHONE:
            due_at = attempt_due(hours, zone, due_at)
    return max(due_at, soon(at))


def waits_until(
    lead: Lead,
    due_at: datetime,
    *,
    kind: str,
    away_until: datetime | None,
    held_until: datetime | None,
    at: datetime,
    worktime: Callable[[int], WorkCalendar],
    zone: str,
) -> tuple[datetime, datetime | None]:
    """As an attempt waits that a cadence plans, see `as_it_waits`, and for whom is away until the `first_hour` after
    it. Of a lead that is worked and so long without her, its rep decides; whom nobody works waits for no meeting."""
    is_worked, back_at = lead.phase == Phase.WORKING, None
    if away_until and due_at < away_until and not (is_worked and is_long(away_until, at=at)):
        back_at = first_hour(worktime(lead.bdr_id or 0), zone if kind in BY_PHONE else "", away_until)
    return as_it_waits(lead, due_at, away_until=back_at, held_until=held_until if is_worked else None)


def _event(one: PlannedStep, effects: Effects, step: Step, said: dict[str, Any], *, at: datetime) -> LeadEvent:
    data = effects.data(kind=one.kind, because=BY_FLOW, flow=one.flow_id, planned=step.pk, **said)
    return alter(one.lead, "plan", by=None, at=at, due_at=effects.due_at, data=data)
