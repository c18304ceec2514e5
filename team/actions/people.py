"""Somebody's login: the roles it carries, a password told once, and the end of what is signed in with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from team.actions.auditing import note_audit
from team.actions.settings import match_staff_to_roles
from team.models import AuditEntry, Membership, User

# Neither 0 and o nor 1, i and l: it is read out and typed once.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, OF_LETTERS = 4, 5


@transaction.atomic
def give_roles(user: User, roles: Sequence[tuple[str, int | None]]) -> None:
    """Exactly these (role, team), in this order: that of the first team gives her a calendar."""
    wanted = list(roles)
    held = list(Membership.objects.filter(user=user).order_by("pk"))
    kept = 0
    for membership in held:
        if kept < len(wanted) and (membership.role, membership.team_id) == wanted[kept]:
            kept += 1
        else:
            membership.delete()
    Membership.objects.bulk_create(Membership(user=user, role=role, team_id=team) for role, team in wanted[kept:])
    match_staff_to_roles(User.objects.get(pk=user.pk))


@transaction.atomic
def give_password(user: User, *, by: User, at: datetime) -> str:
    """A new password, told once; what is signed in with the one before ends."""
    password = "-".join("".join(secrets.choice(LETTERS) for _n in range(OF_LETTERS)) for _group in range(GROUPS))
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user, at=at)
    note_audit(AuditEntry.Verb.LET_IN, by=by, at=at, about=user._meta.label, about_id=str(user.pk))
    return password


def end_sessions(user: User, *, at: datetime) -> int:
    """She is signed out everywhere. Returns how many sessions that were."""
    # Whose a session is stands inside it; those of today are all there are.
    rows = Session.objects.filter(expire_date__gt=at).iterator()
    hers = [row.pk for row in rows if row.get_decoded().get(SESSION_KEY) == str(user.pk)]
    return Session.objects.filter(pk__in=hers).delete()[0]


def forget_addresses(user: User) -> None:
    """Her e-mail has changed: the one before signs nobody in, and no link is sent there."""
    EmailAddress.objects.filter(user=user).delete()
