"""What a rep decides about a lead: how ready she is, a meeting, sleep, the end; and taking the last act back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.actions.people import AlreadyKnown, add_person
from accounts.models import Person
from accounts.names import split_name
from leads.actions.answering import answer_criteria
from leads.actions.blocks import wait_in_block
from leads.actions.changing import LeadConflict, MoveRefused, lock_lead, parts_of
from leads.actions.closing import disqualify_lead
from leads.actions.handing import hand_off_lead, lock_for_booking
from leads.actions.last_act import NO_EVENT, last_act, last_event
from leads.actions.logging import log_and_go_on
from leads.actions.putting_back import effects_of
from leads.actions.recycling import recycle_lead
from leads.actions.sharing import shared_act_of, undo_shared
from leads.actions.undoing import undo_last
from leads.cadence import attempts_of
from leads.clocks import clause_for
from leads.forms.deciding import AnswersForm, DisqualifyForm, MeetingForm, RecycleForm, WithCall
from leads.free_times import clash, first_free
from leads.models import Lead, LeadEvent, SecondLook, SharedAct, Step
from leads.sentences import told
from leads.telling import both_clocks, new_moment
from leads.timeline import SHOWS, Timeline
from leads.views.access import visible_lead
from leads.views.lead import carry_out, show, what_happened
from leads.views.panels import make_form
from leads.waking import sentence, wake_day
from team.addresses import read_number
from team.http import Request, tell
from team.localtime import resolve
from team.models import User
from team.templatetags.midfield import clock_words, day_words, written_day


@require_POST
def answers(request: Request, public_id: UUID) -> HttpResponse:
    def act(lead: Lead, form: AnswersForm, now: datetime) -> str:
        answer_criteria(lead, answers=form.answers, by=request.user, at=now)
        return _("Answers kept: %(name)s.") % {"name": lead.person}

    return carry_out(request, public_id, "answers", act)


@require_POST
def hand_off(request: Request, public_id: UUID) -> HttpResponse:
    """Book a meeting, or hand off without one. With `?preview` it says what would follow."""
    if "preview" in request.GET:
        return _preview(request, public_id, "meeting", meeting_words)

    def act(lead: Lead, form: MeetingForm, now: datetime) -> str:
        ae, wall = form.cleaned_data["ae"], form.wall
        lock_for_booking(lead, ae=ae, by=request.user)
        taken = meets_already(ae, wall, form.cleaned_data["minutes"], now=now)
        if taken and not form.cleaned_data["anyway"]:
            form.is_taken = True
            raise MoveRefused(taken, field="meeting")
        booked = hand_off_lead(
            lead,
            ae=ae,
            by=request.user,
            at=now,
            meeting=wall,
            minutes=form.cleaned_data["minutes"],
            place=form.cleaned_data["place"],
            line=form.cleaned_data["line"],
            expect=_call_first(request, lead, form, now),
        )
        words = {"name": lead.person, "ae": ae, "moment": both_clocks(booked.meeting_at, booked.zone, now=now)}
        if booked.meeting_at is None:
            return _("Handed off: %(name)s to %(ae)s.") % words
        return _("Meeting booked: %(name)s with %(ae)s, %(moment)s.") % words

    return carry_out(request, public_id, "meeting", act)


@require_POST
def recycle(request: Request, public_id: UUID) -> HttpResponse:
    """To sleep, with the facts of its category. With `?preview` it says when it would come back."""
    if "preview" in request.GET:
        return _preview(request, public_id, "recycle", recycle_words)

    def act(lead: Lead, form: RecycleForm, now: datetime) -> str:
        expect = _call_first(request, lead, form, now)
        event = recycle_lead(
            lead,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=now,
            facts=form.facts,
            vendor=form.cleaned_data.get("vendor") or "",
            satisfaction=form.cleaned_data.get("satisfaction") or "",
            missing=form.cleaned_data.get("missing"),
            referred_to=_referred(form, by=request.user, at=now),
            note="" if form.cleaned_data["disposition"] else form.cleaned_data["note"],
            expect=expect,
        )
        wake_at = new_moment(event, "wake_at")
        words = {"name": lead.person, "day": written_day(timezone.localdate(wake_at)) if wake_at else ""}
        return _("Recycled: %(name)s. Back on %(day)s.") % words

    return carry_out(request, public_id, "recycle", act)


@require_POST
def disqualify(request: Request, public_id: UUID) -> HttpResponse:
    def act(lead: Lead, form: DisqualifyForm, now: datetime) -> str:
        expect = _call_first(request, lead, form, now)
        reason = form.cleaned_data["reason"]
        words = "" if form.cleaned_data["disposition"] else form.cleaned_data["note"]
        event = disqualify_lead(lead, reason=reason, by=request.user, at=now, note=words, expect=expect)
        said = _("Disqualified: %(name)s, %(reason)s.") % {"name": lead.person, "reason": str(reason.label).lower()}
        looks = event.data.get("effects", {}).get("second_looks")
        due_at = SecondLook.objects.filter(pk__in=looks).values_list("due_at", flat=True).first() if looks else None
        if due_at:
            said += " " + _("The manager may put it back until %(day)s.") % {
                "day": day_words(due_at, now=now, midline=True)
            }
        return said

    return carry_out(request, public_id, "disqualify", act)


@require_POST
def undo(request: Request, public_id: UUID) -> HttpResponse:
    """Take the last act back: from the line that told it, or as Correct from the history.

    Both name what they offered to take back; where another act came between, or nothing is named, it is a conflict.
    It goes back to the kind of history that it was pressed in.
    """
    event_id = read_number(request.POST.get("event", "")) or NO_EVENT
    lead, now = _seen_or_done(request, public_id, event_id), timezone.now()
    acts = last_act(lead, event_id)
    refused = ""
    try:
        if acts and acts[0].pk == event_id:
            _must_be_in_the_house(lead, acts)
        shared = shared_act_of(acts[0] if acts else None, verb=SharedAct.Verb.CALL)
        if shared and acts[0].pk == event_id:
            # One call that was about several is taken back from all of them.
            wait_in_block(undo_shared(shared, by=request.user, at=now).leads, by=request.user)
        else:
            undo_last(lead, by=request.user, at=now, event_id=event_id)
            wait_in_block([lead], by=request.user)
    except (LeadConflict, MoveRefused) as conflict:
        refused = str(conflict)
    else:
        what = "; ".join(told(event, lead, reader=request.user.pk, now=now) for event in reversed(acts))
        said = _("%(name)s is as before. Taken back: %(what)s.") % {"name": lead.person, "what": what}
        tell(request, " ".join(filter(None, [said, _left_meanwhile(lead, acts)])))
    if not Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists():
        if refused:
            tell(request, refused, level=messages.WARNING)
        return redirect("leads:queue")
    if refused:
        words = f"{refused} {what_happened(request, lead, now)}".strip()
        return show(request, public_id, now=now, conflict=words, status=409)
    here, kind = reverse("leads:lead", args=[public_id]), request.GET.get("show", "")
    return redirect(f"{here}?show={kind}" if kind in SHOWS else here)


def _must_be_in_the_house(lead: Lead, acts: Sequence[LeadEvent]) -> None:
    """MoveRefused of a letter that has left, or may have."""
    if any(one.has_left(acts) for one in Timeline(lead, []).above):
        raise MoveRefused(_("The letter has left the house: it cannot be taken back, and stays an attempt."))


def _left_meanwhile(lead: Lead, acts: Sequence[LeadEvent]) -> str:
    """Who is asleep no more, or stands at a step again, may have been written to meanwhile: what has left stays with
    her."""
    closed = [pk for event in acts for pk in effects_of(event).get("steps_closed", [])]
    stands_again = Step.objects.filter(pk__in=closed, made_by=Step.MadeBy.FLOW)
    if not (any(event.verb == "recycle" for event in acts) or (closed and stands_again.exists())):
        return ""
    subjects = [subject for one in Timeline(lead, []).above for subject in one.left_since(acts[-1].at)]
    if not subjects:
        return ""
    said = ngettext(
        "A letter had left by then: %(subjects)s.", "%(count)s letters had left by then: %(subjects)s.", len(subjects)
    )
    quoted = ", ".join(_("“%(words)s”") % {"words": subject} for subject in subjects)
    return said % {"count": len(subjects), "subjects": quoted}


def _seen_or_done(request: Request, public_id: UUID, event_id: int) -> Lead:
    """The lead if she sees it, or did the last thing to it, or what she takes back, wherever it went then; else 404,
    and 403 for whoever only looks on."""
    lead = Lead.objects.select_related("person").filter(public_id=public_id).first()
    if lead is None:
        raise Http404
    last = [last_event(lead), *last_act(lead, event_id)[:1]]
    if any(one and one.by_id == request.user.pk for one in last) and request.user.held:
        return lead
    seen = visible_lead(request, public_id)
    if not parts_of(request.user, seen) - {"system"}:
        raise PermissionDenied
    return seen


def meeting_words(lead: Lead, form: MeetingForm, user: User, now: datetime) -> str:
    """What follows from booking this: the moment on both clocks, by when the AE answers, whom else she meets then."""
    ae = form.cleaned_data.get("ae")
    if ae is None:
        return ""
    said = []
    wall = form.wall
    if wall:
        said.append(both_clocks(resolve(*wall), wall[1], now=now))
        if taken := meets_already(ae, wall, form.cleaned_data.get("minutes") or 30, now=now):
            said.append(taken)
    clause = clause_for("response", version_id=lead.agreement_id, lane=lead.lane, tier=lead.tier)
    hours = round((clause.minutes if clause else 480) / 60)
    if ae == user:
        said.append(_("yours at once, accepted"))
    else:
        words = {"ae": ae.get_short_name(), "hours": hours}
        said.append(
            ngettext(
                "%(ae)s answers within %(hours)s working hour", "%(ae)s answers within %(hours)s working hours", hours
            )
            % words
        )
    return "; ".join(said)


def meets_already(ae: User, wall: tuple[datetime, str] | None, minutes: int, *, now: datetime) -> str:
    """Whom the AE meets at that time already, and when she is free, in words; empty when she is free then."""
    if wall is None:
        return ""
    begins = resolve(*wall)
    other, free_at = clash(ae, begins, minutes)
    if other is None or other.meeting_at is None:
        return ""
    free_at = timezone.localtime(first_free(ae, free_at, minutes, zone=wall[1], at=now))
    is_same_day = free_at.date() == timezone.localtime(begins).date()
    words = {
        "ae": ae.get_short_name(),
        "name": other.lead.person,
        "clock": clock_words(timezone.localtime(other.meeting_at)),
        "free": clock_words(free_at),
        "day": day_words(free_at, now=now, midline=True),
    }
    if is_same_day:
        return _("%(ae)s meets %(name)s at %(clock)s then, and is free at %(free)s") % words
    return _("%(ae)s meets %(name)s at %(clock)s then, and is free %(day)s at %(free)s") % words


def recycle_words(lead: Lead, form: RecycleForm, user: User, now: datetime) -> str:
    """When it comes back and why then; and whether its cadence has not ended."""
    rule = form.rule
    if rule is None:
        return ""
    for name in ("wake_on", "contract_end", "notice_days"):
        if name in form.errors:
            return f"{form[name].label}: {form.errors[name][0]}"
    day, why = wake_day(rule, form.facts, today=form.today), sentence(rule, form.facts, today=form.today)
    said = _("Back on %(day)s: %(why)s") % {"day": written_day(day), "why": why}
    planned = attempts_of(lead.cadence_id) if lead.cadence_id else ()
    if rule.category == rule.Category.UNRESPONSIVE and lead.attempts < len(planned):
        words = {"next": lead.attempts + 1, "all": len(planned)}
        said += "; " + _("the cadence has not ended: attempt %(next)s of %(all)s is next") % words
    return said


def _preview(request: Request, public_id: UUID, panel: str, words: Any) -> HttpResponse:
    """What would follow from a form as it stands, before it is sent. A POST, so that no word of it stands in a log."""
    now = timezone.now()
    lead = visible_lead(request, public_id)
    form = make_form(panel, lead, user=request.user, now=now, data=request.POST)
    form.is_valid()
    then = words(lead, form, request.user, now)
    return render(request, f"leads/_form_{panel}.html#then", {"then": then, "lead": lead, "form": form})


def _call_first(request: Request, lead: Lead, form: WithCall, now: datetime) -> int | None:
    """Log the call that led here, in the same transaction. Returns the version that the next act may still expect."""
    disposition, expect = form.cleaned_data["disposition"], form.cleaned_data["version"]
    if disposition is None:
        return expect if isinstance(expect, int) else None
    lock_lead(lead, expect=expect)
    log_and_go_on(lead, disposition=disposition, by=request.user, at=now, note=form.cleaned_data["note"])
    return None


def _referred(form: RecycleForm, *, by: User, at: datetime) -> Person | None:
    """The one who was named, found by her address or written down."""
    address = form.cleaned_data.get("referred_email")
    if not address:
        return None
    given, family = _names(form.cleaned_data.get("referred_name") or "")
    try:
        return add_person(given_name=given, family_name=family, email_address=address, source="referral", by=by, at=at)
    except AlreadyKnown as known:
        return known.person


def _names(full: str) -> tuple[str, str]:
    name = split_name(full)
    return name.given, name.family
