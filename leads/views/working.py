"""A rep's work on a lead: calls, touches, notes, the next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from agreement.models import StepKind, in_use_for
from leads.actions import logging as actions
from leads.actions.blocks import work_in_block
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.knowing import must_be_called
from leads.actions.planning import flow_of_step
from leads.actions.switchboard import log_about
from leads.after_call import after_step_of_play
from leads.forms.working import CallForm, DoneForm, NoteForm, StepForm, TouchForm
from leads.models import Lead, LeadEvent, Step
from leads.sentences import call_words
from leads.telling import new_moment
from leads.views.access import visible_lead, workable_lead
from leads.views.lead import carry_out, show, what_happened
from leads.views.panels import make_form
from team.http import Request
from team.templatetags.midfield import moment_words


@require_POST
def log_call(request: Request, public_id: UUID) -> HttpResponse:
    """A digit logs a call; a disposition that goes on with a form opens that form with what was typed.

    With `?preview` it says on both clocks when a call back would be.
    """
    now = timezone.now()
    lead = visible_lead(request, public_id)
    sent = make_form("call", lead, user=request.user, now=now, data=request.POST)
    if "preview" in request.GET:
        return HttpResponse(escape(sent.call_back_words(now)))
    if sent.is_valid() and (panel := sent.goes_on_with):
        lead = workable_lead(request, public_id)
        if sent.sent_version not in (None, lead.version):
            # Before she fills in a form of several fields.
            happened = what_happened(request, lead, now)
            return show(request, public_id, now=now, panel="call", form=sent, conflict=happened, status=409)
        disposition = sent.cleaned_data["disposition"]
        try:
            must_be_called(lead, disposition)
        except MoveRefused as refused:
            sent.add_error(None, str(refused))
            return show(request, public_id, now=now, panel="call", form=sent, status=422)
        initial: dict[str, Any] = {"disposition": disposition.pk, "note": sent.cleaned_data["note"]}
        if disposition.reason:
            initial["reason"] = in_use_for(disposition.reason).pk
        form = make_form(panel, lead, user=request.user, now=now, initial=initial)
        return show(request, public_id, now=now, panel=panel, form=form)

    def act(lead: Lead, form: CallForm, now: datetime) -> str:
        disposition = form.cleaned_data["disposition"]
        about = form.cleaned_data["about"]
        said = {"disposition": disposition, "note": form.cleaned_data["note"], "call_back": form.promised}
        others = log_about(lead, about, by=request.user, at=now, **said) if about else []
        event = actions.log_call(lead, by=request.user, at=now, expect=form.cleaned_data["version"], **said)
        for other in others:
            work_in_block(other, by=request.user, at=now)
        name = (
            ngettext("%(name)s and %(more)s more", "%(name)s and %(more)s more", len(others)) if others else "%(name)s"
        )
        name %= {"name": lead.person, "more": len(others)}
        words = {
            "label": call_words(str(disposition.label), disposition.follows),
            "name": name,
            "next": _next(event, now),
        }
        return _("%(label)s: %(name)s. %(next)s") % words

    return carry_out(request, public_id, "call", act, sent=(lead, sent))


@require_POST
def log_touch(request: Request, public_id: UUID) -> HttpResponse:
    def act(lead: Lead, form: TouchForm, now: datetime) -> str:
        event = actions.log_touch(
            lead,
            kind=form.cleaned_data["kind"],
            by=request.user,
            at=now,
            note=form.cleaned_data["note"],
            expect=form.cleaned_data["version"],
        )
        label = dict(form.fields["kind"].choices)[form.cleaned_data["kind"]]  # type: ignore[attr-defined]
        return _("%(label)s logged: %(name)s. %(next)s") % {
            "label": label, "name": lead.person, "next": _next(event, now),
        }  # fmt: skip

    return carry_out(request, public_id, "touch", act)


@require_POST
def note(request: Request, public_id: UUID) -> HttpResponse:
    def act(lead: Lead, form: NoteForm, now: datetime) -> str:
        actions.add_note(lead, text=form.cleaned_data["text"], by=request.user, at=now)
        return _("Note kept: %(name)s.") % {"name": lead.person}

    return carry_out(request, public_id, "note", act)


@require_POST
def set_step(request: Request, public_id: UUID) -> HttpResponse:
    """Another next step, or with no kind chosen the same one later."""

    def act(lead: Lead, form: StepForm, now: datetime) -> str:
        kind, due, seen = (form.cleaned_data[name] for name in ("kind", "moment", "seen"))
        if kind:
            title, flow = form.cleaned_data["title"], flow_of_step(lead)
            event = actions.set_step(lead, kind=kind, by=request.user, at=now, due=due, title=title, seen=seen)
            label = StepKind(kind).label
            said = _("%(what)s: %(name)s. %(next)s") % {"what": label, "name": lead.person, "next": _next(event, now)}
            waits = _("“%(flow)s” waits until you let it go on.") % {"flow": flow} if flow else ""
            return f"{said} {waits}".strip()
        event = actions.snooze_step(lead, by=request.user, at=now, until=due, seen=seen)
        return _("Snoozed: %(name)s. %(next)s") % {"name": lead.person, "next": _next(event, now)}

    return carry_out(request, public_id, "step", act)


@require_POST
def finish_step(request: Request, public_id: UUID) -> HttpResponse:
    def act(lead: Lead, form: DoneForm, now: datetime) -> str:
        step = Step.objects.filter(lead=lead, pk=form.cleaned_data["step"]).first()
        if step is None:
            raise LeadConflict(_("This step is done already."))
        event = actions.finish_step(lead, step=step, by=request.user, at=now)
        return _("Done: %(name)s. %(next)s") % {"name": lead.person, "next": _next(event, now)}

    return carry_out(request, public_id, "done", act)


def _next(event: LeadEvent, now: datetime) -> str:
    """When the lead is due next, as the act has left it; after a step of a play, what that asks for next."""
    if following := after_step_of_play(event, at=now):
        return f"{following}."
    due_at = new_moment(event, "due_at")
    return _("Next %(moment)s.") % {"moment": moment_words(due_at, now=now)} if due_at else ""
