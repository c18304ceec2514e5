"""What a request may touch: not yours is 404, yours to see but not to do is 403."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, QueryDict

from leads.lead_choices import team_in_use
from leads.models import Lead
from leads.seeing import in_block_of, seer_of, shape_of, standing_for
from team.addresses import read_number
from team.http import Request
from team.models import Role, Team, User
from team.prepared_objects import PreparedObjects


def visible_lead(request: Request, public_id: UUID) -> Lead:
    """The lead if this user may see it, with whom every answer names; else 404."""
    user = request.user
    found: list[Lead] = _VISIBLE.objects(shape=shape_of(user), lead=public_id, **seer_of(user))
    if not found:
        raise Http404
    return found[0]


def _visible(roles: tuple[str, ...], *, lead: Any, **seer: Any) -> QuerySet[Lead]:
    user = standing_for(roles, **seer)
    workable = Lead.objects.workable_by(user).filter(pk=OuterRef("pk"))
    leads = Lead.objects.visible_to(user).filter(public_id=lead)
    leads = leads.annotate(is_workable=Exists(workable), **in_block_of(user))
    return leads.select_related("person", "account")


_VISIBLE = PreparedObjects(_visible)


def workable_lead(request: Request, public_id: UUID) -> Lead:
    """The lead if this user may work it; 403 if she may only look."""
    lead = visible_lead(request, public_id)
    if not can_work(lead):
        raise PermissionDenied
    return lead


def can_work(lead: Lead) -> bool:
    """Whether who asked for this visible lead may act on it, as it was read: one rule, written once, as a QuerySet."""
    return bool(getattr(lead, "is_workable", False))


def need_role(request: Request, *roles: str) -> None:
    """403 unless she holds one of these roles."""
    if not any(request.user.has_role(Role(role)) for role in roles):
        raise PermissionDenied


def managed_teams(request: Request) -> list[Team]:
    """The teams she manages, by name; 403 for who manages none."""
    need_role(request, Role.MANAGER)
    teams: list[Team] = _TEAMS.objects(teams=request.user.teams_as(Role.MANAGER))
    return teams


_TEAMS = PreparedObjects(lambda teams: Team.objects.filter(pk__in=teams).order_by("name"))


def managed_team(request: Request, given: QueryDict, teams: list[Team] | None = None) -> Team:
    """The team that was asked for, if she manages it, else 404; her first without a question, or where an address asks
    for what can be no team. To read, one that was retired is the team that goes on for it."""
    teams = managed_teams(request) if teams is None else teams
    asked = given.get("team", "")
    wanted = read_number(asked)
    if not asked or (wanted is None and request.method == "GET"):
        return min(teams, key=lambda team: team.pk)
    found = next((team for team in teams if team.pk == wanted), None)
    if found is None or (found.retired_at and request.method == "GET"):
        following = team_in_use(asked) if request.method == "GET" else asked
        found = next((team for team in teams if str(team.pk) == following), found)
    if found is None:
        raise Http404
    return found


def managed_rep(request: Request, pk: int) -> User:
    """A rep of a team she manages; of other teams she is told of nobody."""
    need_role(request, Role.MANAGER)
    reps = User.objects.active().filter(
        memberships__role=Role.BDR, memberships__team__in=request.user.teams_as(Role.MANAGER)
    )
    rep = reps.filter(pk=pk).distinct().first()
    if rep is None:
        raise Http404
    return rep
