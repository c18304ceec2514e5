"""The switch that stops every mail, by hand or because the database was restored (R15)."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from nurture.models import MailRules, Message
from team.actions.auditing import note_audit
from team.actions.settings import record_setting
from team.models import AuditEntry, Installation

if TYPE_CHECKING:
    from team.models import User

logger = structlog.get_logger(__name__)

BY_HAND, RESTORED = MailRules.BY_HAND, MailRules.RESTORED


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
def change_rules(values: dict[str, Any], *, by: User, at: datetime) -> None:
    """Other caps, hours, limits or words of the foot, in force with the next claim."""
    rules = MailRules.objects.select_for_update().get(pk=1)
    changes = {name: [getattr(rules, name), value] for name, value in values.items() if getattr(rules, name) != value}
    if not changes:
        return
    for name, (_old, new) in changes.items():
        setattr(rules, name, new)
    rules.save(update_fields=list(changes))
    detail = ", ".join(f"{name}: {old} → {new}" for name, (old, new) in changes.items())
    note_audit(AuditEntry.Verb.SETTING, by=by, at=at, about="nurture.mailrules", about_id="1", detail=detail)


def stop_if_restored(*, at: datetime) -> bool:
    """Compare what this machine remembers of the last mail with what the database does; returns whether it stopped.

    The disk keeps for which installation it sent, when it claimed last, and when that was written. A database of
    another one, one that knows of mail on a disk that remembers none, and one that is older than the disk's last
    claim, was restored from a copy: what it takes for unsent may have gone out. A start by somebody since then is the
    answer, and is remembered.
    """
    # The disk first: what it remembers was committed before it was written there.
    disk = _remembered()
    rules = MailRules.objects.get(pk=1)
    if rules.is_stopped:
        return False
    instance = str(Installation.objects.values_list("instance_id", flat=True).get())
    newest = Message.objects.filter(claimed_at__isnull=False).aggregate(at=Max("claimed_at"))["at"]
    claimed, written = _moment(disk.get("claimed")), _moment(disk.get("written"))
    is_strange = (
        (not disk and newest is not None)
        or disk.get("instance", instance) != instance
        or (claimed is not None and (newest is None or newest < claimed))
    )
    is_answered = written is not None and rules.switched_at is not None and rules.switched_at > written
    if is_strange and not is_answered:
        stop_mail(by=None, at=at, because=RESTORED)
        logger.warning("mail_stopped_after_restore", instance=instance)
        # From here on a start is an answer to this.
        _remember(disk | {"written": at.isoformat()})
        return True
    _remember({"instance": instance, "claimed": newest.isoformat() if newest else "", "written": at.isoformat()})
    return False


def remember_from_the_start(*, at: datetime) -> None:
    """Before letters are told that were never sent: from here on this disk knows this database.

    Only of one that holds no letter at all: there is nothing in it that may have gone out from elsewhere.
    """
    if Message.objects.exists():
        return
    instance = str(Installation.objects.values_list("instance_id", flat=True).get())
    _remember({"instance": instance, "claimed": "", "written": at.isoformat()})


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


def _mark() -> Path:
    return Path(settings.VAR_DIR) / "mail-mark.json"


def _remembered() -> dict[str, str]:
    """What the disk knows; nothing where there is no file. One that cannot be read is a disk that is not ours."""
    try:
        said = json.loads(_mark().read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"instance": "unreadable"}
    return said if isinstance(said, dict) else {"instance": "unreadable"}


def _remember(said: dict[str, str]) -> None:
    """Replaced at once, so that nobody reads half of it; whoever writes has a name of their own for it."""
    beside = _mark().with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    beside.write_text(json.dumps(said))
    beside.replace(_mark())


def _moment(said: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(said) if said else None
    except ValueError:
        return None
