"""Attempts until there is a conversation: which comes next, when, and over which channel. Nothing here writes."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Value

from accounts.models import ContactPoint, Suppression
from agreement.models import CadenceStep, StepKind
from leads.models import Lead, Step
from team.prepared import Prepared
from team.worktime import WorkCalendar, add_working_days, add_working_minutes, next_opening

# A second attempt on the same day, and attempts alternate between the halves of the day.
SAME_DAY_MINUTES = 120
MORNING, AFTERNOON = 10 * 60, 14 * 60

CALL, EMAIL = "call", "email"
NEEDS = {
    StepKind.CALL: (CALL,),
    StepKind.EMAIL: (EMAIL,),
    StepKind.CALL_EMAIL: (CALL, EMAIL),
    StepKind.SOCIAL: (),
}


@lru_cache(maxsize=256)
def attempts_of(cadence_id: int) -> tuple[CadenceStep, ...]:
    """The attempts of one cadence number, which never change: an edited cadence is a new number."""
    return tuple(CadenceStep.objects.filter(cadence=cadence_id).order_by("position"))


def channels_of(person_id: int) -> set[str]:
    """The channels a person can be reached on: a usable contact point and no suppression."""
    found = set(_REACHED.rows(person=person_id))
    kinds = {kind for what, kind in found if what == "has"}
    shut = {channel for what, channel in found if what == "shut"}
    open_channels = set()
    if kinds & {ContactPoint.Kind.PHONE, ContactPoint.Kind.MOBILE} and not shut & {"phone", "all"}:
        open_channels.add(CALL)
    if ContactPoint.Kind.EMAIL in kinds and not shut & {"email", "all"}:
        open_channels.add(EMAIL)
    return open_channels


def _reached(person: int) -> QuerySet[Any, Any]:
    points = ContactPoint.objects.filter(person=person, state__in=ContactPoint.USABLE).order_by()
    silent = Suppression.objects.filter(person=person)
    # The model's own order would name a column that the union does not have.
    return points.values_list(Value("has"), "kind").union(silent.values_list(Value("shut"), "channel")).order_by()


_REACHED = Prepared(_reached)


def first_step(
    lead: Lead, *, assignee_id: int | None, at: datetime, worktime: WorkCalendar, due_at: datetime | None = None
) -> Step:
    """The first attempt, due with the first touch (or at the next opening), over a channel the person has."""
    return _planned(lead, 1, assignee_id=assignee_id, at=at, due_at=due_at or next_opening(worktime, at), channels=None)


def next_step(lead: Lead, *, after: int, assignee_id: int | None, at: datetime, worktime: WorkCalendar) -> Step:
    """The attempt after number `after`, so many working days on; *Decide* when the cadence has ended."""
    attempts = attempts_of(lead.cadence_id) if lead.cadence_id else ()
    later = [attempt for attempt in attempts if attempt.position > after]
    if not later:
        tomorrow = add_working_days(worktime, at, 1, at_minute=MORNING)
        return _step(lead, StepKind.DECIDE, tomorrow, assignee_id=assignee_id, at=at)
    this = next((attempt for attempt in attempts if attempt.position == after), None)
    days = later[0].day_offset - (this.day_offset if this else 0)
    if days <= 0:
        due_at = add_working_minutes(worktime, at, SAME_DAY_MINUTES)
    else:
        local = at.astimezone(ZoneInfo(worktime.time_zone))
        half = AFTERNOON if local.hour < 12 else MORNING
        due_at = add_working_days(worktime, at, days, at_minute=half)
    return _planned(lead, later[0].position, assignee_id=assignee_id, at=at, due_at=due_at, channels=None)


def _planned(
    lead: Lead,
    position: int,
    *,
    assignee_id: int | None,
    at: datetime,
    due_at: datetime,
    channels: Container[str] | None,
) -> Step:
    attempts = attempts_of(lead.cadence_id) if lead.cadence_id else ()
    attempt = next((one for one in attempts if one.position == position), None)
    if attempt is None:
        return _step(lead, StepKind.DECIDE, due_at, assignee_id=assignee_id, at=at)
    kind = _reachable(attempt.kind, channels if channels is not None else channels_of(lead.person_id))
    if kind is None:
        return _step(lead, StepKind.FIND_CONTACT, due_at, assignee_id=assignee_id, at=at)
    return Step(
        lead=lead,
        kind=kind,
        due_at=due_at,
        assignee_id=assignee_id,
        cadence_id=lead.cadence_id,
        attempt=position,
        made_by=Step.MadeBy.CADENCE,
        created_at=at,
    )


def _reachable(kind: str, channels: Container[str]) -> str | None:
    """What is left of an attempt with the channels there are; None when nothing is."""
    wanted = NEEDS[StepKind(kind)]
    have = [channel for channel in wanted if channel in channels]
    if len(have) == len(wanted):
        return kind
    return (StepKind.CALL if have == [CALL] else StepKind.EMAIL) if have else None


def _step(lead: Lead, kind: str, due_at: datetime, *, assignee_id: int | None, at: datetime) -> Step:
    return Step(lead=lead, kind=kind, due_at=due_at, assignee_id=assignee_id, made_by=Step.MadeBy.SYSTEM, created_at=at)


def soon(at: datetime) -> datetime:
    """Due now: one minute ago would read as late before anybody could see it."""
    return at + timedelta(minutes=1)
