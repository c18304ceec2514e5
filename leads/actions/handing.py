"""From the BDR to the AE: the hand-off, its answer, its meeting."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from agreement.models import Phase, Reason, ReasonRule, SLAClause, Stage, StepKind
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, must_allow, write
from leads.actions.claiming import claim_lead
from leads.actions.effects import Effects
from leads.actions.logging import as_wall
from leads.actions.recycling import fall_asleep, rule_of
from leads.bands import band_of, sweep_of_queued
from leads.cadence import soon
from leads.clocks import start_clock
from leads.models import Clock, HandOff, Lead, LeadEvent, Notice, Step
from leads.routing import Router
from leads.waking import Facts
from team.calendars import KeptCalendars
from team.localtime import is_zone, resolve
from team.models import Absence, Installation, Membership, Role, Team, User
from team.worktime import add_working_minutes

if TYPE_CHECKING:
    from accounts.models import Person

# Without a clause of its own, an answer is due within a working day.
RESPONSE_MINUTES = 480
# Without a meeting, the AE's first conversation is due after two working days.
FIRST_CONVERSATION_MINUTES = 960
# Meetings are booked this far ahead at most.
MEETING_MAX = timedelta(days=180)


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
    held = lock_lead(lead, expect=expect)
    if held.phase == Phase.QUEUED:
        claim_lead(held, by=by, at=at)
        held = lock_lead(held)
    # Locked, so that nobody who is leaving at this instant is given one more.
    ae = User.objects.select_for_update(no_key=True).get(pk=ae.pk)
    if not ae.is_active or not ae.has_role(Role.AE):
        raise MoveRefused(_("%(name)s is no account executive here.") % {"name": ae}, field="ae")
    must_allow(held, "hand_off", Phase.HANDED_OFF, by=by)
    meeting_at, local, zone = _meeting(meeting, at=at)
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
    if meeting_at:
        pause_colleagues(held, until=meeting_at + timedelta(minutes=minutes), effects=effects, at=at)
    new: dict[str, Any] = {"ae": ae, "due_at": respond_by, "stage": _handed_off_stage(bool(meeting_at))}
    if held.first_touched_at is None:
        new["first_touched_at"] = new["last_touched_at"] = at
    if meeting_at:
        new |= _agreed(held, at=at)
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
    effects.add("hand_offs_were", _was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE)
    calendars = KeptCalendars(at=at)
    ae = by if by.has_role(Role.AE) and not by.has_role(Role.MANAGER) else hand_off.ae
    if hand_off.escalated_to_id == by.pk:
        ae = by
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
    effects.start(_clock_from(lead, SLAClause.Kind.OUTCOME, ae, calendars=calendars, start=max(end, at)))
    _answer(hand_off, HandOff.State.ACCEPTED, by=by, at=at, ae=ae)
    event = alter(
        lead,
        "accept",
        to=Phase.ACCEPTED,
        by=by,
        at=at,
        ae=ae,
        due_at=effects.next_due,
        stage=_entry(Phase.ACCEPTED),
        data=effects.data(hand_off=hand_off.pk),
    )
    write(lead, event)
    _tell(hand_off.bdr, lead, Notice.Kind.ANSWERED, by=by, at=at)
    return event


@transaction.atomic
def reject_hand_off(hand_off: HandOff, *, reason: Reason, by: User, at: datetime, line: str = "") -> LeadEvent:
    """One pick that carries clause and destination: back to the BDR due now, asleep, rerouted or closed."""
    lead, hand_off = _answering(hand_off)
    rule = rule_of(lead, reason, kind=Reason.Kind.REJECT)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", _was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE)
    effects.note(line)
    _answer(hand_off, HandOff.State.REJECTED, by=by, at=at, reason=reason)
    let_colleagues_go_on(lead, by=by, at=at)
    event = send_on(lead, "reject", effects, rule=rule, reason=reason, by=by, at=at, hand_off=hand_off.pk)
    _tell(hand_off.bdr, lead, Notice.Kind.RETURNED, by=by, at=at)
    return event


@transaction.atomic
def withdraw_hand_off(hand_off: HandOff, *, by: User | None, at: datetime, line: str = "") -> LeadEvent:
    """The BDR takes it back before it was answered; the AE's clock is excused."""
    lead, hand_off = _answering(hand_off)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", _was(hand_off))
    effects.end_clocks(SLAClause.Kind.RESPONSE, excused=True)
    effects.note(line)
    hand_off.state = HandOff.State.WITHDRAWN
    hand_off.outcome_at = at
    hand_off.sequence += 1
    hand_off.save(update_fields=["state", "outcome_at", "sequence"])
    let_colleagues_go_on(lead, by=by, at=at)
    return back_to_bdr(lead, "withdraw", effects, by=by, at=at, kind=StepKind.CALL, hand_off=hand_off.pk)


@transaction.atomic
def move_meeting(
    hand_off: HandOff, *, meeting: tuple[datetime, str], by: User, at: datetime, minutes: int | None = None
) -> LeadEvent:
    """Another moment for the meeting. The invitation gets its next number; the answer stays due as it was."""
    lead = lock_lead(hand_off.lead)
    hand_off = HandOff.objects.select_for_update().get(pk=hand_off.pk)
    if hand_off.state not in HandOff.OPEN_STATES:
        raise LeadConflict(_("This hand-off is over."))
    meeting_at, local, zone = _meeting(meeting, at=at)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", _was(hand_off))
    hand_off.meeting_at, hand_off.local_meeting, hand_off.zone = meeting_at, local, zone
    hand_off.minutes = minutes or hand_off.minutes
    hand_off.sequence += 1
    hand_off.save(update_fields=["meeting_at", "local_meeting", "zone", "minutes", "sequence"])
    new: dict[str, Any] = {}
    if lead.phase == Phase.ACCEPTED and meeting_at:
        calendars = KeptCalendars(at=at)
        meetings = (StepKind.MEETING, StepKind.TASK)
        effects.close_steps(
            [step for step in effects.open_steps if step.kind in meetings and step.made_by == Step.MadeBy.SYSTEM]
        )
        effects.end_clocks(SLAClause.Kind.OUTCOME, excused=True)
        effects.make_step(
            Step(lead=lead, kind=StepKind.MEETING, due_at=meeting_at, assignee=hand_off.ae, promised=True,
                 made_by=Step.MadeBy.SYSTEM, created_at=at)
        )  # fmt: skip
        end = meeting_at + timedelta(minutes=hand_off.minutes)
        effects.start(_clock_from(lead, SLAClause.Kind.OUTCOME, hand_off.ae, calendars=calendars, start=end))
        new["due_at"] = effects.next_due
    if meeting_at:
        pause_colleagues(lead, until=meeting_at + timedelta(minutes=hand_off.minutes), effects=effects, at=at)
    new |= _agreed(lead, at=at)
    data = effects.data(hand_off=hand_off.pk, meeting=meeting_at.isoformat() if meeting_at else None)
    event = write(lead, alter(lead, "move", by=by, at=at, data=data, **new))
    _tell(hand_off.ae if by != hand_off.ae else hand_off.bdr, lead, Notice.Kind.MOVED, by=by, at=at)
    return event


def send_on(
    lead: Lead,
    verb: str,
    effects: Effects,
    *,
    rule: ReasonRule,
    reason: Reason,
    by: User,
    at: datetime,
    facts: Facts | None = None,
    **data: Any,
) -> LeadEvent:
    """Where a pick sends a lead that sales refused: to its BDR, to sleep, to another team, or to its end."""
    carried = rule.destination_reason or reason
    data["pick"] = reason.pk
    if rule.destination == ReasonRule.Destination.BDR:
        return back_to_bdr(lead, verb, effects, by=by, at=at, kind=StepKind.CALL, **data)
    effects.close_steps()
    if rule.destination == ReasonRule.Destination.NURTURE:
        return fall_asleep(lead, verb, effects, rule=rule, reason=carried, facts=facts or Facts(), by=by, at=at, **data)
    if rule.destination == ReasonRule.Destination.REROUTE:
        return _reroute(lead, verb, effects, by=by, at=at, **data)
    event = alter(
        lead,
        verb,
        to=Phase.CLOSED,
        by=by,
        at=at,
        closed_as=Lead.ClosedAs.DISQUALIFIED,
        reason=carried,
        data=effects.data(**data),
    )
    return write(lead, event, sweep_at=None)


def back_to_bdr(
    lead: Lead, verb: str, effects: Effects, *, by: User | None, at: datetime, kind: str, **data: Any
) -> LeadEvent:
    """To WORKING with a step due now and no new first-touch clock. A colleague has it if its BDR left, or is away so
    long that what she worked was given back."""
    bdr = lead.bdr
    if bdr is None or not _works_for(bdr, lead.team_id) or _is_away_for_long(bdr, at=at):
        reps = User.objects.active().with_role(Role.BDR, lead.team_id).order_by("pk")
        present = reps.present(at).annotate(works=Count("leads_as_bdr", filter=Q(leads_as_bdr__phase=Phase.WORKING)))
        bdr = present.order_by("works", "pk").first() or reps.first()
        if bdr is None:
            raise MoveRefused(_("Nobody in the team can take it back. Give the team a BDR first."))
    effects.close_steps()
    effects.make_step(
        Step(lead=lead, kind=kind, due_at=soon(at), assignee=bdr, made_by=Step.MadeBy.SYSTEM, created_at=at)
    )
    connected = Stage.objects.in_use().filter(phase=Phase.WORKING, is_entry=False).first()
    event = alter(
        lead,
        verb,
        to=Phase.WORKING,
        by=by,
        at=at,
        bdr=bdr,
        due_at=effects.next_due,
        stage=connected or _entry(Phase.WORKING),
        data=effects.data(**data),
    )
    return write(lead, event, sweep_at=None)


def _works_for(user: User, team_id: int) -> bool:
    return user.is_active and team_id in user.teams_as(Role.BDR, Role.MANAGER)


def _is_away_for_long(user: User, *, at: datetime) -> bool:
    return Absence.objects.covering(at).filter(user=user, cover=None, released_at__isnull=False).exists()


def managers_of(team_id: int) -> list[User]:
    """Who manages this team and works here."""
    held = Membership.objects.filter(team=team_id, role=Role.MANAGER, user__is_active=True)
    return [membership.user for membership in held.select_related("user").order_by("pk")]


def ae_in_turn(*, team_id: int, at: datetime) -> User | None:
    """The present AE who has waited longest for a hand-off; those of the team before those of everybody."""
    newest = HandOff.objects.filter(ae=OuterRef("pk")).order_by("-sent_at").values("sent_at")[:1]
    ours = Membership.objects.filter(user=OuterRef("pk"), role=Role.AE, team=team_id)
    found = User.objects.present(at).with_role(Role.AE).annotate(is_ours=Exists(ours), last=Subquery(newest))
    return found.order_by("-is_ours", F("last").asc(nulls_first=True), "pk").first()


def _reroute(lead: Lead, verb: str, effects: Effects, *, by: User, at: datetime, **data: Any) -> LeadEvent:
    """Wrong territory: to the pool of the team that routing names, else of the default one."""
    person: Person = lead.person
    router = Router.for_batch([lead.person_id], [lead.account_id] if lead.account_id else [], at=at)
    router.workers = {}
    route = router.route(person, account_id=lead.account_id, source=lead.source, lane=lead.lane)
    others = Team.objects.filter(retired_at=None).exclude(pk=lead.team_id)
    team_id = route.team_id if route.team_id not in (None, lead.team_id) else None
    team_id = team_id or others.order_by("-is_default", "pk").values_list("pk", flat=True).first() or lead.team_id
    due_at = soon(at)
    event = alter(
        lead,
        verb,
        to=Phase.QUEUED,
        by=by,
        at=at,
        team=team_id,
        bdr=None,
        ae=None,
        due_at=due_at,
        stage=_entry(Phase.QUEUED),
        data=effects.data(team=team_id, **data),
    )
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    band, changes_at = band_of(lead, at=at, worktime=worktime, due_at=due_at)
    return write(lead, event, band=band, sweep_at=sweep_of_queued(lead, changes_at))


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
    hand_off.ae = ae or hand_off.ae
    hand_off.save(update_fields=["state", "answered_at", "answered_by", "reason", "ae"])


def _meeting(meeting: tuple[datetime, str] | None, *, at: datetime) -> tuple[datetime | None, datetime | None, str]:
    if meeting is None:
        return None, None, ""
    local, zone = meeting
    if not is_zone(zone):
        raise MoveRefused(_("%(zone)s is not a time zone.") % {"zone": zone}, field="zone")
    moment = resolve(local, zone)
    if moment <= at:
        raise MoveRefused(_("That moment is past."), field="meeting")
    if moment > at + MEETING_MAX:
        raise MoveRefused(_("A meeting is at most half a year ahead."), field="meeting")
    return moment, as_wall(local), zone


def pause_colleagues(lead: Lead, *, until: datetime, effects: Effects, at: datetime) -> None:
    """Attempts at other people of the account wait until the meeting was held.

    A colleague's lead that somebody is changing at this instant is passed over: two of us who book at one account at
    once must not wait for each other.
    """
    if lead.account_id is None:
        return
    others = Lead.objects.filter(account=lead.account_id, phase=Phase.WORKING).exclude(pk=lead.pk).order_by("pk")
    skip = connection.features.has_select_for_update_skip_locked
    for other in others.select_for_update(of=("self",), skip_locked=skip):
        paused = Effects(other, by=effects.by, at=at)
        moved = [step for step in paused.open_steps if step.made_by == Step.MadeBy.CADENCE and step.due_at < until]
        for step in moved:
            effects.add("paused", [other.pk, step.pk, step.due_at.isoformat(), until.isoformat()])
            paused.move_step(step, until)
        if moved:
            data = paused.data(because="meeting_at_account", ref=lead.pk)
            write(other, alter(other, "plan", by=effects.by, at=at, due_at=paused.next_due, data=data))


def let_colleagues_go_on(lead: Lead, *, by: User | None, at: datetime, event: LeadEvent | None = None) -> None:
    """The meeting will not be: attempts that waited for it are due when they were, or now. What was moved since, stays.

    With `event`, only what that event made wait.
    """
    events = [event] if event else lead.events.filter(verb__in=["hand_off", "move"]).order_by("id")
    first: dict[int, list[str]] = {}
    for one in events:
        for _other, step_id, was, until in one.data.get("effects", {}).get("paused", []):
            first[step_id] = [first.get(step_id, [was])[0], until]
    steps = Step.objects.open().filter(pk__in=first, lead__phase=Phase.WORKING).order_by("lead_id", "due_at")
    waiting: dict[int, list[Step]] = {}
    for step in steps:
        if step.due_at == parse_datetime(first[step.pk][1]):
            waiting.setdefault(step.lead_id, []).append(step)
    skip = connection.features.has_select_for_update_skip_locked
    others = Lead.objects.filter(pk__in=waiting, phase=Phase.WORKING).order_by("pk")
    for other in others.select_for_update(of=("self",), skip_locked=skip):
        resumed = Effects(other, by=by, at=at)
        for step in [one for one in resumed.open_steps if one in waiting[other.pk]]:
            resumed.move_step(step, max(parse_datetime(first[step.pk][0]) or at, soon(at)))
        write(other, alter(other, "plan", by=by, at=at, due_at=resumed.next_due, data=resumed.data(ref=lead.pk)))


def _response_clock(lead: Lead, ae: User, *, calendars: KeptCalendars, at: datetime) -> Clock | None:
    return _clock_from(lead, SLAClause.Kind.RESPONSE, ae, calendars=calendars, start=at)


def _clock_from(lead: Lead, kind: str, ae: User, *, calendars: KeptCalendars, start: datetime) -> Clock | None:
    team_id = lead.team_id
    calendar_id = ae.calendar_id or Team.objects.values_list("calendar_id", flat=True).get(pk=team_id)
    return start_clock(lead, kind, calendar_id=calendar_id, worktime=calendars.of_user(ae.pk), at=start)


def _tell(user: User | None, lead: Lead, kind: str, *, by: User | None, at: datetime) -> None:
    if user is not None and user != by:
        Notice.objects.create(user=user, lead=lead, kind=kind, at=at)


def _was(hand_off: HandOff) -> list[Any]:
    """How a hand-off stood, for undo."""
    return [
        hand_off.pk,
        {
            "state": hand_off.state,
            "ae": hand_off.ae_id,
            "meeting_at": hand_off.meeting_at.isoformat() if hand_off.meeting_at else None,
            "local_meeting": hand_off.local_meeting.isoformat() if hand_off.local_meeting else None,
            "zone": hand_off.zone,
            "minutes": hand_off.minutes,
        },
    ]


def _handed_off_stage(with_meeting: bool) -> Stage:
    stages = Stage.objects.in_use().filter(phase=Phase.HANDED_OFF)
    return stages.filter(is_entry=with_meeting).first() or _entry(Phase.HANDED_OFF)


def _entry(phase: str) -> Stage:
    return Stage.objects.get(phase=phase, is_entry=True)


def _agreed(lead: Lead, *, at: datetime) -> dict[str, Any]:
    """Gate A, recorded once; where the admin chose it, the opportunity opens with it."""
    if lead.meeting_agreed_at is not None:
        return {}
    gate = Installation.objects.values_list("opportunity_gate", flat=True).get()
    opens = gate == Installation.Gate.MEETING_AGREED and lead.opportunity_at is None
    return {"meeting_agreed_at": at} | ({"opportunity_at": at} if opens else {})
