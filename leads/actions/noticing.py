"""Who is told, and what she has seen. A notice is seen once; nothing else happens to it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from leads.models import Lead, Notice
from team.models import Membership, Role

if TYPE_CHECKING:
    from team.models import User


def see_notices(*, by: User, at: datetime, up_to: int, only: int | None = None) -> int:
    """Her unseen notices up to this id are seen now, or only one of them; one that came meanwhile stays unseen."""
    unseen = Notice.objects.unseen_by(by).filter(pk__lte=up_to)
    if only is not None:
        unseen = unseen.filter(pk=only)
    return unseen.update(seen_at=at)


def tell(user: User | None, lead: Lead, kind: str, *, by: User | None, at: datetime) -> None:
    """Whoever did it herself need not be told."""
    if user is not None and user != by:
        Notice.objects.create(user=user, lead=lead, kind=kind, at=at)


def managers_of(team_id: int) -> list[User]:
    """Who manages this team and works here."""
    held = Membership.objects.filter(team=team_id, role=Role.MANAGER, user__is_active=True)
    return [membership.user for membership in held.select_related("user").order_by("pk")]
