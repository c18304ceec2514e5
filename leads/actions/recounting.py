"""Working hours have changed: what was promised by them is counted again, as if they had always been these.

A promise moves only where its moment does. What was missed or kept stays so; steps stay where they were planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from agreement.models import Phase, SLAClause
from leads.actions.changing import alter, lock_leads
from leads.actions.effects import Effects
from leads.actions.holding import due_in_pool
from leads.bands import CLAIM_GRACE, band_of, sweep_of_queued, sweep_of_untouched
from leads.clocks import clause_of, first_touch_of, moments_of
from leads.models import Clock, HandOff, Lead, LeadEvent, Step
from team.bulk import insert_objects, update_rows
from team.calendars import Calendars
from team.models import Calendar, SettingChange

HOURS = "hours"
CHUNK = 1000
# So long after a change of hours the tick looks for a promise that was begun by the former hours at that instant.
LOOK_BACK = timedelta(minutes=15)


@dataclass(frozen=True)
class Moved:
    """A running promise and the moments it gets."""

    clock: Clock
    due_at: datetime
    notice_at: datetime


@transaction.atomic
def recount_calendars(calendar_ids: Collection[int], *, at: datetime) -> int:
    """Every promise by these hours, and the leads whose band follows them. Returns how many promises moved."""
    pooled = Lead.objects.filter(phase=Phase.QUEUED, team__calendar__in=calendar_ids)
    promised = countable().filter(calendar__in=calendar_ids)
    ids = sorted({*pooled.values_list("pk", flat=True), *promised.values_list("lead_id", flat=True)})
    calendars = Calendars(at=at)
    return sum(
        _recount(lock_leads(ids[first : first + CHUNK]), calendars=calendars, at=at)
        for first in range(0, len(ids), CHUNK)
    )


@transaction.atomic
def recount_leads(ids: Sequence[int], *, at: datetime) -> int:
    """The promises of these leads, by the hours there are now."""
    return _recount(lock_leads(ids), calendars=Calendars(at=at), at=at)


def recount_lately_changed(*, at: datetime) -> int:
    """A promise that was begun by the former hours while they were being changed. Returns how many moved."""
    changed = SettingChange.objects.filter(model=Calendar._meta.label, at__gt=at - LOOK_BACK)
    found = {int(pk) for pk in changed.values_list("object_id", flat=True) if pk.isdigit()}
    return recount_calendars(found, at=at) if found else 0


def hours_changed_since(moment: datetime) -> bool:
    return SettingChange.objects.filter(model=Calendar._meta.label, at__gte=moment).exists()


def would_move(calendar_id: int, calendars: Calendars) -> Iterator[Moved]:
    """The running promises by this calendar that get another moment, counted by the hours of `calendars`."""
    running = Clock.objects.running().filter(calendar=calendar_id).select_related("lead")
    for clock in running.order_by("pk"):
        due_at, notice_at = _moments(clock, clock.lead, calendars)
        if due_at != clock.due_at:
            yield Moved(clock, due_at, notice_at)


def countable() -> QuerySet[Clock]:
    """What runs, and the first touches that were excused and may run on: their attempt waits for a meeting."""
    may_go_on = Q(
        state=Clock.State.EXCUSED,
        kind=SLAClause.Kind.FIRST_TOUCH,
        started_at__lte=F("ended_at"),
        lead__phase__in=[Phase.QUEUED, Phase.WORKING],
        lead__first_touched_at=None,
    )
    return Clock.objects.filter(Q(state=Clock.State.RUNNING) | may_go_on)


def _moments(clock: Clock, lead: Lead, calendars: Calendars) -> tuple[datetime, datetime]:
    """Exactly what `start_clock` gives: the hours of its calendar, for an account executive less her absences."""
    clause = clause_of(clock)
    if clause is None:
        return clock.due_at, clock.next_notice_at or clock.due_at
    ae_id = lead.ae_id if clock.kind != SLAClause.Kind.FIRST_TOUCH else None
    hours = calendars.without(clock.calendar_id, ae_id)
    return moments_of(clause, worktime=hours, started_at=clock.started_at)


def _recount(leads: Sequence[Lead], *, calendars: Calendars, at: datetime) -> int:
    clocks = _by_lead(countable().filter(lead__in=leads).order_by("pk"))
    steps = _by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    answers = {one.lead_id: one for one in HandOff.objects.unanswered().filter(lead__in=leads)}
    working = [lead for lead in leads if lead.phase == Phase.WORKING]
    claimed = LeadEvent.objects.filter(lead__in=working, verb="claim").order_by("id")
    claimed_at = dict(claimed.values_list("lead_id", "at"))
    moved: list[Clock] = []
    answered: list[HandOff] = []
    changed: list[Lead] = []
    events: list[LeadEvent] = []
    for lead in leads:
        effects = Effects(lead, by=None, at=at)
        effects.open_steps = steps[lead.pk]
        effects.running_clocks = [clock for clock in clocks[lead.pk] if clock.state == Clock.State.RUNNING]
        now_moved = [clock for clock in clocks[lead.pk] if _count(clock, lead, calendars, at=at)]
        moved += now_moved
        was = (lead.band, lead.sweep_at)
        new: dict[str, Any] = {}
        if lead.phase == Phase.QUEUED and any(clock in effects.running_clocks for clock in now_moved):
            new = _due_in_pool(effects, at=at)
        response = next((one for one in now_moved if one.kind == SLAClause.Kind.RESPONSE), None)
        if response and lead.phase == Phase.HANDED_OFF and lead.pk in answers:
            answers[lead.pk].respond_by = response.due_at
            answered.append(answers[lead.pk])
            new = {"due_at": response.due_at}
        event = alter(lead, "plan", by=None, at=at, data={"because": HOURS}, **new) if new else None
        if event and event.changes:
            events.append(event)
        _look_again(effects, claimed_at.get(lead.pk), moved=bool(now_moved), calendars=calendars, at=at)
        if (event and event.changes) or was != (lead.band, lead.sweep_at):
            changed.append(lead)
    update_rows(Clock, ("id", "due_at", "next_notice_at"), [(c.pk, c.due_at, c.next_notice_at) for c in moved])
    update_rows(HandOff, ("id", "respond_by"), [(one.pk, one.respond_by) for one in answered])
    columns = ("id", "due_at", "reserved_until", "band", "sweep_at")
    update_rows(Lead, columns, [tuple(getattr(one, column) for column in columns) for one in changed])
    insert_objects(events)
    return sum(clock.state == Clock.State.RUNNING for clock in moved)


def _count(clock: Clock, lead: Lead, calendars: Calendars, *, at: datetime) -> bool:
    """Give the clock its moments; whether they are others. Notice that was given is not given again."""
    was = (clock.due_at, clock.next_notice_at)
    clock.due_at, notice_at = _moments(clock, lead, calendars)
    if clock.state == Clock.State.RUNNING:
        was_noticed = was[0] == was[1]
        # What is past by now is looked at by the next tick.
        clock.next_notice_at = max(clock.due_at if was_noticed else notice_at, at)
    return was != (clock.due_at, clock.next_notice_at)


def _due_in_pool(effects: Effects, *, at: datetime) -> dict[str, Any]:
    """A reservation that ends with its promise moves with it, unless that is past now."""
    lead, due_at = effects.lead, due_in_pool(effects)
    new: dict[str, Any] = {"due_at": due_at}
    if lead.reserved_until is not None and lead.reserved_until == lead.due_at and due_at and due_at > at:
        new["reserved_until"] = due_at
    return new


def _look_again(
    effects: Effects, claimed_at: datetime | None, *, moved: bool, calendars: Calendars, at: datetime
) -> None:
    """When the system must look next: a band follows the hours of the team, a claim its promise."""
    lead = effects.lead
    if lead.phase == Phase.QUEUED:
        step = next(iter(effects.open_steps), None)
        lead.band, changes_at = band_of(lead, at=at, worktime=calendars.of_team(lead.team_id), step=step)
        lead.sweep_at = sweep_of_queued(lead, changes_at)
    elif lead.phase == Phase.WORKING and moved and lead.sweep_at is not None and lead.first_touched_at is None:
        clock = first_touch_of(effects.running_clocks)
        sweep_at = sweep_of_untouched(lead, clock, effects.open_steps, at=claimed_at or at)
        if sweep_at is not None:
            lead.sweep_at = sweep_at if sweep_at > at else at + CLAIM_GRACE


def _by_lead(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.lead_id].append(row)
    return found
