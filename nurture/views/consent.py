"""What the person of a lead agreed to, and which mail needs it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from leads.actions.changing import MoveRefused
from leads.models import Consent, Lead
from leads.views.access import can_work, need_role, visible_lead
from nurture.actions.consenting import note_consent
from nurture.actions.resubscribing import come_back, may_come_back
from nurture.actions.switching import change_rules
from nurture.consents import choices_of, said_by_person
from nurture.forms.consent import ConsentForm
from nurture.models import MailRules, Message
from nurture.wishes import Wishes
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role, User


@require_http_methods(["GET", "POST"])
@never_cache
@vary_on_headers("HX-Request")
def lead_consent(request: Request, public_id: UUID) -> HttpResponse:
    """All she said, the newest first; whoever works her notes what she hears. A page of its own, which the page of the
    lead loads in place."""
    lead, at = visible_lead(request, public_id), timezone.now()
    works = can_work(lead)
    if request.method == "POST" and not works:
        raise PermissionDenied
    form = _form(lead, request.POST if request.method == "POST" else None, at=at)
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                submit_once(request.POST.get("form_id", ""), by=request.user, at=at)
                _note(lead, form, by=request.user, at=at)
            tell(request, _("Noted."), drafts=[f"consent-{lead.public_id}"])
            return _answer(request, lead, _form(lead, None, at=at), works=works, at=at)
        except SentBefore:
            return _answer(request, lead, _form(lead, None, at=at), works=works, at=at)
        except MoveRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return _panel(request, lead, form, works=works, at=at)


def _form(lead: Lead, data: Any, *, at: datetime) -> ConsentForm:
    return ConsentForm(data, at=at, may_come_back=may_come_back(lead.person))


def _note(lead: Lead, form: ConsentForm, *, by: User, at: datetime) -> None:
    said = form.values()
    if form.asks_again:
        come_back(lead.person, said_at=said["said_at"], evidence=said["evidence"], by=by, at=at)
    else:
        note_consent(lead.person, **said, source=Consent.Source.BY_HAND, by=by, at=at)


def _answer(request: Request, lead: Lead, form: ConsentForm, *, works: bool, at: datetime) -> HttpResponse:
    """Once it is noted: what she said, with that."""
    if request.htmx:
        return _panel(request, lead, form, works=works, at=at)
    return redirect("nurture:lead_consent", lead.public_id)


def _panel(request: Request, lead: Lead, form: ConsentForm, *, works: bool, at: datetime) -> HttpResponse:
    wishes = Wishes([lead.person_id])
    context = {
        "lead": lead,
        "form": form,
        "works": works,
        "said": said_by_person(lead.person_id),
        "is_silent": wishes.wants_no_mail(lead.person_id),
        "asked_for": wishes.chosen(lead.person_id, at=at).phrases,
        "may_come_back": may_come_back(lead.person),
        "tracks_may": not wishes.lacks_every_consent(lead.person_id),
        "reps_may": not wishes.lacks_every_consent(lead.person_id, kind=Message.Kind.BY_HAND),
        "form_id": (form.is_bound and request.POST.get("form_id")) or new_form_id(),
        "now": at,
    }
    template = "nurture/lead_consent.html#panel" if request.htmx else "nurture/lead_consent.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@never_cache
def consent_rule(request: Request) -> HttpResponse:
    """Which mail goes only to whom has agreed, with how many each answer leaves before it is chosen."""
    need_role(request, Role.ADMIN)
    if request.method == "POST":
        chosen = request.POST.get("consent_for", "")
        if chosen in MailRules.ConsentFor.values:
            change_rules({"consent_for": chosen}, by=request.user, at=timezone.now())
            messages.success(request, _("Kept. It holds for the next message."))
            return redirect("nurture:mail")
    choices, reached = choices_of(MailRules.objects.get(pk=1))
    context = {"choices": choices, "reached": reached, "refused": request.method == "POST"}
    return render(request, "nurture/consent_rule.html", context, status=422 if request.method == "POST" else 200)
