"""What a mail provider tells is recorded as it came, and answered; what follows from it is the work of a tick (R25).

Told twice, it is one row. Whatever fails is tried again, and set aside with its reason after the last try: each event
on its own, and what cannot be taken apart as a whole.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from nurture.actions.receiving import TRIES, keep_words, set_aside
from nurture.models import Told

logger = structlog.get_logger(__name__)

BATCH, SECONDS_MAX = 20, 60
# Longer than a task may take: whoever has not ended by then never will.
LEASE = timedelta(minutes=5)
WAITS = (timedelta(minutes=1), timedelta(minutes=10))
# What ended whoever read it, though each event of it is begun no more than three times.
ENDINGS_MOST = TRIES + 2
KEPT = timedelta(days=30)
# So much of what could not be taken apart is shown.
TEXT_MAX = 20_000


def record_told(hook: str, body: bytes, *, content_type: str, headers: Mapping[str, str], at: datetime) -> bool:
    """One thing that was told, whoever said it has shown the secret. Returns whether it is news."""
    key = hashlib.sha256(hook.encode() + b"\n" + body).hexdigest()
    with transaction.atomic(durable=True):
        _row, is_new = Told.objects.get_or_create(
            hook=hook,
            key=key,
            defaults={
                "content_type": content_type[:200], "headers": dict(headers), "body": body, "told_at": at, "due_at": at,
            },
        )  # fmt: skip
    return is_new


def read_told(*, at: datetime) -> int:
    """Read what is due. Returns how much of it; nothing, where nobody is there who can take it apart."""
    if not apps.is_installed("anymail"):
        return 0
    # An optional extra, which is only asked for where it is installed.
    providers: Any = import_module("nurture.providers")
    begun, total = time.monotonic(), 0
    while time.monotonic() - begun < SECONDS_MAX and (rows := _begin(at=at)):
        for row in rows:
            _read(row, providers, at=at)
        total += len(rows)
    _forget(at=at)
    return total


def _begin(*, at: datetime) -> list[Told]:
    """Some that are due, each noting that somebody begins to read it."""
    skips = connection.features.has_select_for_update_skip_locked
    with transaction.atomic(durable=True):
        rows = list(Told.objects.due(at).select_for_update(skip_locked=skips)[:BATCH])
        Told.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=F("attempts") + 1, due_at=at + LEASE)
    for row in rows:
        row.attempts += 1
    return rows


def _read(row: Told, providers: Any, *, at: datetime) -> None:
    if row.attempts > ENDINGS_MOST:
        _end(row, ["Whoever read it ended, again and again."], at=at)
        return
    try:
        errors = providers.follow(row, at=at)
    except (OperationalError, InterfaceError):
        # The database is in trouble, not what was told.
        _mine(row).update(attempts=F("attempts") - 1, due_at=at)
        raise
    except SoftTimeLimitExceeded:
        # It ends its reader, and is read again so often and no more.
        raise
    except Exception as error:
        logger.exception("told_not_read", told=row.pk)
        errors = [f"{type(error).__name__}: {error}"]
    if not errors or row.attempts >= TRIES:
        _end(row, errors, at=at)
    else:
        _mine(row).update(due_at=at + WAITS[min(row.attempts, len(WAITS)) - 1], error=_words(errors))


def _end(row: Told, errors: list[str], *, at: datetime) -> None:
    with transaction.atomic():
        if not errors:
            _mine(row).update(state=Told.State.DONE, body=b"", due_at=None, ended_at=at, error="")
            return
        aside = _mine(row).update(state=Told.State.ASIDE, due_at=None, ended_at=at, error=_words(errors))
        if aside:
            # It stands with what was set aside of the mailbox, for a human to look at.
            seen = set_aside(row.hook, row.key, errors[0], at=at)
            text = bytes(row.body[:TEXT_MAX]).decode("utf-8", "replace").replace("\x00", "")
            keep_words(seen, sender="", subject=row.hook, text=text)


def _mine(row: Told) -> Any:
    """The fence: this reading of it and no other."""
    return Told.objects.filter(pk=row.pk, state=Told.State.WAITING, attempts=row.attempts)


def _words(errors: list[str]) -> str:
    return "; ".join(errors).replace("\x00", "")[:300]


def _forget(*, at: datetime) -> None:
    """The words of what was set aside are kept as long as somebody may look into it."""
    Told.objects.filter(state=Told.State.ASIDE, ended_at__lt=at - KEPT).exclude(body=b"").update(body=b"")
