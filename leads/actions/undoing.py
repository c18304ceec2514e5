"""Taking back one's own last act: the pairs of its event swapped, its effects put back, by an event of its own."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.actions.people import PARTED
from accounts.models import ContactPoint, Person, Suppression
from agreement.models import Phase, SLAClause, Stage
from leads.actions.changing import (
    LeadConflict,
    MoveRefused,
    alter,
    lock_lead,
    lock_leads,
    must_be_of,
    parts_of,
    write,
)
from leads.actions.holding import hold_attempts
from leads.actions.recounting import HOURS, hours_changed_since, recount_leads
from leads.actions.silencing import SUPPRESSED, pass_over_shut
from leads.bands import band_of, sweep_of_queued, sweep_of_untouched
from leads.clocks import start_clock
from leads.models import Activity, Answer, Clock, HandOff, Lead, LeadEvent, Note, Notice, Recycling, SecondLook, Step
from leads.models.lead import REP_PHASES
from leads.transitions import who_may
from team.calendars import KeptCalendars
from team.models import Absence

if TYPE_CHECKING:
    from team.models import User

UNDOABLE = frozenset({
    "claim", "release", "log", "plan", "answer", "hand_off", "move", "accept", "reject", "withdraw", "no_show",
    "return", "qualify", "not_qualify", "win", "lose", "stall", "recycle", "rewake", "disqualify",
})  # fmt: skip

# What the system says when a meeting at the account holds an attempt up or lets it go: nobody has acted on this lead.
ASIDE = {"by": None, "verb": "plan"}

# No act writes more events on one lead.
ACT_MAX = 8


def last_event(lead: Lead) -> LeadEvent | None:
    return lead.events.order_by("-id").first()


def last_act(lead: Lead) -> list[LeadEvent]:
    """The events of the last act on this lead, the last one first, whatever a colleague's meeting has moved since."""
    newest = list(lead.events.exclude(**ASIDE).order_by("-id")[:ACT_MAX])
    act = newest[0].data.get("act") if newest else None
    return list(takewhile(lambda event: event.data.get("act") == act, newest)) if act else newest[:1]


def is_aside(event: LeadEvent) -> bool:
    return (event.by_id, event.verb) == (ASIDE["by"], ASIDE["verb"])


def can_undo(event: LeadEvent | None, *, by: User, at: datetime) -> bool:
    """Her own act, of her own day, that can be taken back. Whether somebody has acted since, `undo_last` asks."""
    if event is None or event.by_id != by.pk or event.verb not in UNDOABLE:
        return False
    zone = ZoneInfo(by.time_zone)
    return event.at.astimezone(zone).date() == at.astimezone(zone).date()


@transaction.atomic
def undo_last(lead: Lead, *, by: User, at: datetime, event_id: int | None = None) -> LeadEvent:
    """Take back the last act on this lead, if it was hers, today, and nobody has acted since.

    `event_id` names the act that was meant: LeadConflict when it is no longer the last one. An act that wrote several
    events is taken back whole, the last one first; returns the correction of its first. MoveRefused when it would not
    be hers to do any more, as when she no longer covers whose lead it is. What an act opened is closed
    again; LeadConflict when that was worked on meanwhile, or when she is no prospect any more and would come to the
    reps again. Where a colleague's meeting has moved the attempt since, the
    lead is put back to before that, and the meetings that are booked now are asked once more.
    """
    held = lock_lead(lead)
    events = last_act(held)
    if not events or (event_id is not None and events[0].pk != event_id):
        raise LeadConflict(_("Somebody has acted on this lead since; it cannot be taken back."))
    if not all(can_undo(event, by=by, at=at) for event in events):
        raise LeadConflict(_("Only your own last act of today can be taken back."))
    since = list(held.events.filter(pk__gte=events[-1].pk).order_by("-id"))
    was = held.phase
    corrections = [take_back(held, event, by=by, at=at, is_hers=True) for event in since]
    if held.phase in REP_PHASES and was not in REP_PHASES and Lead.objects.at_no_prospect().filter(pk=held.pk).exists():
        raise LeadConflict(_("No rep works this company any more; it cannot be taken back."))
    # What a meeting has let go meanwhile is due now, as it was for a colleague who took nothing back.
    by_meeting = [one for one in since if is_aside(one) and one.data.get("because") not in (HOURS, SUPPRESSED)]
    hold_attempts(held.account_id, at=at, as_before=not by_meeting)
    # An attempt that stands again may be one that somebody has asked not to be made since.
    pass_over_shut([held.person_id], at=at)
    if hours_changed_since(events[-1].at):
        recount_leads([held.pk], at=at)
    return corrections[-1]


def take_back(held: Lead, event: LeadEvent, *, by: User | None, at: datetime, is_hers: bool = False) -> LeadEvent:
    """One event of a lead that is locked, and nothing since: as it was. `is_hers` asks whether that is hers to do."""
    effects = event.data.get("effects", {})
    _close_what_it_opened(event, at=at, by=by)
    _must_be_untouched(held, effects)

    old = {field: _value(field, pair[0]) for field, pair in event.changes.items()}
    if old.get("stage"):
        old["stage"] = _stage_in_use(old["stage"])
    _put_back(held, event, effects, by=by, at=at)
    if old.get("phase", held.phase) == Phase.QUEUED:
        old["due_at"] = _due_in_pool(held, old.get("due_at", held.due_at))
    corrected = alter(
        held,
        "correct",
        to=old.get("phase", held.phase),
        by=by,
        at=at,
        corrects=event.pk,
        data={"verb": event.verb} | ({"because": event.data["because"]} if is_aside(event) else {}),
        **old,
    )
    if not is_aside(event):
        if is_hers and by is not None:
            _must_be_hers_still(held, event, by=by, at=at)
        # Nobody is told any more of what did not happen.
        Notice.objects.filter(lead=held, at=event.at, seen_at=None).delete()
    step = held.steps.open().order_by("due_at", "id").first()
    sweep_at: datetime | None = None
    held.band = event.data.get("band", held.band)
    if held.phase == Phase.QUEUED:
        held.band, changes_at = band_of(held, at=at, worktime=KeptCalendars(at=at).of_team(held.team_id), step=step)
        sweep_at = sweep_of_queued(held, changes_at)
    elif held.phase == Phase.NURTURE:
        sweep_at = held.wake_at
    elif held.phase == Phase.WORKING:
        clock = Clock.objects.running().filter(lead=held, kind=SLAClause.Kind.FIRST_TOUCH).first()
        sweep_at = sweep_of_untouched(held, clock, list(held.steps.open()), at=at)
    return write(held, corrected, band=held.band, sweep_at=sweep_at)


def _must_be_hers_still(lead: Lead, event: LeadEvent, *, by: User, at: datetime) -> None:
    """MoveRefused unless she might do it again to the lead as it is now put back: who may act is asked of the same
    table. What she did as the cover of an account executive is hers to take back only while she covers."""
    who = who_may(event.from_phase, event.verb, event.to_phase)
    must_be_of(who, lead, by=by)
    parts = parts_of(by, lead) & set(who)
    if parts != {"ae"} or lead.ae_id in (None, by.pk) or lead.hand_offs.open().filter(escalated_to=by).exists():
        return
    if not Absence.objects.covered_in_sales(at).filter(user=lead.ae_id, cover=by).exists():
        raise MoveRefused(
            _("You no longer cover for %(name)s: what you did meanwhile is theirs to change now.") % {"name": lead.ae}
        )


def _value(field: str, code: Any) -> Any:
    """A code of history as the column holds it."""
    if isinstance(code, str) and isinstance(Lead._meta.get_field(field), models.DateTimeField):
        return parse_datetime(code)
    return code


def _due_in_pool(lead: Lead, due_at: Any) -> Any:
    """When it was due; but where a promise was given anew, as that says."""
    first_touch = Clock.objects.running().filter(lead=lead, kind=SLAClause.Kind.FIRST_TOUCH).first()
    if first_touch is None:
        return due_at
    step = lead.steps.open().order_by("due_at", "id").first()
    return min(first_touch.due_at, step.due_at) if step else first_touch.due_at


def _stage_in_use(pk: int) -> int:
    """The stage it stood in; where that was retired meanwhile, the one its leads went on in."""
    successors = dict(Stage.objects.filter(successor__isnull=False).values_list("pk", "successor_id"))
    while pk in successors:
        pk = successors[pk]
    return pk


def _must_be_untouched(lead: Lead, effects: dict[str, Any]) -> None:
    """LeadConflict when the manager has looked at it again, or the person is pursued anew: both are acts of others.
    What is over opens again for nobody who was erased meanwhile; of that, a closed lead has no line in its history."""
    looks = SecondLook.objects.filter(pk__in=effects.get("second_looks", []))
    if looks.exclude(state__in=[SecondLook.State.OPEN, SecondLook.State.EXPIRED]).exists():
        raise LeadConflict(_("Somebody has acted on this lead since; it cannot be taken back."))
    if lead.phase != Phase.CLOSED:
        return
    # Leads before people, as whatever opens or ends a pursuit locks them.
    person = Person.objects.select_for_update(no_key=True).get(pk=lead.person_id)
    if person.erased_at or person.merged_into_id:
        raise LeadConflict(_("This person is no longer with us; it cannot be taken back."))
    if Lead.objects.filter(Q(previous=lead.pk) | ~Q(phase=Phase.CLOSED) & Q(person=person)).exists():
        raise LeadConflict(_("There is another lead of this person by now; it cannot be taken back."))
    if Suppression.objects.filter(pk__in=effects.get("suppressions", []), source=PARTED).exists():
        raise LeadConflict(_("Two people were one when this was said, so it holds for both; it cannot be taken back."))


def _close_what_it_opened(event: LeadEvent, *, by: User | None, at: datetime) -> None:
    """The next pursuit that a lost deal opened asleep, the lead of somebody referred to: gone again if untouched."""
    ids = list(event.data.get("effects", {}).get("leads_opened", []))
    if event.verb == "lose":
        ids += Lead.objects.filter(previous=event.lead_id).values_list("pk", flat=True)
    for opened in lock_leads(ids):
        if opened.events.exclude(**ASIDE).count() > 1 or opened.phase == Phase.CLOSED:
            raise LeadConflict(_("What followed from it is being worked already."))
        Step.objects.open().filter(lead=opened).update(state=Step.State.CANCELLED, closed_at=at)
        Clock.objects.running().filter(lead=opened).update(state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None)
        Recycling.objects.filter(lead=opened, undone_at=None).update(undone_at=at)
        closed = alter(
            opened, "merge", to=Phase.CLOSED, by=by, at=at, closed_as=Lead.ClosedAs.MERGED, data={"because": "undo"}
        )
        write(opened, closed, sweep_at=None)
        # It never followed: the place behind the lead is free for the pursuit that will.
        Lead.objects.filter(pk=opened.pk).update(previous=None)


def _put_back(lead: Lead, event: LeadEvent, effects: dict[str, Any], *, by: User | None, at: datetime) -> None:
    if made := effects.get("steps_made"):
        Step.objects.open().filter(pk__in=made).update(state=Step.State.CANCELLED, closed_at=at)
    if closed := effects.get("steps_closed"):
        Step.objects.filter(pk__in=closed).update(state=Step.State.OPEN, closed_at=None)
    # An act that moved a step twice found it where it stood before the first time.
    for pk, was in reversed(effects.get("steps_moved", [])):
        Step.objects.filter(pk=pk).update(
            due_at=parse_datetime(was["due_at"]),
            snoozed=was["snoozed"],
            promised=was["promised"],
            local_due=parse_datetime(was["local_due"]) if was["local_due"] else None,
            zone=was["zone"],
            held_from=parse_datetime(was["held_from"]) if was["held_from"] else None,
        )
    for pk, user_id, *owner in effects.get("steps_assigned", []):
        Step.objects.filter(pk=pk).update(assignee_id=user_id, lent_from_id=owner[0] if owner else None)
    if started := effects.get("clocks_started"):
        Notice.objects.filter(clock__in=started).delete()
        Clock.objects.running().filter(pk__in=started).update(
            state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None
        )
    for pk, notice_at in effects.get("clocks_ended", []):
        # The act that stopped it is taken back, and so is the stop: only then does an ended clock run again.
        clock = Clock.objects.get(pk=pk)
        Clock.objects.running().filter(lead=lead, kind=clock.kind).update(
            state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None
        )
        if clock.due_at <= at and Clock.objects.filter(pk__in=effects.get("clocks_started", []), kind=clock.kind):
            # Its moment has passed while another promise stood in its place: a full one from now, as when a hold ends.
            worktime = KeptCalendars(at=at).of(clock.calendar_id)
            anew = start_clock(lead, clock.kind, calendar_id=clock.calendar_id, worktime=worktime, at=at)
            if anew is not None:
                anew.save(force_insert=True)
            continue
        clock.state, clock.ended_at, clock.missed_at = Clock.State.RUNNING, None, None
        clock.next_notice_at = (parse_datetime(notice_at) if notice_at else None) or clock.due_at
        clock.save(update_fields=["state", "ended_at", "missed_at", "next_notice_at"])
    _reverse_activities(effects.get("activities", []), by=by, at=at)
    if notes := effects.get("notes"):
        # Words of an act that did not happen are still the rep's words: they stay as a note of her own.
        Note.objects.filter(pk__in=notes).update(activity_id=None)
    if by is not None and (answers := effects.get("answers")):
        _reverse_answers(lead, answers, by=by, at=at)
    for pk in effects.get("hand_offs", []):
        HandOff.objects.filter(pk=pk).update(state=HandOff.State.UNDONE, outcome_at=at, sequence=F("sequence") + 1)
        # Whoever was lent it since was told by the tick.
        told = Notice.objects.filter(lead=lead, kind=Notice.Kind.HAND_OFF, at__gte=event.at, seen_at=None)
        told.delete()
    for pk, was in effects.get("hand_offs_were", []):
        _restore_hand_off(pk, was)
    Recycling.objects.filter(pk__in=effects.get("recyclings", [])).update(undone_at=at)
    for pk, wake_at in effects.get("wakes_were", []):
        Recycling.objects.filter(pk=pk).update(wake_at=parse_datetime(wake_at))
    SecondLook.objects.filter(pk__in=effects.get("second_looks", []), state=SecondLook.State.OPEN).update(
        state=SecondLook.State.UNDONE, decided_at=at, decided_by=by
    )
    # What somebody else, or another rep, has said since is hers to say no more: it bears the moment at which they did.
    Suppression.objects.filter(pk__in=effects.get("suppressions", []), at=event.at).delete()
    for pk, state, is_primary in effects.get("contact_points", []):
        _restore_contact_point(pk, state, is_primary=is_primary)


def _restore_contact_point(pk: int, state: str, *, is_primary: bool) -> None:
    """As it was, unless it was corrected to what another one says; but one that is the first by now stays the first."""
    point = ContactPoint.objects.filter(pk=pk).first()
    if point is None:
        return
    first = ContactPoint.objects.filter(person=point.person_id, kind=point.kind, is_primary=True).exclude(pk=pk)
    point.state, point.is_primary = state, is_primary and not first.exists()
    point.save(update_fields=["state", "is_primary"])


def _reverse_activities(ids: list[int], *, by: User | None, at: datetime) -> None:
    """Activities are append-only: a counter-row takes one back, and what counts touches passes both over."""
    Activity.objects.bulk_create(
        Activity(
            lead_id=one.lead_id, person_id=one.person_id, account_id=one.account_id, kind=one.kind, at=one.at, by=by,
            disposition_id=one.disposition_id, is_conversation=one.is_conversation, attempt=one.attempt,
            reverses=one.pk,
        )
        for one in Activity.objects.filter(pk__in=ids)
    )  # fmt: skip


def _reverse_answers(lead: Lead, ids: list[int], *, by: User, at: datetime) -> None:
    """The answer before it counts again, appended once more; without one, unknown."""
    for one in Answer.objects.filter(pk__in=ids):
        before = Answer.objects.filter(lead=lead, criterion=one.criterion_id, id__lt=min(ids)).order_by("-id").first()
        Answer.objects.create(
            lead=lead,
            criterion_id=one.criterion_id,
            value=before.value if before else Answer.Value.UNKNOWN,
            note_id=before.note_id if before else None,
            at=at,
            by=by,
        )


def _restore_hand_off(pk: int, was: dict[str, Any]) -> None:
    """As it stood, in every column that an act changes; who has its invitation gets a newer one."""
    HandOff.objects.filter(pk=pk).update(
        state=was["state"],
        ae_id=was["ae"],
        meeting_at=_moment(was["meeting_at"]),
        local_meeting=_moment(was["local_meeting"]),
        zone=was["zone"],
        minutes=was["minutes"],
        answered_at=_moment(was["answered_at"]),
        answered_by=was["answered_by"],
        reason=was["reason"],
        outcome_at=None,
        sequence=F("sequence") + 1,
    )


def _moment(code: str | None) -> datetime | None:
    return parse_datetime(code) if code else None
