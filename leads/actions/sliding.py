"""What is only planned waits for somebody's return, and goes back where it stood when it is waited for no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import QuerySet

from agreement.models import Phase, StepKind
from leads.actions.changing import alter, write
from leads.actions.effects import Effects, Together
from leads.actions.holding import by_lead, hold_attempts, hold_planned, write_planned
from leads.cadence import held_until_of
from leads.models import Lead, SlidStep, Step
from team.calendars import KeptCalendars, worktime_of_user
from team.models import Absence, Installation, User
from team.worktime import WorkCalendar, add_working_days, next_opening

# What history says of it: put off until her return, due again, and due again because nobody waits for her any more.
AWAY, BACK, NOT_AWAITED = "away_covered", "back", "not_awaited"
# What a person waits for is lent, whoever planned it.
WAITED_FOR = (StepKind.CALL_BACK, StepKind.REPLY, StepKind.REBOOK, StepKind.MEETING)


def sliding(steps: QuerySet[Step]) -> QuerySet[Step]:
    """Of these what may wait: planned, promised to nobody, and of a lead whose first touch was made."""
    planned = steps.filter(promised=False, lead__phase=Phase.WORKING, lead__first_touched_at__isnull=False)
    return planned.exclude(kind__in=WAITED_FOR)


def may_wait(back_at: datetime, *, at: datetime) -> bool:
    """A next step is never further away than that; what would be, is lent."""
    days = Installation.objects.values_list("step_max_days", flat=True).first() or 14
    return back_at <= at + timedelta(days=days)


def slide(absence: Absence, leads: dict[int, Lead], due: QuerySet[Step], *, by: User, at: datetime) -> None:
    """Of what is due on these leads, which are locked, what may wait: each at its time of day, on the day she is
    back."""
    calendar = worktime_of_user(absence.user, at=at)
    back_at = next_opening(calendar, absence.ends_at)
    if not may_wait(back_at, at=at):
        return
    found: dict[int, list[int]] = defaultdict(list)
    for pk, lead_id in sliding(due).filter(lead__in=leads).values_list("pk", "lead_id"):
        found[lead_id].append(pk)
    slid = []
    for lead_id, ids in sorted(found.items()):
        lead, effects = leads[lead_id], Effects(leads[lead_id], by=by, at=at)
        for step in [one for one in effects.open_steps if one.pk in ids]:
            was = step.due_at
            effects.move_step(step, _on_her_return(calendar, was, back_at=back_at))
            slid.append(SlidStep(absence=absence, step=step, was_due_at=was, due_at=step.due_at))
        _plan(lead, effects, AWAY, at=at)
    SlidStep.objects.bulk_create(slid)
    _hold_again((leads[pk] for pk in found), at=at)


def _on_her_return(calendar: WorkCalendar, was: datetime, *, back_at: datetime) -> datetime:
    local = was.astimezone(ZoneInfo(calendar.time_zone))
    return max(back_at, add_working_days(calendar, back_at, 0, at_minute=local.hour * 60 + local.minute))


def slid_of(leads: Sequence[Lead], *, at: datetime) -> dict[int, list[SlidStep]]:
    """What waits for a return on these leads, by lead; what was put off last comes first."""
    return _by_lead(SlidStep.objects.waiting(at).filter(step__lead__in=leads))


def slide_back(effects: Effects, slid: Sequence[SlidStep], *, held_until: datetime | None = None) -> bool:
    """Each open step is where it was before these put it off, unless somebody has moved it since; behind a meeting at
    the account that ends then it waits on. Whether one was moved."""
    moved = False
    for step in list(effects.open_steps):
        planned = was = step.held_from or step.due_at
        for one in slid:
            if (one.step_id, one.due_at) == (step.pk, was):
                was = one.was_due_at
        if was == planned:
            continue
        effects.move_step(step, step.due_at if step.held_from else was, held_from=was if step.held_from else None)
        moved = True
    if moved:
        hold_planned(effects, held_until, at=effects.at)
    return moved


def slide_back_leads(leads: Sequence[Lead], absence: Absence, *, by: User, at: datetime) -> None:
    """She is back: what she put off on these leads, which are locked, is due when it was planned."""
    slid = _by_lead(SlidStep.objects.filter(absence=absence, step__lead__in=leads))
    held = [lead for lead in leads if lead.phase == Phase.WORKING]
    for lead in held:
        effects = Effects(lead, by=by, at=at)
        if slide_back(effects, slid[lead.pk]):
            _plan(lead, effects, BACK, at=at)
    _hold_again(held, at=at)


@transaction.atomic
def take_back_slid(*, at: datetime) -> int:
    """What waits for a return that nobody waits for any more is due when it was planned. Returns leads.

    A lead that somebody is changing now is left to the next tick.
    """
    wrong = list(SlidStep.objects.for_nobody(at).order_by().values_list("step__lead", flat=True).distinct())
    skip = connection.features.has_select_for_update_skip_locked
    rows = Lead.objects.filter(pk__in=wrong).order_by("pk").select_related("team")
    leads = list(rows.select_for_update(of=("self",), skip_locked=skip)) if wrong else []
    if not leads:
        return 0
    slid = _by_lead(SlidStep.objects.for_nobody(at).filter(step__lead__in=leads))
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    held_until, together, moved = held_until_of(leads), Together(), []
    for lead in leads:
        effects = Effects(lead, by=None, at=at, together=together)
        effects.open_steps = steps[lead.pk]
        if slide_back(effects, slid[lead.pk], held_until=held_until.get(lead.account_id or 0)):
            moved.append(effects)
    together.write()
    write_planned(moved, at=at, of_team=cache(KeptCalendars(at=at).of_team), because=NOT_AWAITED)
    return len(moved)


def _by_lead(slid: QuerySet[SlidStep]) -> dict[int, list[SlidStep]]:
    found: dict[int, list[SlidStep]] = defaultdict(list)
    for one in slid.select_related("step").order_by("-pk"):
        found[one.step.lead_id].append(one)
    return found


def _hold_again(leads: Iterable[Lead], *, at: datetime) -> None:
    """A meeting at the account that was booked meanwhile holds up what has moved."""
    for account_id in sorted({lead.account_id for lead in leads if lead.account_id}):
        hold_attempts(account_id, at=at)


def _plan(lead: Lead, effects: Effects, because: str, *, at: datetime) -> None:
    """It follows from what was said of her: nobody has acted on this lead."""
    data: dict[str, Any] = effects.data(because=because)
    write(lead, alter(lead, "plan", by=None, at=at, due_at=effects.next_due, data=data))
