"""Which band of the pool a queued lead stands in, and when that next changes. Pure: the caller brings the facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from agreement.models import Lane
from leads.models import Clock, Lead, Step
from leads.models.work import PROMISE_LEAD
from team.worktime import WorkCalendar, add_working_minutes, end_of_working_day

# A figure of the field: a claimed lead is not taken away sooner.
CLAIM_GRACE = timedelta(minutes=15)
# Who asked to be contacted is kept for one rep so long, in working minutes; then whoever is at work may take the lead.
KEPT_FOR_ONE = 3


def band_of(
    lead: Lead, *, at: datetime, worktime: WorkCalendar, step: Step | None = None, due_at: datetime | None = None
) -> tuple[int, datetime | None]:
    """The band of a queued lead at `at`, and the moment at which it changes by itself; None when it never does.

    0 a person is waiting: a hand-raiser until the end of its working day, a promised moment from 15 minutes before.
    1 a first touch in time, 2 a planned step, 3 what was missed.
    """
    due_at = due_at or lead.due_at
    if due_at is None:
        raise ValueError("a queued lead is due")
    if is_waiting(lead):
        until = end_of_working_day(worktime, lead.first_queued_at or due_at)
        if due_at > until:
            until = end_of_working_day(worktime, due_at)
        if at < until:
            return Lead.Band.WAITING, until
        if step is None or not step.promised:
            return Lead.Band.MISSED, None
    if step is None:
        return (Lead.Band.FIRST_TOUCH, due_at) if at < due_at else (Lead.Band.MISSED, None)
    if step.promised:
        front = step.due_at - PROMISE_LEAD
        until = end_of_working_day(worktime, step.due_at)
        if at < front and due_at < front:
            # A first touch is due before what was promised.
            return (Lead.Band.FIRST_TOUCH, due_at) if at < due_at else (Lead.Band.MISSED, front)
        if at < front:
            return Lead.Band.TODAY, front
        return (Lead.Band.WAITING, until) if at < until else (Lead.Band.MISSED, None)
    return (Lead.Band.TODAY, due_at) if at < due_at else (Lead.Band.MISSED, None)


def is_waiting(lead: Lead) -> bool:
    """Somebody who asked, and whom nobody has reached since."""
    return lead.lane == Lane.HAND_RAISER and lead.first_touched_at is None


def kept_for_one(lead: Lead, until: datetime, worktime: WorkCalendar, *, at: datetime) -> datetime:
    """A reservation until then, from `at` on. Whoever asked to be contacted is passed on sooner, unless a manager has
    put her back to this rep."""
    is_passed_on = is_waiting(lead) and lead.origin != Lead.Origin.MANUAL
    return min(until, add_working_minutes(worktime, at, KEPT_FOR_ONE)) if is_passed_on else until


def given_until(rep_hours: WorkCalendar, at: datetime) -> datetime:
    """Until when what a manager gives a rep waits for her: a whole working day of hers lies before it."""
    return end_of_working_day(rep_hours, end_of_working_day(rep_hours, at))


def sweep_of_queued(lead: Lead, band_changes_at: datetime | None) -> datetime | None:
    """When the system must look at a queued lead next: its band changes, or its reservation ends."""
    moments = [moment for moment in (band_changes_at, lead.reserved_until) if moment is not None]
    return min(moments, default=None)


def sweep_of_untouched(
    lead: Lead, first_touch: Clock | None, steps: Sequence[Step], *, at: datetime
) -> datetime | None:
    """When a claim that nobody has touched goes back: its first touch is missed, but neither out of the hands that just
    took it nor while a meeting at the account holds its attempt up."""
    if first_touch is None or lead.first_touched_at is not None:
        return None
    held = [step.due_at + CLAIM_GRACE for step in steps if step.held_from]
    return max([first_touch.due_at, at + CLAIM_GRACE, *held])
