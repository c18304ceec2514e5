"""The audit log: one way to add to it, and one to see whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db import transaction

from team.models import AuditEntry, AuditHead, User

logger = structlog.get_logger(__name__)
ROWS = 2000


@transaction.atomic
def note_audit(
    verb: AuditEntry.Verb,
    *,
    by: User | None,
    at: datetime,
    about: str = "",
    about_id: str = "",
    before: str = "",
    after: str = "",
    detail: str = "",
) -> AuditEntry:
    """Add one entry behind the last. From where it was asked is what the log of this request says.

    Whoever adds waits until the one before is committed: so it is the last thing a transaction does.
    """
    head, _made = AuditHead.objects.select_for_update().get_or_create(pk=1)
    asked = structlog.contextvars.get_contextvars()
    entry = AuditEntry(
        number=head.number + 1,
        at=at,
        verb=verb,
        by=by,
        about=about[:80],
        about_id=about_id[:40],
        before=before,
        after=after,
        detail=detail[:200],
        address=str(asked.get("ip") or "")[:45],
        request_id=str(asked.get("request_id") or "")[:64],
        previous=head.hash,
    )
    entry.hash = entry.sealed()
    entry.save(force_insert=True)
    AuditHead.objects.filter(pk=1).update(number=entry.number, hash=entry.hash)
    # Outside the database stands what its last hash was: who rewrites all of it is found by that.
    # What is not kept after all was never one.
    seal = {"number": entry.number, "verb": str(verb), "hash": entry.hash}
    transaction.on_commit(lambda: logger.info("audited", **seal))
    return entry


def entries_that_differ() -> Iterator[int]:
    """The numbers of entries that were changed, moved or taken out since they were written."""
    head = AuditHead.objects.first() or AuditHead()
    expected, previous = 1, ""
    for entry in AuditEntry.objects.filter(number__lte=head.number).order_by("number").iterator(chunk_size=ROWS):
        while expected < entry.number:
            yield expected
            expected, previous = expected + 1, entry.previous
        if entry.hash != entry.sealed() or entry.previous != previous:
            yield entry.number
        expected, previous = entry.number + 1, entry.hash
    yield from range(expected, head.number + 1)
    if expected == head.number + 1 and previous != head.hash:
        yield head.number
