"""Who may do what in the library: not yours is 404, yours to see but not to do is 403."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from content.models import Asset
from content.models.asset import KEEPERS
from team.http import Request
from team.models import Role

# Who reads all of what reps say, and notes talks with them.
READERS = (*KEEPERS, Role.MANAGER)


def need_role(request: Request, *roles: Role) -> None:
    """403 unless she holds one of these roles."""
    if not any(request.user.has_role(role) for role in roles):
        raise PermissionDenied


def visible_asset(request: Request, public_id: UUID) -> Asset:
    need_role(request, *Role)
    rows = Asset.objects.visible_to(request.user).filter(public_id=public_id)
    asset = rows.select_related("topic", "owner", "successor", "handed_in_by", "figures").first()
    if asset is None:
        raise Http404
    return asset


def kept_asset(request: Request, public_id: UUID) -> Asset:
    """The asset, for who looks after the library; who may see it only is refused."""
    asset = visible_asset(request, public_id)
    need_role(request, *KEEPERS)
    return asset
