"""What is held of somebody, all of it as a file, and forgetting it. For admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Person
from leads.actions.changing import MoveRefused
from leads.actions.importing import KEEP_DAYS
from leads.actions.merging import rows_of
from leads.views.access import need_role
from nurture.actions.erasing import forget_person
from nurture.actions.unnaming import places_elsewhere
from nurture.forms.erasing import EraseForm
from nurture.held import export_of, held_of, kept
from nurture.named import named
from team.actions.auditing import note_audit
from team.http import Request
from team.models import AuditEntry, Role


@require_GET
@never_cache
def held(request: Request, public_id: UUID) -> HttpResponse:
    person = _found(request, public_id)
    if person.merged_into_id and not person.erased_at:
        return redirect("nurture:held", _kept_row(person).public_id)
    return _page(request, person, EraseForm(name=str(person)))


@require_POST
def held_export(request: Request, public_id: UUID) -> HttpResponse:
    """Everything, as a zip; that somebody took it is noted."""
    person = _found(request, public_id)
    file = export_of(held_of([row.pk for row in rows_of(person)]))
    about = {"about": Person._meta.label, "about_id": str(person.public_id)}
    note_audit(AuditEntry.Verb.EXPORT, by=request.user, at=timezone.now(), **about)
    headers = {
        "Content-Disposition": f'attachment; filename="person-{person.public_id}.zip"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(file, content_type="application/zip", headers=headers)


@require_http_methods(["GET", "POST"])
@never_cache
def erase(request: Request, public_id: UUID) -> HttpResponse:
    """Nothing takes it back, so that it is typed."""
    person = _found(request, public_id)
    if request.method == "GET" or person.erased_at:
        return redirect("nurture:held", public_id)
    form = EraseForm(request.POST, name=str(person))
    if not form.is_valid():
        return _page(request, person, form, status=422)
    try:
        found = forget_person(person, because=form.cleaned_data["because"], by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.warning(request, str(refused))
        return redirect("nurture:held", public_id)
    elsewhere = ngettext("%(count)s place elsewhere", "%(count)s places elsewhere", found) % {"count": found}
    messages.success(request, _("They are forgotten, and taken out of %(places)s.") % {"places": elsewhere})
    return redirect("nurture:held", public_id)


def _found(request: Request, public_id: UUID) -> Person:
    need_role(request, Role.ADMIN)
    return get_object_or_404(Person, public_id=public_id)


def _kept_row(person: Person) -> Person:
    while person.merged_into:
        person = person.merged_into
    return person


def _page(request: Request, person: Person, form: EraseForm, *, status: int = 200) -> HttpResponse:
    found = held_of([row.pk for row in rows_of(person)])
    about = {"verb": AuditEntry.Verb.ERASED, "about_id": str(person.public_id)}
    who = named([row.pk for row in rows_of(person)])
    context: dict[str, Any] = {
        "person": person,
        "form": form,
        "kept": kept(found),
        "who": who,
        "elsewhere": 0 if person.erased_at else len(places_elsewhere(who, found)),
        "erased": AuditEntry.objects.filter(**about).select_related("by").order_by("number").first(),
        "reasons": dict(AuditEntry.ErasedFor.choices),
        "keep_days": KEEP_DAYS,
        "lead": person.leads.order_by("-pk").first(),
    }
    if context["erased"]:
        context["because"] = context["reasons"].get(context["erased"].detail, "")
    return render(request, "nurture/held.html", context, status=status)
