"""When an account executive is free: before a meeting is proposed, and when one is asked for that collides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from leads.models import HandOff

if TYPE_CHECKING:
    from team.models import User

# No meeting is longer; further on nobody looks for a free moment.
LONGEST = timedelta(hours=8)
LOOKED_AT = timedelta(hours=12)


def clash(ae: User, begins: datetime, minutes: int) -> tuple[HandOff | None, datetime]:
    """The first meeting of hers that one of so many minutes would collide with, and from when on she is free for it."""
    length = timedelta(minutes=minutes)
    near = HandOff.objects.open().filter(ae=ae, meeting_at__lt=begins + LOOKED_AT, meeting_at__gt=begins - LONGEST)
    first, free_at = None, begins
    for other in near.select_related("lead__person").order_by("meeting_at"):
        ends_at = other.meeting_ends_at
        if other.meeting_at and ends_at and ends_at > free_at and other.meeting_at < free_at + length:
            first, free_at = first or other, ends_at
    return first, free_at
