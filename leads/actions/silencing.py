"""Somebody asked to be left alone while she is pursued: what nobody may try any more stands in no queue.

Which attempts these are is said once, in `StepQuerySet.over_shut_channels`: whatever suppresses somebody, whatever puts
an attempt back, and `check_leads` ask the same question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache

from agreement.models import Phase
from leads.actions.changing import lock_leads
from leads.actions.effects import Effects, Together
from leads.actions.holding import settle_first_touch, write_planned
from leads.cadence import first_step, next_step, soon
from leads.clocks import first_touch_of
from leads.models import Clock, Step
from team.calendars import KeptCalendars
from team.worktime import WorkCalendar

# What history says of it.
SUPPRESSED = "suppressed"


def pass_over_shut(people: Collection[int], *, at: datetime) -> int:
    """In place of each attempt at these people that nothing is left of: what else its cadence has, or *Decide*.

    In the transaction that has suppressed them, or put their attempts back. Returns how many leads it was.
    """
    if not people:
        return 0
    shut = Step.objects.filter(lead__person__in=people).over_shut_channels()
    leads = lock_leads(list(shut.values_list("lead_id", flat=True)))
    if not leads:
        return 0
    together = Together()
    calendars = KeptCalendars(at=at)
    of_team, of_user = cache(calendars.of_team), cache(calendars.of_user)
    gone = set(shut.filter(lead__in=leads).values_list("pk", flat=True))
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"):
        steps[step.lead_id].append(step)
    clocks: dict[int, list[Clock]] = defaultdict(list)
    for clock in Clock.objects.running().filter(lead__in=leads):
        clocks[clock.lead_id].append(clock)
    moved = []
    for lead in leads:
        effects = Effects(lead, by=None, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps[lead.pk], clocks[lead.pk]
        passed = [step for step in effects.open_steps if step.pk in gone]
        if passed:
            worktime = of_user(lead.bdr_id) if lead.bdr_id else of_team(lead.team_id)
            _pass_over(effects, passed, at=at, worktime=worktime, of_team=of_team)
            moved.append(effects)
    together.write()
    write_planned(moved, at=at, of_team=of_team, because=SUPPRESSED)
    return len(moved)


def _pass_over(
    effects: Effects,
    passed: list[Step],
    *,
    at: datetime,
    worktime: WorkCalendar,
    of_team: Callable[[int], WorkCalendar],
) -> None:
    lead = effects.lead
    effects.close_steps(passed)
    settle_first_touch(effects, at=at, of_team=of_team)
    if effects.open_steps:
        # Something else is to be done first, and the cadence goes on when it is.
        return
    whose = passed[0].assignee_id
    if lead.first_touched_at is not None or lead.attempts:
        step = next_step(lead, after=lead.attempts, assignee_id=whose, at=at, worktime=worktime)
    else:
        clock = first_touch_of(effects.running_clocks)
        due_at = max(clock.due_at, soon(at)) if clock else None
        step = first_step(lead, assignee_id=whose, at=at, worktime=worktime, due_at=due_at)
    if lead.phase == Phase.QUEUED and step.held_from:
        # Whom nobody works waits for no meeting.
        step.due_at, step.held_from = step.held_from, None
    effects.make_step(step)
    settle_first_touch(effects, at=at, of_team=of_team)
