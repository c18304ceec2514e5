"""Who comes back when; to wake one now, or choose another day."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.recycling import change_wake, wake_lead
from leads.actions.rewaking import notice_until
from leads.forms.coming_back import ComingBackForm, WakeOnForm
from leads.returning import CATEGORIES, Narrowed, returning_to, views_for
from leads.views.access import need_role, workable_lead
from team.actions.submitting import SentBefore, answered, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role, Team
from team.templatetags.midfield import written_day


@require_GET
@never_cache
def coming_back(request: Request) -> HttpResponse:
    need_role(request, Role.BDR, Role.MANAGER, Role.AE)
    now = timezone.now()
    form = ComingBackForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    category, after = asked.get("category", ""), asked.get("after", "")
    narrowed = _narrowed(request, asked)
    context = {
        "views": views_for(request.user, "coming_back"),
        "narrowed": narrowed,
        "may_move": narrowed.day and narrowed.team and narrowed.team.pk in request.user.teams_as(Role.MANAGER),
        "now": now,
        "category": category,
        "after": after,
        "categories": CATEGORIES,
        "returning": returning_to(request.user, category=category, after=after, at=now, narrowed=narrowed),
        "form_id": new_form_id(),
    }
    return render(request, "leads/coming_back.html", context)


def _narrowed(request: Request, asked: dict[str, Any]) -> Narrowed:
    """A day of the calendar and whose; what is not hers to see narrows nothing."""
    teams = Team.objects.filter(pk__in=request.user.teams_as(Role.BDR, Role.MANAGER)).select_related("calendar")
    team = teams.filter(pk=asked["team"]).first() if asked.get("team") else None
    rep = asked.get("rep") or ""
    return Narrowed(team, 0 if rep == "pool" else int(rep) if rep else None, asked.get("day"))


@require_http_methods(["GET", "POST"])
@never_cache
def wake(request: Request, public_id: UUID) -> HttpResponse:
    """Back today: the next pursuit begins, reserved for who knew her. Asked before, as nothing takes it back."""
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    lead = workable_lead(request, public_id)
    if request.method == "GET":
        if lead.phase != Phase.NURTURE:
            return redirect("leads:lead", public_id)
        return render(request, "leads/wake.html", {"now": now, "lead": lead, "form_id": new_form_id()})
    try:
        with transaction.atomic():
            submit_once(form_id, by=request.user, at=now)
            woken = wake_lead(lead, by=request.user, at=now)
            url = reverse("leads:lead", args=[woken.public_id])
            answered(form_id, answer_url=url)
    except SentBefore as before:
        return redirect(before.answer_url or "leads:coming_back")
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect("leads:coming_back")
    tell(request, _("%(name)s is back.") % {"name": lead.person})
    return redirect(url)


@require_http_methods(["GET", "POST"])
def wake_on(request: Request, public_id: UUID) -> HttpResponse:
    """Another day, on a page of its own that works without JavaScript too."""
    now = timezone.now()
    lead = workable_lead(request, public_id)
    form = WakeOnForm(
        request.POST or None, initial={"wake_on": timezone.localdate(lead.wake_at) if lead.wake_at else None}
    )
    conflict, last = "", notice_until(lead, at=now)
    if request.method == "POST" and form.is_valid() and _is_meant(form, last):
        back = reverse("leads:coming_back")
        try:
            with transaction.atomic():
                submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=back)
                event = change_wake(lead, wake_on=form.cleaned_data["wake_on"], by=request.user, at=now)
        except SentBefore:
            return redirect(back)
        except MoveRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        except LeadConflict as lost:
            conflict = str(lost)
        else:
            lead.refresh_from_db()
            said = {"name": lead.person, "day": written_day(timezone.localdate(lead.wake_at or now))}
            undo = reverse("leads:undo", args=[public_id])
            tell(request, _("%(name)s comes back on %(day)s.") % said, undo=undo, event=event.pk)
            return redirect(back)
    context = {"now": now, "lead": lead, "form": form, "conflict": conflict, "form_id": new_form_id()}
    context["last"] = written_day(last) if last else ""
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "leads/wake_on.html", context, status=status)


def _is_meant(form: WakeOnForm, last: date | None) -> bool:
    """Whether the day is in time for the notice of a contract, or chosen all the same."""
    form.is_late = last is not None and form.cleaned_data["wake_on"] > last
    if last is None or not form.is_late or form.cleaned_data["anyway"]:
        return True
    said = _("Notice of their contract can be given until %(last)s: this day is too late for it.")
    form.add_error("wake_on", said % {"last": written_day(last)})
    return False
