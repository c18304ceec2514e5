"""The manager's console: what is red, who holds what, leads moved with a look beforehand, second looks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.closing import approve_second_look, put_back
from leads.actions.moving import MOVE_MAX, Moved, move_leads, sort_out
from leads.forms.team import LeadFilter, TargetForm, target_form
from leads.models import Lead, SecondLook
from leads.oversight import console_of, leads_of, page_of
from leads.views.access import need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.http import Request, tell
from team.models import Role, Team, User


@require_GET
def team(request: Request) -> HttpResponse:
    need_role(request, Role.MANAGER)
    return _console(request)


@require_http_methods(["GET", "POST"])
def move(request: Request) -> HttpResponse:
    """What would move and what would not; sent from there it moves."""
    need_role(request, Role.MANAGER)
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    chosen = _team(request, given)
    leads = _chosen(request, given, chosen, at=now)
    form = target_form(chosen, given if given.get("to") else None)
    if request.method == "POST":
        if not form.is_valid():
            return _preview(request, chosen, leads, form, status=422)
        return _move(request, chosen, leads, form, at=now)
    return _preview(request, chosen, leads, form)


@require_POST
def approve(request: Request, pk: int) -> HttpResponse:
    look = _look(request, pk)
    return _decide(request, look, _("It stays closed: %(name)s."), approve_second_look)


@require_POST
def put_back_look(request: Request, pk: int) -> HttpResponse:
    look = _look(request, pk)
    return _decide(request, look, _("Put back: %(name)s is in the queue again."), put_back)


def _console(
    request: Request, chosen: Team | None = None, *, status: int = 200, conflict: Exception | None = None
) -> HttpResponse:
    now = timezone.now()
    given = request.GET
    chosen = chosen or _team(request, given)
    console = console_of(chosen, at=now)
    filters = LeadFilter(given, reps=[rep.user for rep in console.reps])
    values = filters.values
    leads, after = page_of(leads_of(chosen, values, at=now), given.get("after", ""))
    context = {
        "now": now,
        "console": console,
        "team": chosen,
        "teams": _teams(request),
        "filters": filters,
        "values": values,
        "query": _query(chosen, values),
        "leads": leads,
        "after": after,
        "is_later": bool(given.get("after")),
        "bands": Lead.Band.choices,
        "target": target_form(chosen),
        "conflict": conflict,
    }
    return render(request, "leads/team.html", context, status=status)


def _move(request: Request, chosen: Team, leads: list[Lead], form: TargetForm, *, at: datetime) -> HttpResponse:
    there = f"{reverse('leads:team')}?{_query(chosen, {})}"
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            moved = move_leads([lead.pk for lead in leads], target=form.target, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except MoveRefused as refused:
        form.add_error("to", str(refused))
        return _preview(request, chosen, leads, form, status=422)
    except LeadConflict as conflict:
        return _preview(request, chosen, leads, form, status=409, conflict=conflict)
    _tell_moved(request, moved, form.words)
    return redirect(there)


def _preview(
    request: Request,
    chosen: Team,
    leads: list[Lead],
    form: TargetForm,
    *,
    status: int = 200,
    conflict: Exception | None = None,
) -> HttpResponse:
    moved: Moved | None = None
    context: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        moved = sort_out(leads, form.target)
        context = _receiver(form.target.user, form.target.side, moved)
        context["words"] = form.words
    context |= {
        "now": timezone.now(),
        "team": chosen,
        "teams": _teams(request),
        "leads": leads,
        "form": form,
        "moved": moved,
        "form_id": new_form_id(),
        "conflict": conflict,
        "is_cut": len(leads) == MOVE_MAX,
    }
    return render(request, "leads/move.html", context, status=status)


def _receiver(user: User | None, side: str, moved: Moved) -> dict[str, Any]:
    """What the receiver would hold then, and whether she is there to work it. A manager may go over a limit."""
    if user is None or side == "ae":
        return {}
    held = Lead.objects.held_by(user).count() + sum(lead.phase in ("queued", "working") for lead in moved.leads)
    away = user.absences.covering(timezone.now()).order_by("-ends_at").first()
    return {"receiver": user, "held": held, "is_over": held > user.open_limit, "away": away}


def _tell_moved(request: Request, moved: Moved, words: str) -> None:
    count = len(moved.leads)
    said = ngettext("%(count)s lead moved to %(where)s.", "%(count)s leads moved to %(where)s.", count) % {
        "count": count,
        "where": words,
    }
    if not moved.skipped:
        tell(request, said)
        return
    left = len(moved.skipped)
    said += " " + ngettext("%(count)s stayed: %(why)s", "%(count)s stayed, the first because: %(why)s", left) % {
        "count": left,
        "why": moved.skipped[0][1],
    }
    tell(request, said, level=messages.WARNING)


def _decide(request: Request, look: SecondLook, said: str, act: Any) -> HttpResponse:
    there = f"{reverse('leads:team')}?team={look.team_id}#looks"
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=timezone.now(), answer_url=there)
            act(look, by=request.user, at=timezone.now())
    except SentBefore:
        return redirect(there)
    except (LeadConflict, MoveRefused) as conflict:
        return _console(request, look.team, status=409, conflict=conflict)
    tell(request, said % {"name": look.lead.person})
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


def _chosen(request: Request, given: QueryDict, chosen: Team, *, at: datetime) -> list[Lead]:
    """The leads that were ticked, else all that the filters leave: of this team, as many as one move takes."""
    ids = [found for text in given.getlist("lead")[:MOVE_MAX] if (found := _uuid(text))]
    if ids or request.method == "POST":
        leads = Lead.objects.filter(team=chosen, public_id__in=ids)
        rows = leads.select_related("person", "account", "bdr", "ae", "stage").order_by("due_at", "id")
        return list(rows[:MOVE_MAX])
    reps = User.objects.with_role(Role.BDR, chosen)
    values = LeadFilter(given, reps=reps).values
    if not values:
        raise Http404
    return list(leads_of(chosen, values, at=at)[:MOVE_MAX])


def _teams(request: Request) -> list[Team]:
    return list(Team.objects.filter(pk__in=request.user.teams_as(Role.MANAGER)).order_by("name"))


def _team(request: Request, given: QueryDict) -> Team:
    """The team that was asked for, if she manages it, else 404; her first without a question."""
    managed = request.user.teams_as(Role.MANAGER)
    asked = given.get("team", "")
    pk = read_number(asked) if asked else managed[0]
    if pk not in managed:
        raise Http404
    found = Team.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _query(chosen: Team, values: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update({"team": str(chosen.pk), **values})
    return query.urlencode()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
