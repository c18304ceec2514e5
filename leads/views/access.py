"""What a request may touch: not yours is 404, yours to see but not to do is 403."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from leads.models import HandOff, Lead
from team.http import Request
from team.models import Role


def visible_lead(request: Request, public_id: UUID) -> Lead:
    """The lead if this user may see it, with what every page of it shows; else 404."""
    leads = Lead.objects.visible_to(request.user).select_related(
        "person", "account", "team__calendar", "stage", "bdr", "ae", "reason", "agreement"
    )
    lead = leads.filter(public_id=public_id).first()
    if lead is None:
        raise Http404
    return lead


def workable_lead(request: Request, public_id: UUID) -> Lead:
    """The lead if this user may work it; 403 if she may only look."""
    lead = visible_lead(request, public_id)
    if not can_work(request, lead):
        raise PermissionDenied
    return lead


def can_work(request: Request, lead: Lead) -> bool:
    """Whether this user may act on this lead: one rule, written once, as a QuerySet."""
    return Lead.objects.workable_by(request.user).filter(pk=lead.pk).exists()


def visible_hand_off(request: Request, public_id: UUID) -> HandOff:
    hand_offs = HandOff.objects.visible_to(request.user).select_related("lead__person", "lead__account", "ae", "bdr")
    hand_off = hand_offs.filter(public_id=public_id).first()
    if hand_off is None:
        raise Http404
    return hand_off


def need_role(request: Request, *roles: str) -> None:
    """403 unless she holds one of these roles."""
    if not any(request.user.has_role(Role(role)) for role in roles):
        raise PermissionDenied
