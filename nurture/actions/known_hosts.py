"""Whether this machine may send for this database: one that it does not know waits for a word, and a copy stops all.

The disk keeps for which installation it sent, when it claimed last, and when that was written (R15).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leads.actions.changing import LeadConflict
from nurture.actions.switching import RESTORED, stop_mail
from nurture.models import MailRules, Message, SendingHost
from team.actions.auditing import note_audit
from team.models import AuditEntry, Installation

if TYPE_CHECKING:
    from team.models import User

logger = structlog.get_logger(__name__)

MINUTE = timedelta(minutes=1)


def may_send_here(*, at: datetime) -> bool:
    """Compare what this machine remembers of the last mail with what the database does.

    A database that is older than the disk's last claim was restored from a copy: what it takes for unsent may have gone
    out, and all mail is stopped. Where the disk remembers no mail of a database which knows of some, either that is a
    copy or the machine is new: it waits for an admin's word and holds up nobody, and where nobody else was seen at work
    for ten minutes all mail is stopped, too. A start by somebody since then is the answer, and is remembered.
    """
    # The disk first: what it remembers was committed before it was written there.
    disk = _remembered()
    rules, instance = MailRules.objects.get(pk=1), _instance()
    newest = Message.objects.filter(claimed_at__isnull=False).aggregate(at=Max("claimed_at"))["at"]
    is_known = disk["instance"] == instance if "instance" in disk else newest is None
    claimed = _moment(disk.get("claimed"))
    is_well = is_known and (claimed is None or (newest is not None and newest >= claimed))
    if is_well:
        # Seen while mail is stopped, too: whoever waits beside it would take it for gone.
        _seen(at=at)
    if rules.is_stopped:
        return False
    if not (is_well or _is_answered(disk, rules, instance, is_known=is_known)):
        if is_known or not _waits(disk, instance, at=at):
            stop_mail(by=None, at=at, because=RESTORED)
            logger.warning("mail_stopped_after_restore", instance=instance)
            # From here on a start is an answer to this.
            _remember(disk | {"asked": instance, "written": at.isoformat()})
        return False
    _seen(at=at)
    _remember({"instance": instance, "claimed": newest.isoformat() if newest else "", "written": at.isoformat()})
    return True


def _is_answered(disk: dict[str, str], rules: MailRules, instance: str, *, is_known: bool) -> bool:
    """Somebody has started mail since this machine stopped it or wrote last, or has let it since it asked."""
    written, asked = _moment(disk.get("written")), _moment(disk.get("waits"))
    is_started = written is not None and rules.switched_at is not None and rules.switched_at > written
    # What was asked of another database is no question to this one.
    if is_started and (is_known or disk.get("asked") == instance):
        return True
    if asked is None or disk.get("waits_for") != instance:
        return False
    return SendingHost.objects.filter(key=_own_key(), let_at__gt=asked).exists()


def _waits(disk: dict[str, str], instance: str, *, at: datetime) -> bool:
    """It waits for a word, beside whoever sends. False: nobody does, so that this is taken for a copy."""
    if not SendingHost.objects.at_work(at).exclude(key=_own_key()).exists():
        return False
    if disk.get("waits_for") == instance:
        _seen(at=at, is_let=False)
        return True
    SendingHost.objects.forgotten(at).delete()
    SendingHost.objects.update_or_create(
        key=_own_key(), defaults={"name": _name(), "first_at": at, "seen_at": at, "let_at": None, "let_by": None}
    )
    logger.warning("machine_waits_to_send", host=_name())
    _remember(disk | {"waits_for": instance, "waits": at.isoformat()})
    return True


def _seen(*, at: datetime, is_let: bool = True) -> None:
    """It came by; noted once a minute."""
    let_at = at if is_let else None
    host, _made = SendingHost.objects.get_or_create(
        key=_own_key(), defaults={"name": _name(), "first_at": at, "seen_at": at, "let_at": let_at}
    )
    if is_let and host.let_at is None:
        SendingHost.objects.filter(pk=host.pk, let_at=None).update(let_at=at)
    SendingHost.objects.filter(pk=host.pk, seen_at__lt=at - MINUTE).update(seen_at=at, name=_name())


@transaction.atomic
def let_host_send(host: SendingHost, *, by: User, at: datetime) -> None:
    """It belongs to this installation, and sends from its next ring on. LeadConflict once somebody has said so."""
    if not SendingHost.objects.filter(pk=host.pk, let_at=None).update(let_at=at, let_by=by):
        raise LeadConflict(_("This machine sends already."))
    note_audit(
        AuditEntry.Verb.SETTING, by=by, at=at, about="nurture.sendinghost", about_id=str(host.key), detail=host.name
    )


def remember_from_the_start(*, at: datetime) -> None:
    """Before letters are told that were never sent: from here on this disk knows this database.

    Only of one that holds no letter at all: there is nothing in it that may have gone out from elsewhere.
    """
    if not Message.objects.exists():
        _remember({"instance": _instance(), "claimed": "", "written": at.isoformat()})


def _instance() -> str:
    return str(Installation.objects.values_list("instance_id", flat=True).get())


def _name() -> str:
    return socket.gethostname()[:100] or "?"


def _mark() -> Path:
    return Path(settings.VAR_DIR) / "mail-mark.json"


def _own_key() -> UUID:
    """What this disk is called, made once, whoever of its processes comes first."""
    path = Path(settings.VAR_DIR) / "mail-host"
    if not path.exists():
        beside = _beside(path)
        beside.write_text(str(uuid4()))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(beside)
        beside.unlink()
    try:
        return UUID(path.read_text().strip())
    except ValueError:
        # The power went while it was written.
        path.unlink(missing_ok=True)
        return _own_key()


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
    """Replaced at once, so that nobody reads half of it."""
    beside = _beside(_mark())
    beside.write_text(json.dumps(said))
    beside.replace(_mark())


def _beside(path: Path) -> Path:
    """Whoever writes has a name of their own for it."""
    return path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")


def _moment(said: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(said) if said else None
    except ValueError:
        return None
