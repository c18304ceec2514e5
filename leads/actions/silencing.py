"""Somebody asked to be left alone while she is pursued: what nobody may try any more stands in no queue.

Which attempts, and steps of plays and tracks, these are is said once, in `StepQuerySet.over_shut_channels`: whatever
suppresses somebody, whatever puts an attempt back, and `check_leads` ask the same question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.people import suppressed_channels
from accounts.models import ContactPoint
from agreement.models import Phase, StepKind
from leads.actions.changing import MoveRefused, lock_leads
from leads.actions.effects import Effects, Together
from leads.actions.holding import settle_first_touch, write_planned
from leads.cadence import CALL, EMAIL, NEEDS, first_step, next_step, reach_of, soon
from leads.clocks import first_touch_of
from leads.models import Clock, Lead, Step
from leads.models.work import StepQuerySet
from team.calendars import KeptCalendars
from team.worktime import WorkCalendar

# What history says of it.
SUPPRESSED, BOUNCED, NOT_AGREED = "suppressed", "bounced", "not_agreed"
# No way is shut: the play or track that planned it asks for it no more.
NOT_ASKED = "not_asked"
# Where one of these cannot be made, it is this way that is shut.
_ONE_WAY: dict[str, tuple[str, ...]] = {StepKind.CALL: (CALL,), StepKind.EMAIL: (EMAIL,)}


class Shut(StrEnum):
    """Why a step may not be made, as history keeps it."""

    ALL = "all"
    PHONE = "phone"
    EMAIL = "email"
    NO_ADDRESS = "no_address"
    NOT_AGREED = "not_agreed"
    PHONE_NO_ADDRESS = "phone_no_address"


def refuse_shut(lead: Lead, kind: str, shut: frozenset[str], *, field: str) -> None:
    """MoveRefused for a call or an e-mail planned to somebody who asked for none. What has happened may be logged."""
    if words := why_shut(lead, kind, shut):
        raise MoveRefused(words, field=field)


def why_shut(lead: Lead, kind: str, shut: frozenset[str]) -> str:
    if not shut.intersection(ways_of(kind)):
        return ""
    if {CALL, EMAIL} <= shut:
        said = _("%(name)s asked not to be contacted: no call and no e-mail can be planned.")
    elif CALL in shut:
        said = _("%(name)s asked not to be called: no call can be planned. An e-mail can.")
    else:
        said = _("%(name)s asked for no e-mail: none can be planned. A call can.")
    return said % {"name": lead.person}


def ways_of(kind: str) -> tuple[str, ...]:
    """The channels that a step of this kind needs."""
    return (CALL,) if kind == StepKind.CALL_BACK else NEEDS.get(StepKind(kind), ())


def pass_over_shut(people: Collection[int], *, at: datetime) -> int:
    """In place of each attempt at these people that nothing is left of: what else its cadence has, or *Decide*. Where
    it was a step of a play or track, that goes on with its next look; whoever sleeps, sleeps on.

    In the transaction that has suppressed them, or put their attempts back. Returns how many leads it was.
    """
    if not people:
        return 0
    hers = Step.objects.filter(lead__person__in=people)
    # With her number she may have shut the last way there was.
    return _pass_over_these(hers.over_shut_channels() | hers.without_an_address(), SUPPRESSED, at=at)


def pass_over_bounced(people: Collection[int], *, at: datetime) -> int:
    """The same of each e-mail planned to these people, where no address of theirs takes mail any more."""
    if not people:
        return 0
    return _pass_over_these(Step.objects.filter(lead__person__in=people).without_an_address(), BOUNCED, at=at)


def pass_over_steps(steps: Collection[int], because: str, *, at: datetime) -> int:
    """The same of these steps, whatever shut the way or asks for them no more: what is known above this room, too.
    Where a way is shut, what follows takes another one."""
    is_told = because in (SUPPRESSED, NOT_AGREED)
    return _pass_over_these(Step.objects.open().filter(pk__in=steps), because, at=at, is_told=is_told)


def _pass_over_these(shut: StepQuerySet, because: str, *, at: datetime, is_told: bool = False) -> int:
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
    people = [lead.person_id for lead in leads]
    asked = suppressed_channels(people)
    addresses = ContactPoint.objects.filter(
        person__in=people, kind=ContactPoint.Kind.EMAIL, state__in=ContactPoint.USABLE
    )
    with_address = set(addresses.values_list("person_id", flat=True))
    moved, said = [], {}
    for lead in leads:
        effects = Effects(lead, by=None, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps[lead.pk], clocks[lead.pk]
        passed = [step for step in effects.open_steps if step.pk in gone]
        if passed:
            worktime = of_user(lead.bdr_id) if lead.bdr_id else of_team(lead.team_id)
            closed = {way for one in passed if is_told for way in _ONE_WAY.get(one.kind, ())}
            _pass_over(effects, passed, closed, at=at, worktime=worktime, of_team=of_team)
            moved.append(effects)
            asked_for, has_address = asked.get(lead.person_id, set()), lead.person_id in with_address
            said[lead.pk] = _said_of(passed, asked_for, because, has_address=has_address)
    together.write()
    write_planned(moved, at=at, of_team=of_team, because=because, said=said)
    return len(moved)


def _said_of(passed: list[Step], asked: set[str], because: str, *, has_address: bool) -> dict[str, Any]:
    """Which way is shut to these steps, by what she asked for and whether an address of hers takes mail; what is known
    above this room alone, as that another row of hers asked, by what they would have needed. What a play or track asked
    for is followed by what that comes to next."""
    if because == NOT_ASKED:
        return {"of_flow": True}
    ways = {way for step in passed for way in ways_of(step.kind)}
    if because == NOT_AGREED:
        shut = Shut.NOT_AGREED
    elif "all" in asked or {"phone", "email"} <= asked:
        shut = Shut.ALL
    elif CALL in ways and "phone" in asked:
        shut = Shut.PHONE if EMAIL not in ways or has_address else Shut.PHONE_NO_ADDRESS
    elif EMAIL in ways and "email" in asked:
        shut = Shut.EMAIL
    elif EMAIL in ways and not has_address:
        shut = Shut.NO_ADDRESS
    elif CALL not in ways:
        shut = Shut.EMAIL
    else:
        shut = Shut.PHONE if EMAIL not in ways else Shut.ALL
    is_of_flow = any(step.made_by == Step.MadeBy.FLOW for step in passed)
    return {"shut": shut.value} | ({"of_flow": True} if is_of_flow else {})


def _pass_over(
    effects: Effects,
    passed: list[Step],
    closed: set[str],
    *,
    at: datetime,
    worktime: WorkCalendar,
    of_team: Callable[[int], WorkCalendar],
) -> None:
    lead = effects.lead
    effects.close_steps(passed)
    settle_first_touch(effects, at=at, of_team=of_team)
    if effects.open_steps or lead.phase == Phase.NURTURE:
        # Something else is to be done first, and the cadence goes on when it is; nobody who sleeps is tried.
        return
    whose, reach = passed[0].assignee_id, reach_of(lead)
    reach = replace(reach, shut=reach.shut | closed)
    if lead.first_touched_at is not None or lead.attempts:
        step = next_step(lead, after=lead.attempts, assignee_id=whose, at=at, worktime=worktime, reach=reach)
    else:
        clock = first_touch_of(effects.running_clocks)
        due_at = max(clock.due_at, soon(at)) if clock else None
        step = first_step(lead, assignee_id=whose, at=at, worktime=worktime, due_at=due_at, reach=reach)
    if lead.phase == Phase.QUEUED and step.held_from:
        # Whom nobody works waits for no meeting.
        step.due_at, step.held_from = step.held_from, None
    effects.make_step(step)
    settle_first_touch(effects, at=at, of_team=of_team)
