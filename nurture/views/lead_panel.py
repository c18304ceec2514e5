"""The track or play of one lead: a page of its own, which the page of the lead loads in place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.planning import planned_by_flow
from leads.models import Lead, Step
from leads.views.access import can_work, visible_lead
from nurture.actions.absences import end_absence
from nurture.actions.enrolling import enrol, pause, resume, skip, take_out
from nurture.following import ended_words, following_of
from nurture.knowing import People
from nurture.models import Enrolment, Track
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_uuid
from team.http import Request, tell
from team.templatetags.midfield import moment_words

logger = structlog.get_logger(__name__)

ACTS = {"pause": pause, "resume": resume, "skip": skip, "take_out": take_out}


@require_GET
@never_cache
@vary_on_headers("HX-Request")
def lead_panel(request: Request, public_id: UUID) -> HttpResponse:
    return _panel(request, visible_lead(request, public_id))


@require_POST
def lead_act(request: Request, public_id: UUID) -> HttpResponse:
    """Enrol, pause, go on, skip, take out, or that they are back: what was sent names it."""
    now, lead = timezone.now(), visible_lead(request, public_id)
    if not can_work(lead):
        raise PermissionDenied
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now)
            words = _act(request, lead, at=now)
    except SentBefore:
        words = ""
    except (LeadConflict, MoveRefused) as refused:
        return _refused(request, lead, str(refused))
    except OperationalError:
        # Something else is written down about them for longer than anybody is let wait.
        logger.warning("track_act_not_kept", lead=lead.pk, exc_info=True)
        return _refused(request, lead, _("That could not be kept just now. Please try again in a moment."))
    if words:
        tell(request, words)
    # Where the panel stands in the page of the lead, its next step and its history have changed, too.
    return redirect("leads:lead" if request.htmx else "nurture:lead_panel", public_id)


def _refused(request: Request, lead: Lead, words: str) -> HttpResponse:
    if request.htmx:
        return _panel(request, lead, refusal=words)
    tell(request, words, level=messages.WARNING)
    return redirect("nurture:lead_panel", lead.public_id)


def _act(request: Request, lead: Lead, *, at: datetime) -> str:
    does = request.POST.get("does", "")
    if does == "enrol":
        asked = read_uuid(request.POST.get("track", ""))
        track = Track.objects.running().filter(public_id=asked).first() if asked else None
        if track is None:
            raise MoveRefused(_("Choose one of the list."))
        begun = enrol(lead.person, track=track, by=request.user, at=at)
        return _with_next(ended_words(begun) or _("“%(track)s” has begun.") % {"track": track}, lead, at=at)
    if does == "back":
        if not end_absence(lead.person_id, by=request.user, at=at):
            raise LeadConflict(_("This has changed meanwhile: look at it again."))
        return _("They are back: what waited for them goes on.")
    act = ACTS.get(does)
    hers = Enrolment.objects.under_way().filter(Q(lead=lead) | Q(lead=None), person=lead.person_id)
    one = hers.select_related("track").first()
    if act is None or one is None or str(one.public_id) != request.POST.get("enrolment", ""):
        raise LeadConflict(_("This has changed meanwhile: look at it again."))
    done = act(one, by=request.user, at=at)
    said = {
        "pause": _("“%(track)s” is paused."),
        "resume": _("“%(track)s” goes on."),
        "skip": _("Left out: “%(track)s” goes on with what follows."),
        "take_out": _("“%(track)s” has ended for them."),
    }
    return _with_next(ended_words(done) or said[does] % {"track": one.track}, lead, at=at)


def _with_next(said: str, lead: Lead, *, at: datetime) -> str:
    """With when the step comes that was planned, also where the lead was due then before, as whoever cannot be called
    yet or waits for a meeting is; and which attempt it stands in place of."""
    event = planned_by_flow(lead, at=at)
    if event is None:
        return said
    planned = Step.objects.filter(pk=event.data["planned"]).first()
    following = _("Next %(moment)s.") % {"moment": moment_words(planned.due_at, now=at)} if planned else ""
    number = event.data.get("in_place_of")
    instead = _("It stands in place of attempt %(number)s.") % {"number": number} if number else ""
    return " ".join(filter(None, (said, following, instead)))


def _panel(request: Request, lead: Lead, *, refusal: str = "") -> HttpResponse:
    now = timezone.now()
    context = {
        "now": now,
        "lead": lead,
        "found": following_of(lead, reader=request.user, at=now),
        "works": can_work(lead),
        "may_write_to": People([lead.person_id], at=now).may_be_written_to(lead.person_id),
        "form_id": new_form_id(),
        "refusal": refusal,
    }
    template = "nurture/lead_panel.html#panel" if request.htmx else "nurture/lead_panel.html"
    return render(request, template, context, status=409 if refusal else 200)
