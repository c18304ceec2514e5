"""Many leads at once: spread over who is here, or put to sleep; each with a look beforehand."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.moving import MANY_MAX, Moved
from leads.actions.recycling_many import recycle_leads, sort_out_sleepers
from leads.actions.spreading import newcomers_of, plan_spread, shares_of, spread_leads
from leads.forms.team import ReasonForm
from leads.models import Lead
from leads.views.access import managed_team
from leads.views.team_leads import chosen_leads, not_there, tell_of_many
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request
from team.models import Team


@require_http_methods(["GET", "POST"])
def spread(request: Request) -> HttpResponse:
    """Who would get how many; sent from there they get them."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    chosen = managed_team(request, given)
    leads = chosen_leads(request, given, chosen, at=now)
    if request.method == "POST" and leads:
        return _spread(request, chosen, leads, at=now)
    return _spread_page(request, chosen, leads, at=now)


@require_http_methods(["GET", "POST"])
def recycle_many(request: Request) -> HttpResponse:
    """Who would sleep, and with which reason; sent from there they do."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    chosen = managed_team(request, given)
    leads = chosen_leads(request, given, chosen, at=now)
    form = ReasonForm(given if given.get("reason") or request.method == "POST" else None)
    if request.method == "POST" and leads and form.is_valid():
        return _recycle(request, chosen, leads, form, at=now)
    status = 422 if request.method == "POST" and form.errors else 200
    return _recycle_page(request, chosen, leads, form, at=now, status=status)


def _spread(request: Request, chosen: Team, leads: list[Lead], *, at: datetime) -> HttpResponse:
    there = _list_of(chosen)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            done = spread_leads([lead.pk for lead in leads], team=chosen, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except (LeadConflict, MoveRefused) as conflict:
        return _spread_page(request, chosen, leads, at=at, status=409, conflict=conflict)
    parts = [f"{share.rep} {len(share.leads)}" for share in done.shares if share.leads]
    said = ngettext("%(count)s lead spread: %(who)s.", "%(count)s leads spread: %(who)s.", done.count)
    tell_of_many(
        request, said % {"count": done.count, "who": ", ".join(parts) or _("nobody")}, done.skipped, act=done.act
    )
    return redirect(there)


def _spread_page(
    request: Request,
    chosen: Team,
    leads: list[Lead],
    *,
    at: datetime,
    status: int = 200,
    conflict: Exception | None = None,
) -> HttpResponse:
    newcomers = newcomers_of(chosen, at=at)
    planned = plan_spread(leads, shares_of(chosen, at=at), team=chosen, newcomers=newcomers)
    reasons = {why for _lead, why in planned.skipped}
    context = {
        "now": at,
        "team": chosen,
        "leads": leads,
        "spread": planned,
        "shares": [share for share in planned.shares if share.leads],
        "newcomers": newcomers,
        # Said once where it is the same of all.
        "why_none": next(iter(reasons)) if len(reasons) == 1 else "",
        "form_id": new_form_id(),
        "conflict": conflict,
        "is_cut": len(leads) == MANY_MAX,
        "not_there": [] if leads else not_there(request, chosen),
        "back_url": _list_of(chosen),
    }
    return render(request, "leads/spread.html", context, status=status)


def _recycle(request: Request, chosen: Team, leads: list[Lead], form: ReasonForm, *, at: datetime) -> HttpResponse:
    there, reason = _list_of(chosen), form.cleaned_data["reason"]
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            done = recycle_leads([lead.pk for lead in leads], reason=reason, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    count = len(done.leads)
    said = ngettext("%(count)s lead sleeps: %(reason)s.", "%(count)s leads sleep: %(reason)s.", count)
    tell_of_many(request, said % {"count": count, "reason": reason}, done.skipped, act=done.act)
    return redirect(there)


def _recycle_page(
    request: Request, chosen: Team, leads: list[Lead], form: forms.Form, *, at: datetime, status: int = 200
) -> HttpResponse:
    context = {
        "now": at,
        "team": chosen,
        "leads": leads,
        "form": form,
        "found": sort_out_sleepers(leads) if leads else Moved(),
        "form_id": new_form_id(),
        "is_cut": len(leads) == MANY_MAX,
        "not_there": [] if leads else not_there(request, chosen),
        "back_url": _list_of(chosen),
    }
    return render(request, "leads/recycle_many.html", context, status=status)


def _list_of(chosen: Team) -> str:
    return f"{reverse('leads:team')}?team={chosen.pk}"
