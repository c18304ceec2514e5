"""What an admin changes: every change of a setting is history, and what hangs on it follows."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from team.actions.auditing import note_audit
from team.models import AuditEntry, Membership, Role, SettingChange

if TYPE_CHECKING:
    from team.models import User


def record_setting(
    changed: models.Model, changes: dict[str, list[Any]], *, by: User | None, at: datetime, detail: str = ""
) -> SettingChange | None:
    """Keep the old and the new of one setting, so that it can be explained and reverted."""
    if not changes:
        return None
    clean = {name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()}
    label = changed._meta.label
    made = SettingChange.objects.create(at=at, by=by, model=label, object_id=str(changed.pk), changes=clean)
    note_audit(AuditEntry.Verb.SETTING, by=by, at=at, about=label, about_id=str(changed.pk), detail=detail)
    return made


@transaction.atomic
def match_staff_to_roles(user: User) -> None:
    """Whoever holds the role of admin may enter the administration, and nobody else."""
    is_admin = Membership.objects.filter(user=user, role=Role.ADMIN).exists()
    if (user.is_staff, user.is_superuser) != (is_admin, is_admin):
        user.is_staff = user.is_superuser = is_admin
        user.save(update_fields=["is_staff", "is_superuser"])


def _plain(value: Any) -> Any:
    """A value as JSON keeps it: ids for rows, ISO for moments."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | models.QuerySet):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
