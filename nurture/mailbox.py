"""A mailbox by IMAP: which mails lie there, one mail, and where it goes when it has been recorded. No database here.

IMAP4rev1 (RFC 3501) with the standard library, and MOVE (RFC 6851) where the server has it.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from nurture.inbound.parts import BYTES_MAX

TIMEOUT_SECONDS = 30


class MailboxAway(Exception):
    """The server is not there, or does not let us in."""


class NotHandedOut(Exception):
    """The server is there and does not give us this one: it is broken in its store, or held by somebody."""


@dataclass(frozen=True)
class Where:
    """Which mailbox, as the settings name it."""

    host: str
    port: int
    user: str
    password: str
    is_ssl: bool
    folder: str
    done_folder: str


class Mailbox:
    """One conversation with the server. A mail is named by the number it has in the folder while that is valid."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.validity = ""
        self.able: tuple[str, ...] = ()

    def __enter__(self) -> Mailbox:
        where = self.where
        try:
            if where.is_ssl:
                context = ssl.create_default_context()
                self.imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                    where.host, where.port, ssl_context=context, timeout=TIMEOUT_SECONDS
                )
            else:
                self.imap = imaplib.IMAP4(where.host, where.port, timeout=TIMEOUT_SECONDS)
            self.imap.login(where.user, where.password)
            # Some say what they can only to whom they know.
            self.able = tuple(_text(self._said(self.imap.capability())).upper().split())
            self._said(self.imap.select(_quoted(where.folder)))
            self.validity = _text(self.imap.response("UIDVALIDITY")[1])
        except (OSError, imaplib.IMAP4.error) as error:
            self._hang_up()
            raise MailboxAway(str(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()
        if isinstance(error, (OSError, imaplib.IMAP4.error)):
            raise MailboxAway(str(error)) from error

    def numbers(self) -> list[str]:
        """Of everything that lies in the folder, the oldest first."""
        found = self._said(self.imap.uid("SEARCH", "UNDELETED"))
        return sorted(_text(found).split(), key=int)

    def place(self, number: str) -> str:
        return f"{self.validity}:{number}"

    def mail(self, number: str) -> bytes | None:
        """Its bytes without marking it read; as much of it as a mail of people has. None: it is gone.

        Raises NotHandedOut where the server has it and refuses this one.
        """
        kind, data = self.imap.uid("FETCH", number, f"(BODY.PEEK[]<0.{BYTES_MAX}>)")
        if kind == "NO":
            raise NotHandedOut(_text(data))
        return next((bytes(part[1]) for part in self._said((kind, data)) if isinstance(part, tuple)), None)

    def put_away(self, number: str) -> None:
        """It has been recorded: it goes to the other folder, or is marked where there is none."""
        folder = self.where.done_folder
        if not folder:
            self.imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
            return
        if self._moved(number, folder):
            return
        self.imap.create(_quoted(folder))
        self._moved(number, folder)

    def flag(self, number: str) -> None:
        """Somebody should look at it."""
        self.imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Flagged)")

    def _moved(self, number: str, folder: str) -> bool:
        if "MOVE" in self.able:
            return self.imap.uid("MOVE", number, _quoted(folder))[0] == "OK"
        if self.imap.uid("COPY", number, _quoted(folder))[0] != "OK":
            return False
        self.imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self.able:
            self.imap.uid("EXPUNGE", number)
        return True

    def _said(self, answer: tuple[str, Sequence[object]]) -> list[object]:
        kind, data = answer
        if kind != "OK":
            raise imaplib.IMAP4.error(_text(data))
        return list(data)

    def _hang_up(self) -> None:
        imap = getattr(self, "imap", None)
        if imap is None:
            return
        try:
            imap.logout()
        except (OSError, imaplib.IMAP4.error):
            imap.shutdown()


def _quoted(folder: str) -> str:
    """A folder's name as a quoted string: in the modified UTF-7 of IMAP it is ASCII."""
    return '"{}"'.format(re.sub(r'(["\\])', r"\\\1", folder))


def _text(data: object) -> str:
    first = data[0] if isinstance(data, (list, tuple)) and data else data
    return first.decode("ascii", "replace") if isinstance(first, bytes) else str(first or "")
