"""The manager's morning: what is red, who holds what, the pool, second looks, what was given up early."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.closing import approve_second_look, put_back
from leads.models import Lead, SecondLook
from leads.oversight.morning import morning_of
from leads.views.access import managed_team, managed_teams
from leads.views.lead import show
from team.actions.submitting import SentBefore, submit_once
from team.http import Request, tell
from team.models import Role, Team


@require_GET
@never_cache
def team(request: Request) -> HttpResponse:
    """The page, and every minute the same again to be laid over what stands there."""
    teams = managed_teams(request)
    return _morning(request, managed_team(request, request.GET, teams), teams, at=timezone.now())


@require_POST
def approve(request: Request, pk: int) -> HttpResponse:
    look = _look(request, pk)
    return _decide(request, look, _("It stays closed: %(name)s."), approve_second_look)


@require_POST
def put_back_look(request: Request, pk: int) -> HttpResponse:
    look = _look(request, pk)
    return _decide(request, look, "", put_back)


def _morning(
    request: Request,
    chosen: Team,
    teams: list[Team],
    *,
    at: datetime,
    status: int = 200,
    conflict: Exception | None = None,
) -> HttpResponse:
    context = {
        "now": at,
        "team": chosen,
        "teams": teams,
        "morning": morning_of(chosen, reader=request.user.pk, at=at),
        "month": timezone.localtime(at).strftime("%Y-%m"),
        "conflict": conflict,
    }
    template = "leads/team.html#morning" if request.htmx and not conflict else "leads/team.html"
    return render(request, template, context, status=status)


def _decide(request: Request, look: SecondLook, said: str, act: Any) -> HttpResponse:
    now, lead = timezone.now(), look.lead
    on_its_page = request.POST.get("from") == "lead"
    there = f"{reverse('leads:team')}?team={look.team_id}#looks"
    if on_its_page:
        there = reverse("leads:lead", args=[lead.public_id])
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=there)
            following: Lead | None = act(look, by=request.user, at=now)
    except SentBefore:
        return redirect(there)
    except (LeadConflict, MoveRefused) as conflict:
        if on_its_page:
            return show(request, lead.public_id, now=now, conflict=str(conflict), status=409)
        return _morning(request, look.team, managed_teams(request), at=now, status=409, conflict=conflict)
    if following is not None:
        # Whoever had it may not work there any more.
        kept = _("Put back: %(name)s is kept for %(rep)s.")
        said = kept if following.bdr else _("Put back: %(name)s is in the pool.")
    tell(request, said % {"name": lead.person, "rep": following and following.bdr})
    return redirect(there)


def _look(request: Request, pk: int) -> SecondLook:
    """404 for another team's, 403 for somebody of the team who does not manage it."""
    looks = SecondLook.objects.select_related("lead__person", "team").filter(
        pk=pk, lead__in=Lead.objects.visible_to(request.user)
    )
    look = looks.first()
    if look is None:
        raise Http404
    if look.team_id not in request.user.teams_as(Role.MANAGER):
        raise PermissionDenied
    return look
