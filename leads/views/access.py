"""What a request may touch: not yours is 404, yours to see but not to do is 403."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from leads.models import Lead
from leads.seeing import seer_of, shape_of, standing_for
from team.http import Request
from team.models import Role
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
    leads = Lead.objects.visible_to(user).filter(public_id=lead).annotate(is_workable=Exists(workable))
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
