"""The secret address of somebody's calendar feed: made, made anew, revoked by herself, or when she leaves."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from team.actions.auditing import note_audit
from team.models import AuditEntry, CalendarFeed, User
from team.models.feed import hash_of

TOKEN_BYTES = 32


@transaction.atomic
def make_feed(user: User, *, has_names: bool, at: datetime) -> str:
    """A new address, told once; the one before leads nowhere from now on."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"token_hash": hash_of(token), "has_names": has_names, "made_at": at}
    CalendarFeed.objects.update_or_create(user=user, defaults=values)
    note_audit(AuditEntry.Verb.FEED_MADE, by=user, at=at, detail="names" if has_names else "")
    return token


def show_names(user: User, has_names: bool) -> bool:
    """Whether names leave with her feed; False where she has none."""
    return bool(CalendarFeed.objects.filter(user=user).update(has_names=has_names))


@transaction.atomic
def revoke_feed(user: User, *, by: User | None, at: datetime) -> bool:
    """The address leads nowhere from now on; False where there was none."""
    if not CalendarFeed.objects.filter(user=user).delete()[0]:
        return False
    note_audit(AuditEntry.Verb.FEED_REVOKED, by=by, at=at, about=user._meta.label, about_id=str(user.pk))
    return True
