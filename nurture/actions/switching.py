"""The switch that stops every mail, by hand or because the database was restored (R15)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from nurture.models import MailRules
from team.actions.auditing import note_audit
from team.actions.settings import record_setting
from team.models import AuditEntry

if TYPE_CHECKING:
    from team.models import User

BY_HAND, RESTORED = MailRules.BY_HAND, MailRules.RESTORED
# What says when a letter of a track may leave.
PACE = {"most_a_day", "most_a_week", "opens", "closes", "on_weekends"}


def stop_mail(*, by: User | None, at: datetime, because: str = BY_HAND, reason: str = "") -> bool:
    """Nothing is claimed from now on, and nothing that was claimed begins. `reason`: why, in words of whoever says so;
    it stands wherever somebody waits for mail. False: it was stopped already."""
    with transaction.atomic():
        rules = MailRules.objects.select_for_update().get(pk=1)
        if rules.is_stopped:
            return False
        _switch(rules, is_stopped=True, because=because, reason=reason, by=by, at=at)
        return True


def start_mail(*, by: User, at: datetime) -> bool:
    """Mail goes out again. Whoever says so has looked whether this database is the right one. False: it goes."""
    with transaction.atomic():
        rules = MailRules.objects.select_for_update().get(pk=1)
        if not rules.is_stopped:
            return False
        _switch(rules, is_stopped=False, by=by, at=at)
        return True


@transaction.atomic
def change_rules(values: dict[str, Any], *, by: User, at: datetime) -> bool:
    """Other caps, hours, limits or words of the foot, in force with the next claim. Returns whether what is planned
    gets another moment by them, as `follow_rules` gives it."""
    rules = MailRules.objects.select_for_update().get(pk=1)
    changes = {name: [getattr(rules, name), value] for name, value in values.items() if getattr(rules, name) != value}
    if not changes:
        return False
    for name, (_old, new) in changes.items():
        setattr(rules, name, new)
    moves = bool(changes.keys() & PACE)
    if moves:
        rules.followed_to = 0
    rules.save(update_fields=[*changes, "followed_to"])
    detail = ", ".join(f"{name}: {old} → {new}" for name, (old, new) in changes.items())
    note_audit(AuditEntry.Verb.SETTING, by=by, at=at, about="nurture.mailrules", about_id="1", detail=detail)
    return moves


def _switch(
    rules: MailRules, *, is_stopped: bool, because: str = "", reason: str = "", by: User | None, at: datetime
) -> None:
    said = {"is_stopped": is_stopped, "stopped_because": because, "stopped_reason": reason.strip()}
    changes = {name: [getattr(rules, name), value] for name, value in said.items() if getattr(rules, name) != value}
    for name, value in said.items():
        setattr(rules, name, value)
    rules.switched_at, rules.switched_by = at, by
    rules.save(update_fields=[*said, "switched_at", "switched_by"])
    record_setting(rules, changes, by=by, at=at, detail=because or "started")
