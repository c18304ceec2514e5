"""The mailbox is read: each mail is fetched, recorded in a transaction of its own, and put away after its commit.

The network is never spoken to inside a transaction (R16). Ended anywhere, the next ring goes on there: what was
recorded and not put away is put away then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError

from nurture.actions.receiving import note_gone, note_handed_out, note_not_handed_out, take_mail
from nurture.mailbox import Mailbox, MailboxAway, NotHandedOut, Where
from nurture.models import Incoming, MailServer

logger = structlog.get_logger(__name__)

SOURCE = "imap"
# One ring ends well before a task must, and the next one goes on: fewer than what makes it ring on by itself.
SECONDS_MAX, MAILS_MAX = 60, 400
CHUNK = 400
# So many that the database does not take in one ring: it is not the mails, then.
FAILED_MAX = 3
# A server that is away is asked again after a minute, after the next failure after two, and so on.
MINUTES_MAX = 10


def mailbox_of_settings() -> Where | None:
    if not settings.IMAP_HOST:
        return None
    return Where(
        settings.IMAP_HOST,
        settings.IMAP_PORT,
        settings.IMAP_USER,
        settings.IMAP_PASSWORD,
        settings.IMAP_SSL,
        settings.IMAP_FOLDER,
        settings.IMAP_DONE_FOLDER,
    )


def read_mailbox(*, at: datetime) -> int:
    """How many mails were taken. None, where no mailbox is set or its server is away."""
    where = mailbox_of_settings()
    server = MailServer.objects.filter(pk=_name(where)).first() if where else None
    if where is None or (server and server.ask_again_at and server.ask_again_at > at):
        return 0
    try:
        taken = _read(where, at=at)
    except MailboxAway as away:
        logger.warning("mailbox_away", host=where.host, error=str(away))
        failures = (server.failures if server else 0) + 1
        again = at + timedelta(minutes=min(failures, MINUTES_MAX))
        MailServer.objects.update_or_create(
            pk=_name(where), defaults={"failures": failures, "ask_again_at": again}
        )  # fmt: skip
        return 0
    if server and server.failures:
        MailServer.objects.filter(pk=server.pk).update(failures=0, ask_again_at=None)
    return taken


def _read(where: Where, *, at: datetime) -> int:
    begun, taken, failed = time.monotonic(), 0, 0
    with Mailbox(where) as mailbox:
        numbers = mailbox.numbers()
        for start in range(0, len(numbers), CHUNK):
            chunk = numbers[start : start + CHUNK]
            known = _known([mailbox.place(number) for number in chunk])
            for number in chunk:
                if taken >= MAILS_MAX or time.monotonic() - begun > SECONDS_MAX:
                    return taken
                row = known.get(mailbox.place(number))
                if row is not None and not where.done_folder:
                    continue
                if row is None:
                    place = mailbox.place(number)
                    try:
                        raw = mailbox.mail(number)
                    except NotHandedOut as refused:
                        # Those behind it are read all the same.
                        note_not_handed_out(str(refused), source=SOURCE, place=place, at=at)
                        continue
                    if raw is None:
                        continue
                    note_handed_out(source=SOURCE, place=place)
                    try:
                        row = take_mail(raw, source=SOURCE, place=place, at=at)
                    except DatabaseError:
                        failed += 1
                        if failed >= FAILED_MAX:
                            raise
                        # It lies there for the next ring; those behind it are read all the same.
                        logger.exception("mail_not_taken", place=place)
                        continue
                    taken += 1
                    if row.state == Incoming.State.ASIDE:
                        mailbox.flag(number)
                if row.is_dealt_with:
                    mailbox.put_away(number)
        # All that lies there has been looked at: what was begun and is not among it is gone.
        note_gone(source=SOURCE, there={mailbox.place(number) for number in numbers}, at=at)
    return taken


def _known(places: Sequence[str]) -> dict[str, Incoming]:
    """What of these was taken before, and whoever took it has ended with it."""
    rows = Incoming.objects.filter(source=SOURCE, place__in=places).exclude(state=Incoming.State.TAKEN)
    return {row.place: row for row in rows}


def _name(where: Where) -> str:
    return f"imap:{where.host}"[:253]
