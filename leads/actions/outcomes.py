"""What came of a meeting and of a deal. An outcome recorded before the hand-off was answered accepts it first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Phase, Reason, ReasonRule, SLAClause, StepKind, in_use_for
from agreement.models.version import CriterionRule
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, write
from leads.actions.effects import Effects
from leads.actions.entering import NewLead, open_asleep
from leads.actions.going_back import back_to_bdr, send_on
from leads.actions.handing import accept_hand_off
from leads.actions.meetings import hand_off_was, let_go_on
from leads.actions.noticing import settle_hand_off, tell
from leads.actions.recycling import fall_asleep, rule_of, today_of, zone_of_team
from leads.actions.stages import entry_stage
from leads.models import Activity, Answer, HandOff, Lead, LeadEvent, Notice, Recycling, Step
from leads.waking import Facts, wake_day, wake_moment
from team.models import Installation

if TYPE_CHECKING:
    from team.models import User

OUTCOME_CHECK = timedelta(days=14)


@transaction.atomic
def record_qualified(hand_off: HandOff, *, by: User, at: datetime, note: str = "") -> LeadEvent:
    """Gate B: the conversation was held and judged. Every criterion asked for has an answer; unknown is one.

    MoveRefused names the criteria nobody has answered.
    """
    lead, hand_off = _after_the_meeting(hand_off, by=by, at=at)
    missing = unanswered(lead)
    if missing:
        raise MoveRefused(
            _("Give a verdict on %(criteria)s first; unknown is one.") % {"criteria": ", ".join(missing)},
            field="answers",
        )
    effects = Effects(lead, by=by, at=at)
    _held(lead, hand_off, HandOff.State.QUALIFIED, effects, by=by, at=at, note=note)
    effects.close_steps(state=Step.State.DONE)
    effects.make_step(
        Step(lead=lead, kind=StepKind.OUTCOME, due_at=at + OUTCOME_CHECK, assignee=lead.ae,
             made_by=Step.MadeBy.SYSTEM, created_at=at)
    )  # fmt: skip
    new: dict[str, Any] = {}
    if lead.opportunity_at is None:
        new["opportunity_at"] = at
    event = alter(
        lead,
        "qualify",
        to=Phase.QUALIFIED,
        by=by,
        at=at,
        due_at=effects.next_due,
        stage=entry_stage(Phase.QUALIFIED),
        data=effects.data(
            hand_off=hand_off.pk, gate=Installation.objects.values_list("opportunity_gate", flat=True).get()
        ),
        **new,
    )
    return write(lead, event)


@transaction.atomic
def record_not_qualified(
    hand_off: HandOff, *, reason: Reason, by: User, at: datetime, note: str = "", facts: Facts | None = None
) -> LeadEvent:
    """Held, and not qualified: it goes where the pick says."""
    lead, hand_off = _after_the_meeting(hand_off, by=by, at=at)
    rule = rule_of(lead, reason, kind=Reason.Kind.REJECT)
    effects = Effects(lead, by=by, at=at)
    _held(lead, hand_off, HandOff.State.NOT_QUALIFIED, effects, by=by, at=at, note=note, reason=reason)
    return send_on(
        lead, "not_qualify", effects, rule=rule, reason=reason, by=by, at=at, facts=facts, hand_off=hand_off.pk
    )


@transaction.atomic
def record_no_show(hand_off: HandOff, *, by: User, at: datetime, note: str = "") -> LeadEvent:
    """Nobody came: the BDR gets *Rebook*, due now. An AE who waited had accepted; a BDR may say it unanswered."""
    lead = lock_lead(hand_off.lead)
    hand_off = _locked(hand_off)
    if hand_off.meeting_at is None or hand_off.meeting_at > at:
        raise MoveRefused(_("The meeting has not begun yet."))
    if by.pk in (hand_off.ae_id, hand_off.escalated_to_id, hand_off.lent_to_id):
        lead, hand_off = _after_the_meeting(hand_off, by=by, at=at)
    effects = Effects(lead, by=by, at=at)
    # Said by the BDR it is no answer of the AE: neither kept nor missed.
    effects.end_clocks(SLAClause.Kind.RESPONSE, excused=True)
    _ended(hand_off, HandOff.State.NO_SHOW, effects, by=None, at=at)
    effects.end_clocks(SLAClause.Kind.OUTCOME)
    effects.note(note)
    event = back_to_bdr(lead, "no_show", effects, by=by, at=at, kind=StepKind.REBOOK, hand_off=hand_off.pk)
    if lead.phase == Phase.WORKING:
        tell(lead.bdr, lead, Notice.Kind.RETURNED, by=by, at=at)
    return event


@transaction.atomic
def return_lead(lead: Lead, *, by: User | None, at: datetime, line: str = "", because: str = "") -> LeadEvent:
    """The AE gives an accepted or qualified lead back to the BDR, with a step due now. A meeting ahead is off."""
    lead = lock_lead(lead)
    effects = Effects(lead, by=by, at=at)
    hand_off = lead.hand_offs.select_for_update().filter(state__in=[*HandOff.OPEN_STATES]).first()
    if hand_off:
        _ended(hand_off, HandOff.State.RETURNED, effects, by=by, at=at)
        let_go_on(hand_off, lead, at=at)
    effects.end_clocks(excused=True)
    effects.note(line)
    return back_to_bdr(
        lead, "return", effects, by=by, at=at, kind=StepKind.CALL, hand_off=hand_off.pk if hand_off else None,
        because=because,
    )  # fmt: skip


@transaction.atomic
def win_lead(lead: Lead, *, by: User, at: datetime, note: str = "") -> LeadEvent:
    """The deal is won: the pursuit ends."""
    lead = lock_lead(lead)
    effects = _ending(lead, by=by, at=at, note=note)
    event = alter(lead, "win", to=Phase.CLOSED, by=by, at=at, closed_as=Lead.ClosedAs.WON, data=effects.data())
    return write(lead, event, sweep_at=None)


@transaction.atomic
def lose_lead(lead: Lead, *, reason: Reason, by: User, at: datetime, note: str = "", vendor: str = "") -> LeadEvent:
    """The deal is lost. Unless its reason is final, the next pursuit opens asleep in the same transaction, and says to
    whom it was lost."""
    lead = lock_lead(lead)
    rule = rule_of(lead, reason, kind=Reason.Kind.LOSE)
    effects = _ending(lead, by=by, at=at, note=note)
    event = alter(
        lead,
        "lose",
        to=Phase.CLOSED,
        by=by,
        at=at,
        closed_as=Lead.ClosedAs.LOST,
        reason=reason,
        data=effects.data(reason=reason.pk),
    )
    write(lead, event, sweep_at=None)
    if not rule.is_final:
        _next_pursuit_asleep(lead, rule, reason, by=by, at=at, vendor=vendor)
    return event


@transaction.atomic
def stall_lead(
    lead: Lead, *, reason: Reason, by: User, at: datetime, facts: Facts | None = None, note: str = ""
) -> LeadEvent:
    """A deal that goes nowhere recycles the same pursuit."""
    lead = lock_lead(lead)
    rule = rule_of(lead, reason, kind=Reason.Kind.RECYCLE)
    effects = Effects(lead, by=by, at=at)
    for hand_off in lead.hand_offs.select_for_update().filter(state__in=HandOff.OPEN_STATES):
        _ended(hand_off, HandOff.State.RETURNED, effects, by=by, at=at)
        let_go_on(hand_off, lead, at=at)
    effects.close_steps()
    effects.end_clocks(excused=True)
    effects.note(note)
    return fall_asleep(lead, "stall", effects, rule=rule, reason=reason, facts=facts or Facts(), by=by, at=at)


def unanswered(lead: Lead) -> list[str]:
    """Labels of the criteria that the lead's agreement wants a verdict on and nobody has given one.

    What nobody asks any more is not waited for.
    """
    rules = CriterionRule.objects.filter(version=lead.agreement_id, asked_at_qualified=True)
    asked = rules.filter(criterion__retired_at=None).select_related("criterion")
    answered = set(Answer.objects.filter(lead=lead).values_list("criterion_id", flat=True))
    return [rule.criterion.label for rule in asked.order_by("criterion__position") if rule.criterion_id not in answered]


def _after_the_meeting(hand_off: HandOff, *, by: User, at: datetime) -> tuple[Lead, HandOff]:
    """Lead and hand-off locked and accepted; an unanswered one is accepted by its outcome (two events)."""
    lead = lock_lead(hand_off.lead)
    hand_off = _locked(hand_off)
    if hand_off.meeting_at and hand_off.meeting_at > at:
        raise MoveRefused(_("The meeting has not begun yet."))
    if hand_off.state == HandOff.State.SENT:
        accept_hand_off(hand_off, by=by, at=at)
        lead = lock_lead(lead)
        hand_off = _locked(hand_off)
    return lead, hand_off


def _locked(hand_off: HandOff) -> HandOff:
    hand_off = HandOff.objects.select_for_update(of=("self",)).get(pk=hand_off.pk)
    if hand_off.state not in HandOff.OPEN_STATES:
        raise LeadConflict(_("The outcome of this hand-off is recorded already."))
    return hand_off


def _held(
    lead: Lead,
    hand_off: HandOff,
    state: str,
    effects: Effects,
    *,
    by: User,
    at: datetime,
    note: str,
    reason: Reason | None = None,
) -> None:
    activity = Activity.objects.create(
        lead=lead, person_id=lead.person_id, account_id=lead.account_id, kind=Activity.Kind.MEETING, at=at, by=by,
        is_conversation=True,
    )  # fmt: skip
    effects.add("activities", activity.pk)
    effects.note(note, activity_id=activity.pk)
    effects.end_clocks(SLAClause.Kind.RESPONSE, SLAClause.Kind.OUTCOME)
    _ended(hand_off, state, effects, by=by, at=at, reason=reason)


def _ended(
    hand_off: HandOff, state: str, effects: Effects, *, by: User | None, at: datetime, reason: Reason | None = None
) -> None:
    effects.add("hand_offs_were", hand_off_was(hand_off))
    hand_off.state, hand_off.outcome_at = state, at
    hand_off.reason = reason or hand_off.reason
    if hand_off.answered_at is None:
        hand_off.answered_at, hand_off.answered_by = at, by
        # Whoever was told to answer it need not any more.
        settle_hand_off(hand_off.lead, at=at)
    hand_off.sequence += state == HandOff.State.RETURNED
    hand_off.save(update_fields=["state", "outcome_at", "reason", "answered_at", "answered_by", "sequence"])


def _ending(lead: Lead, *, by: User, at: datetime, note: str) -> Effects:
    effects = Effects(lead, by=by, at=at)
    effects.close_steps(state=Step.State.DONE)
    effects.end_clocks()
    effects.note(note)
    for hand_off in lead.hand_offs.select_for_update().filter(state=HandOff.State.ACCEPTED):
        _ended(hand_off, HandOff.State.QUALIFIED, effects, by=by, at=at)
        let_go_on(hand_off, lead, at=at)
    return effects


def _next_pursuit_asleep(
    lead: Lead, rule: ReasonRule, reason: Reason, *, by: User, at: datetime, vendor: str = ""
) -> None:
    zone = zone_of_team(lead.team_id)
    wake_at = wake_moment(wake_day(rule, Facts(), today=today_of(at, zone)), zone=zone)
    carried = in_use_for(rule.destination_reason or reason)
    entered = open_asleep(
        [
            NewLead(
                person_id=lead.person_id,
                lane=lead.lane,
                origin=Lead.Origin.RETURNED_DEAL,
                source=lead.source,
                previous_id=lead.pk,
                team_id=lead.team_id,
                bdr_id=lead.bdr_id,
                sourced_by_id=lead.sourced_by_id,
                because="lost_deal",
                data={"from": lead.pk},
            )
        ],
        reason_id=carried.pk,
        wake_at=wake_at,
        by=by,
        at=at,
        as_system=True,
    )
    for following in entered.leads:
        Recycling.objects.create(
            lead=following, at=at, by=by, category=rule.category or ReasonRule.Category.LOST_DEAL, wake_at=wake_at,
            vendor=vendor.strip(),
        )  # fmt: skip
