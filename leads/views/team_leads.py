"""The leads of a team: found by what the morning counts, selected, and moved after a look beforehand."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.moving import (
    AT_ONCE_MAX,
    MANY_MAX,
    MOVE_MAX,
    Moved,
    can_take_back,
    move_leads,
    sort_out,
    start_move,
    start_taking_back,
)
from leads.actions.reserving import WhileAway
from leads.bands import given_until
from leads.forms.team import LeadFilter, TargetForm, target_form, where_of
from leads.models import BulkMove, Lead, SharedAct
from leads.oversight.listing import leads_of, page_of
from leads.tasks import carry_on_moves
from leads.views.access import managed_team, managed_teams
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.calendars import worktime_of_user
from team.http import Request, tell
from team.models import Role, Team, User

SHOWN = 50


@require_GET
def team_leads(request: Request) -> HttpResponse:
    now, given = timezone.now(), request.GET
    teams = managed_teams(request)
    chosen = managed_team(request, given, teams)
    target = target_form(chosen)
    filters = LeadFilter(given, reps=target.reps)
    values = filters.values
    found = leads_of(chosen, values, at=now)
    leads, after = page_of(found.none() if filters.names_nothing else found, given.get("after", ""))
    context = {
        "now": now,
        "team": chosen,
        "teams": teams,
        "filters": filters,
        "values": values,
        "query": query_of(chosen, values),
        "leads": leads,
        "after": after,
        "is_later": bool(given.get("after")),
        "target": target,
    }
    return render(request, "leads/team_leads.html", context)


@require_http_methods(["GET", "POST"])
def move(request: Request) -> HttpResponse:
    """What would move and what would not; sent from there it moves."""
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    chosen = managed_team(request, given)
    form = target_form(chosen, given if given.get("to") else None)
    values = _filters(request, chosen) if request.method == "POST" and given.get("all") else {}
    if values and form.is_valid():
        # Of many only their keys are read here: the answer does not wait for what the worker reads again.
        found = leads_of(chosen, values, at=now).values_list("pk", flat=True)[:MOVE_MAX]
        if len(found) > AT_ONCE_MAX:
            return _start(request, chosen, list(found), form, at=now)
    leads = chosen_leads(request, given, chosen, at=now, most=MOVE_MAX)
    if request.method == "POST":
        # An empty choice is no move of nobody: its page says that nothing is chosen.
        if not form.is_valid() or not leads:
            return _preview(request, chosen, leads, form, status=422)
        return _move(request, chosen, leads, form, at=now)
    return _preview(request, chosen, leads, form)


def _move(request: Request, chosen: Team, leads: list[Lead], form: TargetForm, *, at: datetime) -> HttpResponse:
    there = _back_to(request.POST, chosen, leads, moves_to=form.target.team)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            moved = move_leads([lead.pk for lead in leads], of=chosen, target=form.target, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except MoveRefused as refused:
        form.add_error("to", str(refused))
        return _preview(request, chosen, leads, form, status=422)
    except LeadConflict as conflict:
        return _preview(request, chosen, leads, form, status=409, conflict=conflict)
    count = len(moved.leads)
    said = ngettext("%(count)s lead moved to %(where)s.", "%(count)s leads moved to %(where)s.", count)
    # Of the one lead she came from its page names the event, and is where *Undo* leads again.
    event = moved.act.events[0][1] if moved.act and request.POST.get("from") == "lead" and count == 1 else None
    words = said % {"count": count, "where": form.words}
    tell_of_many(request, words, moved.skipped, act=moved.act, event=event)
    return redirect(there)


def _back_to(given: QueryDict, chosen: Team, leads: list[Lead], *, moves_to: Team | None = None) -> str:
    """The list, or the page of the one lead she came from, while it is in a team of hers."""
    if given.get("from") == "lead" and len(leads) == 1 and moves_to in (None, chosen):
        return reverse("leads:lead", args=[leads[0].public_id])
    return f"{reverse('leads:team_leads')}?{query_of(chosen, {})}"


def _start(request: Request, chosen: Team, ids: list[int], form: TargetForm, *, at: datetime) -> HttpResponse:
    """To the page that shows how far it is."""
    try:
        with transaction.atomic():
            run = start_move(ids, of=chosen, target=form.target, by=request.user, at=at)
            there = reverse("leads:moving", args=[run.public_id])
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
    except SentBefore as before:
        return redirect(before.answer_url)
    carry_on_moves.delay_on_commit()  # type: ignore[attr-defined]
    return redirect(there)


@require_GET
@never_cache
def moving(request: Request, public_id: UUID) -> HttpResponse:
    """How far a move of many is: the page, and every second what of it changes."""
    now = timezone.now()
    moves = BulkMove.objects.select_related("team", "to", "to_team", "by", "takes_back", "taken_back_by")
    move = get_object_or_404(moves.filter(team__in=managed_teams(request)), public_id=public_id)
    template = "leads/moving.html#progress" if request.htmx else "leads/moving.html"
    context = {
        "move": move,
        "where": where_of(move),
        "is_under_way": move.ended_at is None,
        "may_take_back": can_take_back(move, by=request.user, at=now),
        "may_go_on": bool(move.error and move.takes_back and can_take_back(move.takes_back, by=request.user, at=now)),
    }
    return render(request, template, context)


@require_POST
def take_move_back(request: Request, public_id: UUID) -> HttpResponse:
    """The same way back, a part at a time, with a page of its own that shows how far it is."""
    moves = BulkMove.objects.filter(team__in=managed_teams(request))
    move = get_object_or_404(moves, public_id=public_id)
    try:
        back = start_taking_back(move, by=request.user, at=timezone.now())
    except LeadConflict as conflict:
        tell(request, str(conflict), level=messages.WARNING)
        return redirect("leads:moving", public_id)
    carry_on_moves.delay_on_commit()  # type: ignore[attr-defined]
    return redirect("leads:moving", back.public_id)


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
    given = request.POST if request.method == "POST" else request.GET
    if leads and form.is_bound and form.is_valid():
        moved = sort_out(leads, form.target, at=timezone.now())
        context = _receiver(form.target.user, form.target.side, moved)
        context["words"] = form.words
    context |= {
        "now": timezone.now(),
        "team": chosen,
        "leads": leads,
        "form": form,
        "moved": moved,
        "form_id": new_form_id(),
        "conflict": conflict,
        "is_cut": len(leads) == MOVE_MAX,
        # More than a form carries is asked for again by the filters that found it.
        "kept": [] if len(leads) <= MANY_MAX else [("all", "1"), *_filters(request, chosen).items()],
        "shown": SHOWN,
        "most": AT_ONCE_MAX,
        "came_from": given.get("from", ""),
        "back_url": _back_to(given, chosen, leads),
        "not_there": [] if leads else not_there(request, chosen),
    }
    return render(request, "leads/move.html", context, status=status)


def _receiver(user: User | None, side: str, moved: Moved) -> dict[str, Any]:
    """What the receiver would hold then, and whether she is there to work it. A manager may go over a limit."""
    if user is None or side == "ae":
        return {}
    now = timezone.now()
    held = Lead.objects.held_by(user).count() + sum(lead.phase in ("queued", "working") for lead in moved.leads)
    waiting = [lead for lead in moved.leads if lead.phase == Phase.QUEUED]
    gone = WhileAway(user, at=now)
    away = max((absence for absence, _cover in gone.absences), key=lambda absence: absence.ends_at, default=None)
    return {
        "receiver": user,
        "held": held,
        "is_over": held > user.open_limit,
        "away": away,
        # Who is away has what waits meanwhile, where it cannot wait; the rest is hers until it is due.
        "meanwhile": next((cover for lead in waiting if (cover := gone.cover_of(lead))), None),
        "lends_to": gone.lends_to(moved.leads),
        "given_until": given_until(worktime_of_user(user, at=now), now) if waiting and not away else None,
    }


def tell_of_many(
    request: Request,
    said: str,
    skipped: list[tuple[Lead, str]],
    *,
    act: SharedAct | None = None,
    event: int | None = None,
) -> None:
    """What was done, with its *Undo*; how much stayed, and why, or why most of it did."""
    undo = reverse("leads:shared_undo", args=[act.public_id]) if act else ""
    if not skipped:
        tell(request, said, undo=undo, event=event)
        return
    whys = Counter(why for _lead, why in skipped)
    why, most = whys.most_common(1)[0]
    words = {"count": len(skipped), "most": most, "why": why}
    stayed = _("%(count)s stayed: %(why)s") if len(whys) == 1 else _("%(count)s stayed, %(most)s because: %(why)s")
    said += " " + stayed % words
    tell(request, said, level=messages.WARNING, undo=undo)


def chosen_leads(request: Request, given: QueryDict, chosen: Team, *, at: datetime, most: int = MANY_MAX) -> list[Lead]:
    """The leads that were ticked, else all that the filters leave: of this team, as many as one act takes. Without
    either, none."""
    ids = [found for text in given.getlist("lead")[:MANY_MAX] if (found := _uuid(text))]
    if ids or (request.method == "POST" and not given.get("all")):
        leads = Lead.objects.filter(team=chosen, public_id__in=ids)
        rows = leads.select_related("person", "account", "bdr", "ae", "stage").order_by("due_at", "id")
        return list(rows[:MANY_MAX])
    values = _filters(request, chosen)
    if not values:
        # All of a team are chosen by nobody, nor is anything by an address that asks for what is not on offer.
        return []
    return list(leads_of(chosen, values, at=at)[:most])


def not_there(request: Request, chosen: Team) -> list[str]:
    """What an address names that is not there, as sentences: why nothing is chosen by it."""
    found = _filter(request, chosen)
    if found is None:
        return [_("The address names another team than this one.")]
    return [f"{found.fields[name].label}: {words}" for name, said in found.errors.items() for words in said]


def _filters(request: Request, chosen: Team) -> dict[str, str]:
    found = _filter(request, chosen)
    return found.values if found else {}


def _filter(request: Request, chosen: Team) -> LeadFilter | None:
    """None for filters that were meant for another team than the one that is shown in its place."""
    given = request.POST if request.method == "POST" else request.GET
    if given.get("team") not in (None, "", str(chosen.pk)):
        return None
    return LeadFilter(given, reps=User.objects.active().with_role(Role.BDR, chosen))


def query_of(chosen: Team, values: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update({"team": str(chosen.pk), **values})
    return query.urlencode()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
