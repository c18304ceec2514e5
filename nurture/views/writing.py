"""A rep writes to the person of a lead, with what the library has for her."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.actions.changing import LeadConflict, MoveRefused
from leads.views.access import workable_lead
from nurture.actions.planning import preview_of, write_message
from nurture.forms.mail import WriteForm
from nurture.letter import body_of
from nurture.recipients import points_of
from nurture.suggesting import fitting_for, sendable_to
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request


@require_http_methods(["GET", "POST"])
def write(request: Request, public_id: UUID) -> HttpResponse:
    lead = workable_lead(request, public_id)
    at = timezone.now()
    assets = sendable_to(lead, at=at)
    if request.method == "POST":
        form = WriteForm(request.POST, assets=assets)
    else:
        form = WriteForm(assets=assets, initial={"asset": request.GET.get("asset", "")})
    preview = None
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            said = {name: form.cleaned_data[name] for name in ("subject", "text", "asset")}
            try:
                if request.POST.get("do") == "preview":
                    subject, text = preview_of(lead, **said, by=request.user, at=at)
                    # Cleaned by nh3.
                    preview, status = (subject, mark_safe(body_of(text))), 200  # noqa: S308 # nosec B308 B703
                else:
                    with transaction.atomic():
                        submit_once(request.POST.get("form_id", ""), by=request.user, at=at)
                        write_message(lead, **said, by=request.user, at=at)
                    messages.success(request, _("Written to %(name)s: it goes out now.") % {"name": lead.person})
                    return redirect("leads:lead", public_id)
            except SentBefore:
                return redirect("leads:lead", public_id)
            except LeadConflict as conflict:
                form.add_error(None, str(conflict))
                status = 409
            except MoveRefused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    point = points_of([lead.person_id]).get(lead.person_id)
    context = {
        "lead": lead,
        "form": form,
        "preview": preview,
        "fitting": [] if preview else fitting_for(lead, at=at).select_related("topic")[:8],
        "address": point.value if point else "",
        "form_id": request.POST.get("form_id") or new_form_id(),
    }
    return render(request, "nurture/write.html", context, status=status)
