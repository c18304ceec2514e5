"""The secret address of somebody's calendar feed: made, made anew, revoked, always by herself."""

from __future__ import annotations

import secrets
from datetime import datetime

from team.models import CalendarFeed, User
from team.models.feed import hash_of

TOKEN_BYTES = 32


def make_feed(user: User, *, has_names: bool, at: datetime) -> str:
    """A new address, told once; the one before leads nowhere from now on."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"token_hash": hash_of(token), "has_names": has_names, "made_at": at}
    CalendarFeed.objects.update_or_create(user=user, defaults=values)
    return token


def show_names(user: User, has_names: bool) -> bool:
    """Whether names leave with her feed; False where she has none."""
    return bool(CalendarFeed.objects.filter(user=user).update(has_names=has_names))


def revoke_feed(user: User) -> bool:
    """The address leads nowhere from now on; False where there was none."""
    return bool(CalendarFeed.objects.filter(user=user).delete()[0])
