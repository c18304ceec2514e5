"""The lists that a rep keeps in the tabs of her queue."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.actions.changing import MoveRefused
from leads.actions.saving import remove_view, save_view, share_view
from leads.forms.queue import QueueForm
from leads.models import SavedView
from leads.views.access import need_role
from team.addresses import read_number
from team.http import Request, tell
from team.models import Role, Team
from team.templatetags.midfield import as_sentence


@require_POST
def view_save(request: Request) -> HttpResponse:
    """Keep the list that the address asks for."""
    need_role(request, Role.BDR, Role.AE, Role.MANAGER)
    query = _written(request.POST.get("query", ""))
    team = _team(request)
    try:
        view = save_view(
            name=request.POST.get("name", ""), query=query, by=request.user, at=timezone.now(), team=team
        )  # fmt: skip
    except MoveRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        where = _("for %(team)s") % {"team": team} if team else _("for you")
        tell(request, as_sentence(_("View kept %(where)s: %(name)s") % {"where": where, "name": view.name}))
    return _back(request, query)


@require_POST
def view_share(request: Request, pk: int) -> HttpResponse:
    """With a team, or without one with nobody any more."""
    view, team = _changeable(request, pk), _team(request)
    try:
        share_view(view, team=team, by=request.user)
    except MoveRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        words = {"name": view.name, "team": team, "owner": view.user}
        said = _("%(name)s is shared with %(team)s.") if team else _("%(name)s is %(owner)s’s own again.")
        tell(request, said % words)
    return _back(request, view.query)


@require_POST
def view_remove(request: Request, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    remove_view(view)
    tell(request, as_sentence(_("View removed: %(name)s") % {"name": view.name}))
    return _back(request, "")


def _changeable(request: Request, pk: int) -> SavedView:
    views = SavedView.objects.changeable_by(request.user, manages=request.user.teams_as(Role.MANAGER))
    return get_object_or_404(views.select_related("user"), pk=pk)


def _team(request: Request) -> Team | None:
    pk = read_number(request.POST.get("team", ""))
    return Team.objects.filter(pk=pk).first() if pk else None


def _written(query: str) -> str:
    form = QueueForm(QueryDict(query[:600]))
    form.is_valid()
    return form.wanted().query


def _back(request: Request, query: str) -> HttpResponse:
    there = reverse("leads:queue")
    if not request.user.has_role(Role.BDR):
        query = f"mine=on&{query}".rstrip("&")
    return redirect(f"{there}?{query}" if query else there)
