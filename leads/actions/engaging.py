"""What people do comes in here: recorded once, scored, and judged by the definition in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Employment, Person
from agreement.models import AgreementVersion, Lane, Phase, SLAClause, StepKind
from leads.actions.changing import alter, write
from leads.actions.effects import Effects
from leads.actions.entering import Entered, NewLead, last_pursuits, open_leads
from leads.actions.recycling import wake_leads
from leads.actions.signalling import offer_to_wake, rule_for, rules_in_force, tell_colleagues, wake_by_engagements
from leads.bands import CLAIM_GRACE, KEPT_FOR_ONE, band_of, sweep_of_queued
from leads.cadence import soon
from leads.clocks import start_clock
from leads.models import Clock, Engagement, EngagementKey, Lead, Step, Verdict
from leads.scoring import judge, points_of, recompute_interest
from team.calendars import KeptCalendars
from team.models import Absence, Membership, Role, Team
from team.worktime import WorkCalendar, add_working_minutes

# Older than this when it arrives, an engagement is history: offered as a list to wake, never waking by itself.
FRESH = timedelta(days=2)
# Who does this waits for an answer, whatever phase her lead is in; and what answering it is called.
WAITING: dict[str, str] = {Engagement.Kind.REPLIED: StepKind.REPLY, Engagement.Kind.ASKED: StepKind.CALL_BACK}
LANES = (Lane.HAND_RAISER, Lane.CONTENT, Lane.REP_SOURCED, Lane.LIST)


@dataclass
class NewEngagement:
    """What somebody did, as a source tells it. With an external id the same thing told twice is one engagement."""

    person_id: int
    kind: str
    at: datetime
    source: str = ""
    external_id: str = ""
    asset_id: int | None = None
    topic_id: int | None = None
    import_id: int | None = None


@transaction.atomic
def record_engagements(new: Sequence[NewEngagement], *, at: datetime) -> list[Engagement]:
    """Write what is new of these, with its points, and bring interest up to date. What was told before is left out."""
    version = AgreementVersion.objects.in_force()
    fresh = _unknown(new)
    accounts = dict(
        Employment.objects.filter(person__in={one.person_id for one in fresh}, is_current=True).values_list(
            "person_id", "account_id"
        )
    )
    rows = Engagement.objects.bulk_create(
        [
            Engagement(
                person_id=one.person_id,
                account_id=accounts.get(one.person_id),
                kind=one.kind,
                at=min(one.at, at),
                recorded_at=at,
                asset_id=one.asset_id,
                topic_id=one.topic_id,
                source=one.source,
                points=points_of(one.kind, version_id=version.pk),
                import_id=one.import_id,
            )
            for one in fresh
        ],
        batch_size=500,
    )
    EngagementKey.objects.bulk_create(
        [
            EngagementKey(source=one.source, external_id=one.external_id, engagement_id=row.pk)
            for one, row in zip(fresh, rows, strict=True)
            if one.external_id
        ],
        batch_size=500,
    )
    recompute_interest({row.person_id for row in rows}, at=at)
    return rows


@transaction.atomic
def take_back_engagements(ids: Sequence[int], *, at: datetime) -> dict[int, int]:
    """These turned out not to have been a person's: each is reversed by another of its own, with its points taken off,
    and interest brought up to date. Returns the reversal by what it reverses; whoever asks keeps it, and asks once."""
    wrong = Engagement.objects.filter(pk__in=ids).order_by("pk")
    rows = Engagement.objects.bulk_create(
        [
            Engagement(
                person_id=one.person_id,
                account_id=one.account_id,
                kind=one.kind,
                # Of the same age, so that both fade together and are nothing at every moment.
                at=one.at,
                recorded_at=at,
                asset_id=one.asset_id,
                topic_id=one.topic_id,
                source=one.source,
                points=-one.points,
                reverses=one.pk,
            )
            for one in wrong
        ],
        batch_size=500,
    )
    recompute_interest({row.person_id for row in rows}, at=at)
    return {row.reverses: row.pk for row in rows if row.reverses}


@transaction.atomic
def engage(new: Sequence[NewEngagement], *, at: datetime) -> Entered:
    """Record, and let the definition decide: who replies or asks stands in front, a strong engagement wakes who sleeps
    and else makes a lead or a verdict."""
    # Leads before people, as a wake locks them. The same thing told twice at once is recorded by one of the two.
    people = {one.person_id for one in new}
    leads = list(Lead.objects.open().filter(person__in=people).order_by("pk").select_for_update(of=("self",)))
    list(Person.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True))
    rows = record_engagements(new, at=at)
    answered = {row.pk for row in rows if row.kind in WAITING and not _is_history(row, at) and _in_front(row, at=at)}
    lately = [row for row in rows if not _is_history(row, at)]
    back = {row.person_id for row in rows if row.pk in answered}
    sleeping = {lead.person_id: lead for lead in leads if lead.phase == Phase.NURTURE and lead.person_id not in back}
    if sleeping:
        wake_by_engagements(lately, sleeping, at=at)
        offer_to_wake([row for row in rows if _is_history(row, at)], at=at)
    tell_colleagues(lately, at=at)
    return promote([row for row in rows if row.pk not in answered], at=at)


@transaction.atomic
def promote(rows: Sequence[Engagement], *, at: datetime) -> Entered:
    """The definition's answer for each person without an open lead: a lead in its lane, or a stored no.

    Of several that would make a lead, the one with the fastest lane does; each has its verdict.
    """
    version = AgreementVersion.objects.in_force()
    open_people = set(
        Lead.objects.open().filter(person__in={row.person_id for row in rows}).values_list("person_id", flat=True)
    )
    rules = rules_in_force()
    candidates = [row for row in rows if row.person_id not in open_people]
    people = {row.person_id: row.person for row in Engagement.objects.filter(
        pk__in=[row.pk for row in candidates]).select_related("person")}  # fmt: skip
    tiers = judge(list(people.values()), version=version, at=at)
    verdicts: list[Verdict] = []
    strong: list[Engagement] = []
    wanted: dict[int, NewLead] = {}
    for row in candidates:
        tier = tiers[row.person_id]
        points = next((worth for key, worth in tier.parts if key == "interest"), 0)
        rule = rule_for(rules, row.kind, tier.tier, points)
        if _is_history(row, at):
            verdicts.append(_verdict(row, version, Verdict.Answer.OLD, at))
        elif rule is None or not rule.promotes:
            verdicts.append(_verdict(row, version, Verdict.Answer.DEFINITION, at))
        else:
            strong.append(row)
            before = wanted.get(row.person_id)
            if before is None or LANES.index(rule.lane) < LANES.index(before.lane):
                wanted[row.person_id] = _seed(row, rule.lane)
    _continue_with_who_knew_them(wanted)
    entered = open_leads(list(wanted.values()), by=None, at=at)
    verdicts += [_verdict(row, version, _answer(entered.refused.get(row.person_id)), at) for row in strong]
    Verdict.objects.bulk_create(verdicts, batch_size=500)
    return entered


def _continue_with_who_knew_them(wanted: dict[int, NewLead]) -> None:
    """Who was pursued before is pursued again, not anew: by the rep who had her, where he is still one of that team."""
    known = last_pursuits(list(wanted))
    reps = Membership.objects.filter(
        role=Role.BDR, user__is_active=True, user__in=[one.bdr_id for one in known.values()]
    )
    working = set(reps.values_list("user_id", "team_id"))
    for person_id, last in known.items():
        seed = wanted[person_id]
        seed.previous_id = last.pk
        if (last.bdr_id, last.team_id) in working:
            seed.team_id, seed.bdr_id, seed.because = last.team_id, last.bdr_id, "wake"


def _is_history(row: Engagement, at: datetime) -> bool:
    """Old when it came, or brought by a file: told, and never acted on by itself."""
    return row.at <= at - FRESH or row.import_id is not None


def _in_front(row: Engagement, *, at: datetime) -> bool:
    """Somebody waits for us: the sleeping wake, an open lead is due now, and a reply begins a new pursuit.

    False when that is for the definition to say: she asked, and has no lead.
    """
    lead = Lead.objects.open().filter(person=row.person_id).select_for_update(of=("self",)).first()
    if lead is None:
        if row.kind == Engagement.Kind.REPLIED:
            _pursue_again(row, at=at)
        return row.kind == Engagement.Kind.REPLIED
    if lead.phase == Phase.NURTURE:
        wake_leads([lead.pk], by=None, at=at, because="reply" if row.kind == Engagement.Kind.REPLIED else "asked")
        return True
    effects = Effects(lead, by=None, at=at)
    kind = WAITING[row.kind]
    if not any(step.kind == kind and step.due_at <= soon(at) for step in effects.open_steps):
        # After the hand-off it is the BDR who keeps the relation until the AE has taken it.
        assignee_id = lead.bdr_id if lead.phase in (Phase.QUEUED, Phase.HANDED_OFF) else lead.responsible_id
        effects.make_step(
            Step(lead=lead, kind=kind, due_at=soon(at), assignee_id=assignee_id, promised=True,
                 made_by=Step.MadeBy.SYSTEM, created_at=at)
        )  # fmt: skip
    new: dict[str, Any] = {} if lead.phase == Phase.HANDED_OFF else {"due_at": effects.next_due}
    more: dict[str, Any] = {}
    if row.kind == Engagement.Kind.ASKED and was_promised_less(lead):
        clock = promise_of_hand_raisers(lead, effects, at=at)
        new["lane"] = Lane.HAND_RAISER
        if lead.phase == Phase.WORKING and clock:
            more["sweep_at"] = max(clock.due_at, at + CLAIM_GRACE)
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    if lead.phase == Phase.QUEUED and lead.reserved_until and lead.reserved_until > at:
        new |= kept_for_one(lead, effects, worktime, has_asked=row.kind == Engagement.Kind.ASKED, at=at)
    event = alter(lead, "engage", by=None, at=at, data=effects.data(kind=row.kind, engagement=row.pk), **new)
    if lead.phase != Phase.QUEUED:
        write(lead, event, **more)
        return True
    band, changes_at = band_of(lead, at=at, worktime=worktime, step=effects.open_steps[0])
    write(lead, event, band=band, sweep_at=sweep_of_queued(lead, changes_at))
    return True


def kept_for_one(
    lead: Lead, effects: Effects, worktime: WorkCalendar, *, has_asked: bool, at: datetime
) -> dict[str, Any]:
    """Until when it stays reserved: whoever waits is kept for nobody who is away, and who asks for one rep only as long
    as somebody who has just come in."""
    if Absence.objects.covering(at).filter(user=lead.bdr_id).exists():
        effects.assign_steps(None)
        return {"bdr": None, "reserved_until": None}
    if not has_asked or lead.reserved_until is None:
        return {}
    return {"reserved_until": min(lead.reserved_until, add_working_minutes(worktime, at, KEPT_FOR_ONE))}


def was_promised_less(lead: Lead) -> bool:
    """Nobody has touched it, and no hand-raiser's promise runs."""
    waits = lead.phase in (Phase.QUEUED, Phase.WORKING) and lead.first_touched_at is None
    return waits and lead.lane != Lane.HAND_RAISER


def promise_of_hand_raisers(lead: Lead, effects: Effects, *, at: datetime) -> Clock | None:
    """From now on she is promised what everybody is who asks; what she was promised before is excused."""
    effects.end_clocks(SLAClause.Kind.FIRST_TOUCH, excused=True)
    raised = Lead(pk=lead.pk, agreement_id=lead.agreement_id, lane=Lane.HAND_RAISER, tier=lead.tier)
    calendar_id = Team.objects.values_list("calendar_id", flat=True).get(pk=lead.team_id)
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    return effects.start(
        start_clock(raised, SLAClause.Kind.FIRST_TOUCH, calendar_id=calendar_id, worktime=worktime, at=at)
    )


def _pursue_again(row: Engagement, *, at: datetime) -> None:
    """Her last pursuit is over, or there was none: a new one begins, with whoever knew her."""
    seed = _seed(row, Lane.HAND_RAISER)
    seed.origin = Lead.Origin.SIGNAL
    last = Lead.objects.filter(person=row.person_id, next=None).order_by("-id").first()
    if last:
        seed.previous_id, seed.bdr_id = last.pk, last.bdr_id
        seed.team_id, seed.because = last.team_id, "wake" if last.bdr_id else "pool"
    entered = open_leads([seed], by=None, at=at)
    version = AgreementVersion.objects.in_force()
    _verdict(row, version, _answer(entered.refused.get(row.person_id)), at).save(force_insert=True)


def _seed(row: Engagement, lane: str) -> NewLead:
    origin = Lead.Origin.HAND_RAISER if lane == Lane.HAND_RAISER else Lead.Origin.INBOUND
    return NewLead(
        person_id=row.person_id,
        lane=lane,
        origin=origin,
        source=row.source,
        evidence=[[row.kind, row.asset_id, row.topic_id, row.at.isoformat()]],
        data={"engagement": row.pk},
    )


def _answer(refusal: str | None) -> str:
    """What a refusal of routing is called in a verdict."""
    if refusal is None:
        return Verdict.Answer.LEAD
    return Verdict.Answer.SUPPRESSED if refusal == "suppressed" else Verdict.Answer.STANDING


def _verdict(row: Engagement, version: AgreementVersion, answer: str, at: datetime) -> Verdict:
    return Verdict(person_id=row.person_id, engagement_id=row.pk, version=version, answer=answer, at=at)


def _unknown(new: Sequence[NewEngagement]) -> list[NewEngagement]:
    """Those that no source has told before, in this batch or ever."""
    keys = {(one.source, one.external_id) for one in new if one.external_id}
    told = set(
        EngagementKey.objects.filter(
            source__in={source for source, _value in keys}, external_id__in={value for _source, value in keys}
        ).values_list("source", "external_id")
    )
    fresh = []
    for one in new:
        key = (one.source, one.external_id)
        if one.external_id and key in told:
            continue
        told.add(key)
        fresh.append(one)
    return fresh
