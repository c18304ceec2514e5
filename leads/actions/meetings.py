"""Meetings: another moment for one, and what it records."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Phase, SLAClause, StepKind
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, write
from leads.actions.effects import Effects
from leads.actions.holding import hold_attempts
from leads.actions.noticing import tell
from leads.actions.stepping import as_wall
from leads.clocks import start_clock
from leads.models import Clock, HandOff, Lead, LeadEvent, Notice, Step
from team.calendars import KeptCalendars
from team.localtime import is_zone, resolve
from team.models import Installation

if TYPE_CHECKING:
    from team.models import User

# Meetings are booked this far ahead at most.
MEETING_MAX = timedelta(days=180)


@transaction.atomic
def move_meeting(
    hand_off: HandOff,
    *,
    meeting: tuple[datetime, str],
    by: User,
    at: datetime,
    minutes: int | None = None,
    expect: int | None = None,
) -> LeadEvent:
    """Another moment for the meeting. The invitation gets its next number; the answer stays due as it was.

    `expect`: the number of the invitation she was shown; LeadConflict when another one has been made since.
    """
    lead = lock_lead(hand_off.lead)
    hand_off = HandOff.objects.select_for_update().get(pk=hand_off.pk)
    if hand_off.state not in HandOff.OPEN_STATES:
        raise LeadConflict(_("This hand-off is over."))
    if expect is not None and hand_off.sequence != expect:
        raise LeadConflict(_("The meeting was moved since you opened this page."))
    meeting_at, local, zone = meeting_moment(meeting, at=at)
    effects = Effects(lead, by=by, at=at)
    effects.add("hand_offs_were", hand_off_was(hand_off))
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
        effects.start(clock_of_ae(lead, SLAClause.Kind.OUTCOME, hand_off.ae, calendars=calendars, start=end))
        new["due_at"] = effects.next_due
    new |= agreed(lead, at=at)
    data = effects.data(hand_off=hand_off.pk, meeting=meeting_at.isoformat() if meeting_at else None)
    event = write(lead, alter(lead, "move", by=by, at=at, data=data, **new))
    hold_attempts(lead.account_id, at=at)
    tell(hand_off.ae if by != hand_off.ae else hand_off.bdr, lead, Notice.Kind.MOVED, by=by, at=at)
    return event


def let_go_on(hand_off: HandOff, lead: Lead, *, at: datetime) -> None:
    """A meeting that will not be holds nobody up; one that has begun was held, as far as colleagues are concerned."""
    if hand_off.meeting_at and hand_off.meeting_at > at:
        hold_attempts(lead.account_id, at=at)


def meeting_moment(
    meeting: tuple[datetime, str] | None, *, at: datetime
) -> tuple[datetime | None, datetime | None, str]:
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


def agreed(lead: Lead, *, at: datetime) -> dict[str, Any]:
    """Gate A, recorded once; where the admin chose it, the opportunity opens with it."""
    if lead.meeting_agreed_at is not None:
        return {}
    gate = Installation.objects.values_list("opportunity_gate", flat=True).get()
    opens = gate == Installation.Gate.MEETING_AGREED and lead.opportunity_at is None
    return {"meeting_agreed_at": at} | ({"opportunity_at": at} if opens else {})


def clock_of_ae(lead: Lead, kind: str, ae: User, *, calendars: KeptCalendars, start: datetime) -> Clock | None:
    """A clock of the AE's side, in the hours she works."""
    calendar_id = calendars.id_of_user(ae.pk)
    return start_clock(lead, kind, calendar_id=calendar_id, worktime=calendars.of_user(ae.pk), at=start)


def hand_off_was(hand_off: HandOff) -> list[Any]:
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
            "answered_at": hand_off.answered_at.isoformat() if hand_off.answered_at else None,
            "answered_by": hand_off.answered_by_id,
            "reason": hand_off.reason_id,
        },
    ]
