"""A person and her lead by hand."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.companies import meet_company
from accounts.actions.people import AlreadyKnown, add_person
from accounts.models import Person
from accounts.normalise import BadValue
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.entering import add_lead
from leads.finding import find_person
from leads.forms.people import PersonForm
from leads.models import Lead
from team.actions.submitting import SentBefore, answered, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role

DRAFT = "person-new"


@require_http_methods(["GET", "POST"])
def person_new(request: Request) -> HttpResponse:
    """Somebody new, and a lead that is hers at once. An address we know leads to the person who has it."""
    teams = request.user.teams_as(Role.BDR, Role.MANAGER)
    if not teams:
        raise PermissionDenied
    form = PersonForm(
        request.POST or None,
        user=request.user,
        teams=teams,
        initial={name: request.GET.get(name, "")[:200] for name in ("name", "company")},
    )
    context: dict[str, object] = {"form": form, "draft": DRAFT}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return _add(request, form)
            except SentBefore as before:
                return redirect(before.answer_url or "leads:queue")
            except AlreadyKnown as known:
                context["known"] = find_person(known.person, by=request.user)
                status = 409
            except (BadValue, MoveRefused, LeadConflict) as refused:
                form.add_error(None, str(refused))
        status = 422 if form.errors else status
    context["form_id"] = new_form_id()
    return render(request, "leads/person_new.html", context, status=status)


@require_POST
def lead_new(request: Request, public_id: UUID) -> HttpResponse:
    """A lead for somebody we know who has none open: one click from search."""
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    if not request.user.teams_as(Role.BDR, Role.MANAGER):
        raise PermissionDenied
    person = get_object_or_404(Person, public_id=public_id, merged_into=None, erased_at=None)
    try:
        with transaction.atomic():
            submit_once(form_id, by=request.user, at=now)
            lead = add_lead(person, by=request.user, at=now)
            url = reverse("leads:lead", args=[lead.public_id])
            answered(form_id, answer_url=url)
    except SentBefore as before:
        return redirect(before.answer_url or "leads:queue")
    except (LeadConflict, MoveRefused) as refused:
        mine = Lead.objects.visible_to(request.user).open().filter(person=person).first()
        tell(request, str(refused), level=messages.WARNING)
        return redirect("leads:lead", mine.public_id) if mine else redirect("leads:search")
    tell(request, _("%(name)s is a lead of yours now.") % {"name": person}, drafts=[DRAFT])
    return redirect(url)


@transaction.atomic
def _add(request: Request, form: PersonForm) -> HttpResponse:
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    submit_once(form_id, by=request.user, at=now)
    read = form.cleaned_data
    host = form.parsed_email.domain if form.parsed_email else ""
    person = add_person(
        given_name=form.parsed_name.given,
        family_name=form.parsed_name.family,
        email_address=read["email"],
        phone_number=read["phone"],
        account=meet_company(read["company"], host=host, by=request.user, at=now),
        title=read["title"],
        source=_("by hand"),
        by=request.user,
        at=now,
    )
    lead = add_lead(person, by=request.user, at=now, team=read.get("team"))
    url = reverse("leads:lead", args=[lead.public_id])
    answered(form_id, answer_url=url)
    tell(request, _("%(name)s is a lead of yours now.") % {"name": person}, drafts=[DRAFT])
    return redirect(url)
