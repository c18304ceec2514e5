"""To sleep and back: nothing is thrown away. A wake closes the sleeping pursuit and opens the next, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Employment, Person
from agreement.models import Criterion, Lane, Phase, Reason, ReasonRule, SLAClause, Stage
from leads.actions.changing import (
    LeadConflict,
    MoveRefused,
    alter,
    lock_lead,
    lock_leads,
    must_allow,
    write,
    write_all,
    write_each,
)
from leads.actions.effects import Effects, Together
from leads.actions.entering import Entered, NewLead, add_lead, open_leads
from leads.actions.holding import by_lead
from leads.actions.stages import entry_stage
from leads.bands import is_waiting
from leads.models import Clock, Engagement, Lead, LeadEvent, Recycling, Signal, Step
from leads.routing import Router
from leads.waking import UNKNOWN_END_DAYS, WAKE_YEARS, Facts, wake_day, wake_moment, years_on
from team.bulk import insert_objects
from team.models import Role, Team

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def recycle_lead(
    lead: Lead,
    *,
    reason: Reason,
    by: User,
    at: datetime,
    facts: Facts | None = None,
    vendor: str = "",
    satisfaction: str = "",
    missing: Criterion | None = None,
    referred_to: Person | None = None,
    note: str = "",
    expect: int | None = None,
) -> LeadEvent:
    """Put a lead to sleep with its category's facts and the date computed from them.

    Unresponsive before the cadence has ended is recorded as early, and never refused. A referral opens a rep-sourced
    lead for the one referred to, unless she has one. MoveRefused when the reason does not recycle.
    """
    facts = facts or Facts()
    held = lock_lead(lead, expect=expect)
    must_be_free(held, by=by, at=at)
    rule = rule_of(held, reason, kind=Reason.Kind.RECYCLE)
    effects = Effects(held, by=by, at=at)
    early = _owes_no_more(effects, rule)
    effects.note(note)
    if referred_to is not None:
        _follow_the_referral(referred_to, effects, by=by, at=at)
    return fall_asleep(
        held, "recycle", effects, rule=rule, reason=reason, facts=facts, by=by, at=at, vendor=vendor,
        satisfaction=satisfaction, missing=missing, referred_to=referred_to, early=early,
    )  # fmt: skip


def recycle_together(
    leads: Sequence[Lead], *, reason: Reason, by: User, at: datetime, facts: Facts | None = None
) -> dict[int, str]:
    """As `recycle_lead` on each of these, which are locked: read once for all and written once. Returns why some stay,
    by lead; of them nothing is changed."""
    facts, together, refused = facts or Facts(), Together(), dict[int, str]()
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    clocks = by_lead(Clock.objects.running().filter(lead__in=leads))
    of_agreement, zone_of = cache(partial(_rule_under, reason)), cache(zone_of_team)
    asleep: list[tuple[Effects, Recycling, bool]] = []
    for lead in leads:
        try:
            must_be_free(lead, by=by, at=at)
            rule = _must_have(of_agreement(lead.agreement_id), reason, kind=Reason.Kind.RECYCLE)
            must_allow(lead, "recycle", Phase.NURTURE, by=by)
            recycling = _recycling_of(lead, rule=rule, facts=facts, zone=zone_of(lead.team_id), by=by, at=at)
        except (LeadConflict, MoveRefused) as why:
            refused[lead.pk] = str(why)
            continue
        effects = Effects(lead, by=by, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps[lead.pk], clocks[lead.pk]
        asleep.append((effects, recycling, _owes_no_more(effects, rule)))
    together.write()
    insert_objects([recycling for _effects, recycling, _early in asleep])
    stage = entry_stage(Phase.NURTURE) if asleep else None
    write_each(
        [
            (
                effects.lead,
                _sleep_begins(effects, "recycle", recycling, stage=stage, reason=reason, early=early or None),
            )
            for effects, recycling, early in asleep
        ]
    )
    return refused


def _owes_no_more(effects: Effects, rule: ReasonRule) -> bool:
    """Whoever sleeps is owed neither a step nor a first touch. Returns whether that is before her cadence has ended."""
    is_cadence = any(step.made_by == Step.MadeBy.CADENCE for step in effects.open_steps)
    effects.close_steps()
    effects.end_clocks(SLAClause.Kind.FIRST_TOUCH, excused=True)
    return is_cadence and rule.category == ReasonRule.Category.UNRESPONSIVE


def why_no_sleep(lead: Lead, *, is_waited_for: bool) -> str:
    """Why this lead is not put to sleep together with others; empty when it may be. `is_waited_for` says whether a call
    or an answer was promised."""
    if lead.phase == Phase.CLOSED:
        return _("It is closed.")
    if lead.phase == Phase.NURTURE:
        return _("It sleeps already.")
    if lead.phase not in (Phase.QUEUED, Phase.WORKING):
        return _("It is with sales.")
    # Whoever took her a minute ago has not called her either.
    if is_waiting(lead) or (lead.phase == Phase.QUEUED and lead.band == Lead.Band.WAITING):
        return _("A person is waiting: they are called first.")
    return _("They wait for a call or an answer.") if is_waited_for else ""


def _follow_the_referral(person: Person, effects: Effects, *, by: User, at: datetime) -> None:
    """A lead for the one who was named, unless somebody works her already or she is no prospect."""
    try:
        with transaction.atomic():
            effects.add("leads_opened", add_lead(person, by=by, at=at).pk)
    except (LeadConflict, MoveRefused):
        return


def fall_asleep(
    lead: Lead,
    verb: str,
    effects: Effects,
    *,
    rule: ReasonRule,
    reason: Reason,
    facts: Facts,
    by: User | None,
    at: datetime,
    vendor: str = "",
    satisfaction: str = "",
    missing: Criterion | None = None,
    referred_to: Person | None = None,
    early: bool = False,
    **data: Any,
) -> LeadEvent:
    """The arrow into NURTURE, shared by recycling, rejection, a stalled deal and a meeting that showed no fit."""
    must_allow(lead, verb, Phase.NURTURE, by=by)
    recycling = _recycling_of(
        lead, rule=rule, facts=facts, zone=zone_of_team(lead.team_id), by=by, at=at,
        vendor=vendor.strip(), satisfaction=satisfaction, missing=missing, referred_to=referred_to,
    )  # fmt: skip
    recycling.save(force_insert=True)
    stage = entry_stage(Phase.NURTURE)
    event = _sleep_begins(effects, verb, recycling, stage=stage, reason=reason, early=early or None, **data)
    return write(lead, event, sweep_at=lead.sweep_at)


def _recycling_of(
    lead: Lead, *, rule: ReasonRule, facts: Facts, zone: str, by: User | None, at: datetime, **more: Any
) -> Recycling:
    """Why it sleeps and until when, not yet written."""
    day = wake_day(rule, facts, today=today_of(at, zone))
    return Recycling(
        lead=lead,
        at=at,
        by=by,
        category=rule.category or ReasonRule.Category.NOT_READY,
        wake_at=wake_moment(day, zone=zone),
        contract_ends_on=facts.contract_ends,
        precision=facts.precision,
        notice_days=facts.notice_days,
        lead_days=facts.lead_days,
        **more,
    )


def _sleep_begins(
    effects: Effects, verb: str, recycling: Recycling, *, stage: Stage | None, reason: Reason, **data: Any
) -> LeadEvent:
    """Its lead sleeps, in memory; the recycling is written."""
    lead, wake_at = effects.lead, recycling.wake_at
    effects.add("recyclings", recycling.pk)
    event = alter(
        lead,
        verb,
        to=Phase.NURTURE,
        by=effects.by,
        at=effects.at,
        reason=reason,
        wake_at=wake_at,
        due_at=wake_at,
        stage=stage,
        data=effects.data(category=recycling.category, **data),
    )
    lead.sweep_at = wake_at
    return event


@transaction.atomic
def change_wake(lead: Lead, *, wake_on: date, by: User, at: datetime) -> LeadEvent:
    """Another day for a lead that sleeps. MoveRefused unless it lies ahead, and within five years."""
    held = lock_lead(lead)
    if held.phase != Phase.NURTURE:
        raise LeadConflict(_("This lead is not asleep."))
    zone = zone_of_team(held.team_id)
    today = today_of(at, zone)
    if not today < wake_on <= years_on(today, WAKE_YEARS):
        raise MoveRefused(_("Choose a day after today, within five years."), field="wake_on")
    wake_at = wake_moment(wake_on, zone=zone)
    effects = Effects(held, by=by, at=at)
    due_at = min(wake_at, effects.next_due) if effects.next_due else wake_at
    for recycling in Recycling.objects.filter(lead=held, undone_at=None):
        effects.add("wakes_were", [recycling.pk, recycling.wake_at.isoformat()])
    Recycling.objects.filter(lead=held, undone_at=None).update(wake_at=wake_at)
    event = alter(held, "rewake", by=by, at=at, wake_at=wake_at, due_at=due_at, data=effects.data())
    return write(held, event, sweep_at=wake_at)


@dataclass(frozen=True)
class Woken:
    """What woke one of many, where it was no date and nobody's hand: a code, and what its sentence names, by value."""

    because: str
    lane: str = ""
    evidence: list[Any] = field(default_factory=list)
    # A colleague who did it, the engagement, how it is called.
    whose: int | None = None
    engagement: int | None = None

    @property
    def data(self) -> dict[str, Any]:
        named = {"whose": self.whose, "engagement": self.engagement}
        return {key: value for key, value in named.items() if value is not None}


# Whoever is woken by one of these has not asked for anything: she comes back at the pace of content, as on her day.
WAITING = ("reply", "asked")


@transaction.atomic
def wake_leads(
    ids: Sequence[int],
    *,
    by: User | None,
    at: datetime,
    because: str = "date",
    source: str = "",
    signals: Mapping[int, Woken] | None = None,
) -> Entered:
    """Each of these sleeping leads ends as woken, and the next pursuit of its person is queued.

    It is reserved for the rep who knew her and judged by the version in force now. A lead that somebody has woken or
    worked meanwhile is passed over; `previous` is unique, so that it can happen once. `because` is date, reply, asked
    or by_hand; `signals` says of each lead what else it was, and whoever may not be worked then sleeps on as if it had
    not been. Who was put to sleep because she left her company comes back, on her day, as a job change; who was to come
    back for what a file said, for that.
    """
    sleeping = [lead for lead in lock_leads(ids) if lead.phase == Phase.NURTURE]
    sleeping = _sleep_on_where_nobody_may_work(sleeping, by=by, at=at, is_their_day=signals is None)
    if not sleeping:
        return Entered()
    planned = _why_on_this_day(sleeping) if because == "date" and signals is None else {}
    woken = {lead.pk: (signals or planned).get(lead.pk) or Woken(because) for lead in sleeping}
    Step.objects.open().filter(lead__in=sleeping).update(state=Step.State.CANCELLED, closed_at=at)
    Clock.objects.running().filter(lead__in=sleeping).update(
        state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None
    )
    _settle_offers(sleeping, by=by, at=at)
    altered = []
    for lead in sleeping:
        data = {"because": woken[lead.pk].because, **woken[lead.pk].data}
        event = alter(lead, "wake", to=Phase.CLOSED, by=by, at=at, closed_as=Lead.ClosedAs.WOKEN, data=data)
        lead.sweep_at = None
        altered.append((lead, event))
    write_all(altered)
    return open_leads(
        [_next_pursuit(lead, woken[lead.pk], source=source, is_signal=signals is not None) for lead in sleeping],
        by=by,
        at=at,
        as_system=True,
    )


def _next_pursuit(lead: Lead, woken: Woken, *, source: str, is_signal: bool) -> NewLead:
    waiting = woken.because in WAITING
    origin = Lead.Origin.SIGNAL if waiting or is_signal else Lead.Origin.DATE
    return NewLead(
        person_id=lead.person_id,
        lane=Lane.HAND_RAISER if waiting else woken.lane or lane_of_return(lead.lane),
        origin=origin if woken.because != "by_hand" else Lead.Origin.MANUAL,
        source=source or lead.source,
        previous_id=lead.pk,
        team_id=lead.team_id,
        bdr_id=lead.bdr_id,
        sourced_by_id=lead.sourced_by_id,
        evidence=woken.evidence or lead.evidence,
        because="wake" if lead.bdr_id else "pool",
        data={"woke": woken.because, **woken.data},
    )


def _sleep_on_where_nobody_may_work(
    sleeping: list[Lead], *, by: User | None, at: datetime, is_their_day: bool
) -> list[Lead]:
    """Who became a customer or may not be contacted sleeps on, for a quarter if this was her day; the others are
    returned."""
    people = Person.objects.in_bulk([lead.person_id for lead in sleeping])
    # Where she works now decides, as it will for the pursuit that follows: a wake that is refused there would be lost.
    employed = Employment.objects.filter(person__in=people, is_current=True, account__isnull=False)
    accounts = dict(employed.values_list("person_id", "account_id"))
    router = Router.for_batch(list(people), list(accounts.values()), at=at)
    may, must_not = [], []
    for lead in sleeping:
        person = people[lead.person_id]
        route = router.route(person, account_id=accounts.get(person.pk), source=lead.source, lane=lead.lane)
        if not route.is_refused or route.because == "no_team":
            may.append(lead)
        elif is_their_day:
            wake_at = at + timedelta(days=UNKNOWN_END_DAYS)
            event = alter(
                lead, "rewake", by=by, at=at, wake_at=wake_at, due_at=wake_at, data={"because": route.because}
            )
            lead.sweep_at = wake_at
            must_not.append((lead, event))
    if must_not:
        Recycling.objects.filter(lead__in=[lead for lead, _event in must_not], undone_at=None).update(
            wake_at=at + timedelta(days=UNKNOWN_END_DAYS)
        )
        write_all(must_not)
    return may


def _why_on_this_day(sleeping: list[Lead]) -> dict[int, Woken]:
    """Of those whose day it is, who comes back for more than the day."""
    woken = {pk: Woken("job_change") for pk in _left_their_company(sleeping)}
    for signal in Signal.objects.filter(lead__in=sleeping, state=Signal.State.PLANNED):
        if signal.lead_id is not None:
            woken[signal.lead_id] = woken_by(signal, evidence_of([signal]))
    return woken


def woken_by(signal: Signal, evidence: Mapping[int, list[Any]], *, lane: str = "") -> Woken:
    """What one signal says when it wakes somebody."""
    whose = signal.person_id if signal.kind == Signal.Kind.COLLEAGUE else None
    found = evidence.get(signal.engagement_id or 0, [])
    return Woken(signal.kind, lane, [found] if found else [], whose, signal.engagement_id)


def evidence_of(signals: Iterable[Signal]) -> dict[int, list[Any]]:
    """The engagements behind these, as a lead keeps them, by id."""
    known = [one.engagement_id for one in signals if one.engagement_id is not None]
    rows = Engagement.objects.filter(pk__in=known)
    found = rows.values_list("pk", "kind", "asset", "topic", "at")
    return {pk: [kind, asset_id, topic_id, at.isoformat()] for pk, kind, asset_id, topic_id, at in found}


def _settle_offers(sleeping: list[Lead], *, by: User | None, at: datetime) -> None:
    """Whoever is back is offered to nobody any more."""
    offers = Signal.objects.filter(lead__in=sleeping, state__in=[Signal.State.OFFERED, Signal.State.PLANNED])
    offers.update(state=Signal.State.WOKE, decided_at=at, decided_by=by)


@transaction.atomic
def sleep_on(ids: Sequence[int], *, days: int, because: str, at: datetime) -> int:
    """Those of these that still sleep come back so many days from now; how many. A reply wakes them as before."""
    asleep = [lead for lead in lock_leads(ids) if lead.phase == Phase.NURTURE]
    wake_at = at + timedelta(days=days)
    steps = by_lead(Step.objects.open().filter(lead__in=asleep)) if asleep else {}
    altered = []
    for lead in asleep:
        due_at = min([wake_at, *(step.due_at for step in steps.get(lead.pk, []))])
        event = alter(lead, "rewake", by=None, at=at, wake_at=wake_at, due_at=due_at, data={"because": because})
        lead.sweep_at = wake_at
        altered.append((lead, event))
    Recycling.objects.filter(lead__in=asleep, undone_at=None).update(wake_at=wake_at)
    write_all(altered)
    return len(asleep)


def _left_their_company(sleeping: list[Lead]) -> set[int]:
    category = ReasonRule.Category.LEFT_COMPANY
    facts = Recycling.objects.filter(lead__in=sleeping, undone_at=None, category=category)
    return set(facts.values_list("lead_id", flat=True))


def wake_lead(lead: Lead, *, by: User | None, at: datetime, because: str = "by_hand") -> Lead:
    """One lead now. LeadConflict when it does not sleep any more, or its person may not be worked."""
    with transaction.atomic():
        entered = wake_leads([lead.pk], by=by, at=at, because=because)
        if not entered.leads:
            raise LeadConflict(_("This lead is not asleep any more."))
        return entered.leads[0]


def rule_of(lead: Lead, reason: Reason, *, kind: str) -> ReasonRule:
    """What the lead's agreement says of this reason. MoveRefused when it is not of this kind or version."""
    return _must_have(_rule_under(reason, lead.agreement_id), reason, kind=kind)


def _rule_under(reason: Reason, agreement_id: int) -> ReasonRule | None:
    rules = ReasonRule.objects.under(agreement_id).filter(reason=reason)
    return rules.select_related("destination_reason").first()


def _must_have(rule: ReasonRule | None, reason: Reason, *, kind: str) -> ReasonRule:
    if reason.kind != kind or reason.retired_at is not None:
        raise MoveRefused(_("Choose one of the reasons."), field="reason")
    if rule is None:
        raise MoveRefused(_("The agreement this lead came in under has no such reason."), field="reason")
    return rule


def must_be_free(lead: Lead, *, by: User, at: datetime) -> None:
    """A reservation holds against everybody but the manager of the team: LeadConflict while it is another's."""
    reserved = lead.reserved_until and lead.reserved_until > at and lead.bdr_id != by.pk
    if reserved and lead.team_id not in by.teams_as(Role.MANAGER):
        raise LeadConflict(_("Reserved for %(name)s.") % {"name": lead.bdr})


def zone_of_team(team_id: int) -> str:
    return Team.objects.values_list("calendar__time_zone", flat=True).get(pk=team_id)


def lane_of_return(lane: str) -> str:
    """Who once asked comes back at the pace of content: nobody is waiting at the phone this time."""
    return Lane.CONTENT if lane in (Lane.HAND_RAISER, Lane.REP_SOURCED) else lane


def today_of(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
