"""Clocks of the agreement: which clause holds for a lead, when it runs out, what meets it. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from agreement.models import SLAClause
from leads.models import Clock, Lead
from team.worktime import WorkCalendar, add_working_minutes


@lru_cache(maxsize=64)
def clauses_of(version_id: int) -> tuple[SLAClause, ...]:
    """The clauses of a version; published is immutable, so that they may be kept."""
    return tuple(SLAClause.objects.filter(version=version_id).order_by("number"))


def clause_for(kind: str, *, version_id: int, lane: str, tier: str = "") -> SLAClause | None:
    """The most particular clause of this kind: lane and tier, lane, any lane."""
    found = [
        clause
        for clause in clauses_of(version_id)
        if clause.kind == kind and clause.lane in ("", lane) and clause.tier in ("", tier)
    ]
    return max(found, key=lambda clause: (clause.lane != "", clause.tier != ""), default=None)


def start_clock(lead: Lead, kind: str, *, calendar_id: int, worktime: WorkCalendar, at: datetime) -> Clock | None:
    """A clock for the lead, not yet written, due after its clause's working minutes; None without a clause."""
    clause = clause_for(kind, version_id=lead.agreement_id, lane=lead.lane, tier=lead.tier)
    if clause is None:
        return None
    due_at, notice_at = moments_of(clause, worktime=worktime, started_at=at)
    return Clock(
        lead=lead,
        clause=clause,
        kind=kind,
        version_id=lead.agreement_id,
        calendar_id=calendar_id,
        started_at=at,
        due_at=due_at,
        next_notice_at=notice_at,
    )


def moments_of(clause: SLAClause, *, worktime: WorkCalendar, started_at: datetime) -> tuple[datetime, datetime]:
    """When a promise of this clause runs out, and when notice of it comes first: at the end where none is early."""
    due_at = add_working_minutes(worktime, started_at, clause.minutes)
    if not clause.notice_minutes:
        return due_at, due_at
    return due_at, add_working_minutes(worktime, started_at, clause.minutes - clause.notice_minutes)


def clause_of(clock: Clock) -> SLAClause | None:
    return next((one for one in clauses_of(clock.version_id) if one.pk == clock.clause_id), None)


def first_touch_of(clocks: Iterable[Clock]) -> Clock | None:
    """The running promise of a first touch among these, if there is one."""
    return next((clock for clock in clocks if clock.kind == SLAClause.Kind.FIRST_TOUCH), None)


def is_laid_aside(clock: Clock, *, at: datetime) -> bool:
    """It begins later than its lead: nobody may try before the end of a meeting at the account."""
    came_in_at = clock.lead.first_queued_at
    return clock.started_at > at and (came_in_at is None or clock.started_at > came_in_at)


def going_on(clock: Clock, *, worktime: WorkCalendar) -> Clock:
    """An excused clock that runs again as if it had never stopped."""
    clause = clause_of(clock)
    clock.state, clock.ended_at, clock.next_notice_at = Clock.State.RUNNING, None, clock.due_at
    if clause and clause.notice_minutes:
        clock.next_notice_at = moments_of(clause, worktime=worktime, started_at=clock.started_at)[1]
    return clock


def ended(clock: Clock, *, at: datetime, excused: bool = False) -> Clock:
    """The clock stopped at `at`: excused, met in time, or missed at its moment even if nobody had looked."""
    clock.ended_at, clock.next_notice_at = at, None
    if excused:
        clock.state = Clock.State.EXCUSED
    elif at <= clock.due_at:
        clock.state = Clock.State.MET
    else:
        clock.state, clock.missed_at = Clock.State.MISSED, clock.due_at
    return clock
