"""Notices are seen once; nothing else happens to them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from leads.models import Notice

if TYPE_CHECKING:
    from team.models import User


def see_notices(*, by: User, at: datetime, up_to: int, only: int | None = None) -> int:
    """Her unseen notices up to this id are seen now, or only one of them; one that came meanwhile stays unseen."""
    unseen = Notice.objects.unseen_by(by).filter(pk__lte=up_to)
    if only is not None:
        unseen = unseen.filter(pk=only)
    return unseen.update(seen_at=at)
