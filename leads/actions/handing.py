"""From the BDR to the AE: the hand-off and its answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from agreement.models import Phase, Reason, SLAClause, StepKind
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, must_allow, write
from leads.actions.claiming import claim_lead
from leads.actions.effects import Effects
from leads.actions.going_back import back_to_bdr, send_on
from leads.actions.holding import hold_attempts
from leads.actions.meetings import agreed, clock_of_ae, hand_off_was, let_go_on, meeting_moment
from leads.actions.noticing import settle_hand_off, tell
from leads.actions.recycling import rule_of
from leads.actions.stages import entry_stage, handed_off_stage
from leads.cadence import soon
from leads.models import Clock, HandOff, Lead, LeadEvent, Notice, Step
from team.calendars import KeptCalendars
from team.models import Membership, Role, User
from team.worktime import add_working_minutes

# Without a clause of its own, an answer is due within a working day.
RESPONSE_MINUTES = 480
# Without a meeting, the AE's first conversation is due after two working days.
FIRST_CONVERSATION_MINUTES = 960


def lock_for_booking(lead: Lead, *, ae: User, by: User, expect: int | None = None) -> tuple[Lead, User]:
    """The lead and the AE as they stand, until the transaction ends: nobody who is leaving at this instant is given one
    more, and nobody else books the moment that is looked at now. LeadConflict as `lock_lead`."""
    held = lock_lead(lead, expect=expect)
    # With whoever takes it from the pool, in the order of their ids, so that two who book for each other do not wait
    # for each other.
    both = [ae.pk, by.pk] if held.phase == Phase.QUEUED else [ae.pk]
    locked = {user.pk: user for user in User.objects.select_for_update(no_key=True).filter(pk__in=both).order_by("pk")}
    return held, locked[ae.pk]


@transaction.atomic
def hand_off_lead(
    lead: Lead,
    *,
    ae: User,
    by: User,
    at: datetime,
    meeting: tuple[datetime, str] | None = None,
    minutes: int = 30,
    place: str = "",
    line: str = "",
    expect: int | None = None,
) -> HandOff:
    """Book a meeting with an AE, or hand off without one: her answer is due by the agreement.

    `meeting` is wall time and zone. Cadences of colleagues at the account pause until it was held. Somebody who books
    for herself accepts with it. MoveRefused when the AE cannot take it or the moment is past; LeadConflict when the
    lead is no longer worked.
    """
    held, ae = lock_for_booking(lead, ae=ae, by=by, expect=expect)
    if held.phase == Phase.QUEUED:
        claim_lead(held, by=by, at=at)
        held = lock_lead(held)
    if not ae.is_active or not ae.has_role(Role.AE):
        raise MoveRefused(_("%(name)s is no account executive here.") % {"name": ae}, field="ae")
    must_allow(held, "hand_off", Phase.HANDED_OFF, by=by)
    meeting_at, local, zone = meeting_moment(meeting, at=at)
    effects = Effects(held, by=by, at=at)
    calendars = KeptCalendars(at=at)
    effects.close_steps(state=Step.State.DONE)
    effects.end_clocks(SLAClause.Kind.FIRST_TOUCH)
    clock = effects.start(_response_clock(held, ae, calendars=calendars, at=at))
    respond_by = clock.due_at if clock else add_working_minutes(calendars.of_user(ae.pk), at, RESPONSE_MINUTES)
    hand_off = HandOff.objects.create(
        lead=held,
        ae=ae,
        bdr_id=held.bdr_id or by.pk,
        team_id=held.team_id,
        sent_at=at,
        respond_by=respond_by,
        meeting_at=meeting_at,
        local_meeting=local,
        zone=zone,
        minutes=minutes,
        place=place.strip(),
        line=line.strip(),
    )
    effects.add("hand_offs", hand_off.pk)
    new: dict[str, Any] = {"ae": ae, "due_at": respond_by, "stage": handed_off_stage(with_meeting=bool(meeting_at))}
    if held.first_touched_at is None:
        new["first_touched_at"] = new["last_touched_at"] = at
    if meeting_at:
        new |= agreed(held, at=at)
    event = alter(
        held,
        "hand_off",
        to=Phase.HANDED_OFF,
        by=by,
        at=at,
        data=effects.data(ae=ae.pk, hand_off=hand_off.pk, meeting=meeting_at.isoformat() if meeting_at else None),
        **new,
    )
    write(held, event, sweep_at=None)
    if meeting_at:
        hold_attempts(held.account_id, at=at)
    if ae == by:
        accept_hand_off(hand_off, by=by, at=at)
        hand_off.refresh_from_db()
    else:
        Notice.objects.create(user=ae, lead=held, clock=clock, kind=Notice.Kind.HAND_OFF, at=at)
    return hand_off


@transaction.atomic
def accept_hand_off(hand_off: HandOff, *, by: User, at: datetime) -> LeadEvent:
    """The AE takes it: the meeting, or her first conversation, is what it waits for now."""
    lead, hand_off = _answering(hand_off)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", hand_off_was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE)
    calendars = KeptCalendars(at=at)
    ae = by if by.has_role(Role.AE) and not by.has_role(Role.MANAGER) else hand_off.ae
    if hand_off.escalated_to_id == by.pk:
        ae = by
    if hand_off.lent_to_id == by.pk:
        # A cover answers for her: the lead stays hers.
        ae = hand_off.ae
    if hand_off.meeting_at:
        kind, due_at = StepKind.MEETING, max(hand_off.meeting_at, soon(at))
    else:
        kind = StepKind.TASK
        due_at = add_working_minutes(calendars.of_user(ae.pk), at, FIRST_CONVERSATION_MINUTES)
    effects.make_step(
        Step(
            lead=lead,
            kind=kind,
            title="" if hand_off.meeting_at else str(_("First conversation")),
            due_at=due_at,
            assignee=ae,
            promised=bool(hand_off.meeting_at),
            made_by=Step.MadeBy.SYSTEM,
            created_at=at,
        )
    )
    end = hand_off.meeting_at + timedelta(minutes=hand_off.minutes) if hand_off.meeting_at else due_at
    effects.start(clock_of_ae(lead, SLAClause.Kind.OUTCOME, ae, calendars=calendars, start=max(end, at)))
    _answer(hand_off, HandOff.State.ACCEPTED, by=by, at=at, ae=ae)
    event = alter(
        lead,
        "accept",
        to=Phase.ACCEPTED,
        by=by,
        at=at,
        ae=ae,
        due_at=effects.next_due,
        stage=entry_stage(Phase.ACCEPTED),
        data=effects.data(hand_off=hand_off.pk),
    )
    write(lead, event)
    tell(hand_off.bdr, lead, Notice.Kind.ANSWERED, by=by, at=at)
    return event


@transaction.atomic
def reject_hand_off(hand_off: HandOff, *, reason: Reason, by: User, at: datetime, line: str = "") -> LeadEvent:
    """One pick that carries clause and destination: back to the BDR due now, asleep, rerouted or closed. A meeting that
    was booked is off."""
    lead, hand_off = _answering(hand_off)
    rule = rule_of(lead, reason, kind=Reason.Kind.REJECT)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", hand_off_was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE)
    effects.note(line)
    _answer(hand_off, HandOff.State.REJECTED, by=by, at=at, reason=reason)
    event = send_on(lead, "reject", effects, rule=rule, reason=reason, by=by, at=at, hand_off=hand_off.pk)
    let_go_on(hand_off, lead, at=at)
    if lead.closed_as != Lead.ClosedAs.STANDING:
        tell(hand_off.bdr, lead, Notice.Kind.RETURNED, by=by, at=at)
    return event


@transaction.atomic
def withdraw_hand_off(hand_off: HandOff, *, by: User | None, at: datetime, line: str = "") -> LeadEvent:
    """The BDR takes it back before it was answered; the AE's clock is excused."""
    lead, hand_off = _answering(hand_off)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", hand_off_was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE, excused=True)
    effects.note(line)
    hand_off.state = HandOff.State.WITHDRAWN
    hand_off.outcome_at = at
    hand_off.sequence += 1
    hand_off.save(update_fields=["state", "outcome_at", "sequence"])
    settle_hand_off(lead, at=at)
    event = back_to_bdr(lead, "withdraw", effects, by=by, at=at, kind=StepKind.CALL, hand_off=hand_off.pk)
    let_go_on(hand_off, lead, at=at)
    return event


def ae_in_turn(*, team_id: int, at: datetime) -> User | None:
    """The present AE who has waited longest for a hand-off; those of the team before those of everybody."""
    newest = HandOff.objects.filter(ae=OuterRef("pk")).order_by("-sent_at").values("sent_at")[:1]
    ours = Membership.objects.filter(user=OuterRef("pk"), role=Role.AE, team=team_id)
    found = User.objects.present(at).with_role(Role.AE).annotate(is_ours=Exists(ours), last=Subquery(newest))
    return found.order_by("-is_ours", F("last").asc(nulls_first=True), "pk").first()


def read_brief(hand_off: HandOff, *, by: User, at: datetime) -> None:
    """`by` has the brief before them: kept once, where they are who meets the lead or answers for that person. A clock
    that is behind the one of who sent it changes nothing of the order."""
    if hand_off.brief_read_at is None and hand_off.is_open and (hand_off.ae_id == by.pk or hand_off.came_to(by)):
        unread = HandOff.objects.filter(pk=hand_off.pk, brief_read_at=None)
        unread.update(brief_read_at=Greatest("sent_at", Value(at)))
        hand_off.brief_read_at = at


def _answering(hand_off: HandOff) -> tuple[Lead, HandOff]:
    lead = lock_lead(hand_off.lead)
    hand_off = (
        HandOff.objects.select_for_update(of=("self",))
        .select_related("ae", "bdr", "escalated_to", "answered_by")
        .get(pk=hand_off.pk)
    )
    if hand_off.state != HandOff.State.SENT or lead.phase != Phase.HANDED_OFF:
        raise LeadConflict(_answered_words(hand_off))
    hand_off.lead = lead
    return lead, hand_off


def _answered_words(hand_off: HandOff) -> str:
    """Who was faster, and what became of it."""
    if hand_off.state == HandOff.State.WITHDRAWN:
        return _("%(name)s has taken this hand-off back.") % {"name": hand_off.bdr}
    if hand_off.answered_by is None:
        return _("This hand-off was answered already.")
    words = {
        HandOff.State.ACCEPTED: _("%(name)s has accepted this hand-off already."),
        HandOff.State.REJECTED: _("%(name)s has rejected this hand-off already."),
    }
    return words.get(HandOff.State(hand_off.state), _("%(name)s has answered this hand-off already.")) % {
        "name": hand_off.answered_by
    }


def _answer(
    hand_off: HandOff, state: str, *, by: User, at: datetime, ae: User | None = None, reason: Reason | None = None
) -> None:
    hand_off.state, hand_off.answered_at, hand_off.answered_by, hand_off.reason = state, at, by, reason
    goes_to_another = ae is not None and ae.pk != hand_off.ae_id
    hand_off.sequence += state == HandOff.State.REJECTED or goes_to_another
    hand_off.ae = ae or hand_off.ae
    hand_off.save(update_fields=["state", "answered_at", "answered_by", "reason", "ae", "sequence"])
    settle_hand_off(hand_off.lead, at=at)


def _response_clock(lead: Lead, ae: User, *, calendars: KeptCalendars, at: datetime) -> Clock | None:
    return clock_of_ae(lead, SLAClause.Kind.RESPONSE, ae, calendars=calendars, start=at)
