"""What can be said of a mail without reading it: who wrote, and what lies in it, for a human to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nurture.inbound.names import first_named
from nurture.inbound.parts import decoded_header

# More than this nobody reads on a page.
WORDS_MAX = 64 * 1024
HEADERS = re.compile(
    rb"^(from|subject):[ \t]*([^\r\n]{0,2000}(?:\r?\n[ \t][^\r\n]{0,2000}){0,20})", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Glimpse:
    sender: str
    sender_name: str
    subject: str
    text: str


def glimpse(raw: bytes) -> Glimpse:
    """Never raises, takes nothing apart and opens nothing: what it looks at may have ended whoever read it."""
    head, _blank, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    said = {name.lower(): value for name, value in reversed(HEADERS.findall(head[:WORDS_MAX]))}
    sender = first_named(_line(said.get(b"from", b"")))
    return Glimpse(
        sender=sender.address,
        sender_name=sender.name,
        subject=decoded_header(_line(said.get(b"subject", b"")))[:300],
        text=_plain((body or head)[:WORDS_MAX]),
    )


def _line(value: bytes) -> str:
    return " ".join(_plain(value).split())


def _plain(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\x00", "").strip()
