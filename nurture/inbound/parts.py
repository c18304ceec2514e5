"""A mail taken apart without trusting it: headers as text, the words, the report, and what of our own came back.

Nothing in here raises, whatever the bytes are, but the end of its reader's time: a header that cannot be read is
empty, an unknown charset is read as Latin-1, and what is nested deeper or larger than a mail ever is stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from html.parser import HTMLParser

from celery.exceptions import SoftTimeLimitExceeded

from accounts.normalise import one_line

# More than this of a mail is attachments.
BYTES_MAX = 2 * 1024 * 1024
# A mail of people has a handful of parts; the words of one fit in a few pages.
PARTS_MAX = 60
NESTED_MAX = 30
WORDS_MAX = 64_000
HEADER_MAX = 4_000

# Where a report in plain words ends and the mail it returns begins.
RETURNED = re.compile(
    r"^[ \t>|]*(?:-{2,}|_{2,}|={2,}|\*{2,})?[ \t]*(?:"
    r"this is a copy of (?:the|your) (?:original )?message.*"
    r"|below this line is a copy of the message.*"
    r"|below this line is the original bounce.*"
    r"|(?:the )?(?:unsent|original|returned|undelivered) message(?: follows| headers?| below| text)?"
    r"|message (?:headers?|text)(?: follows?)?"
    r"|(?:the )?(?:header|start)s? of (?:the )?(?:original|returned|your|bounced) (?:message|mail).*"
    r"|original message (?:header|follow)s?.*"
    r"|original mail as follows.*"
    r"|your message.{0,20} (?:follows|reads \(in part\)|was enclosed)"
    r"|received message follows"
    r"|(?:a )?copy of (?:the|your) (?:original )?(?:message|mail)(?: follows| is attached)?.*"
    r"|included is a copy of the message header"
    r"|unsent message below"
    r"|content-type: message/(?:rfc822|partial).*"
    r"|content-type: text/rfc822-headers.*"
    r")[ \t:.]*(?:-{2,}|_{2,}|={2,}|\*{2,})?[ \t|]*$",
    re.IGNORECASE | re.MULTILINE,
)
# RFC 2047: an encoded word, and a row of them, as the room between two is not part of what they say.
WORD = r"=\?[^?]*\?[bq]\?.*?\?="
ENCODED = re.compile(rf"{WORD}(?:\s*{WORD})*", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f]{3,250}>")


@dataclass
class Parts:
    """What of a mail is looked at."""

    message: Message
    words: str = ""
    html: str = ""
    # One for each recipient of a delivery report, after the block about the message itself.
    statuses: list[Message] = field(default_factory=list)
    feedback: Message | None = None
    is_receipt: bool = False
    # The headers of the mail that came back.
    returned: Message | None = None
    returned_text: str = ""

    def header(self, name: str) -> str:
        return header_of(self.message, name)

    def raw_header(self, name: str) -> str:
        return raw_header(self.message, name)


def take_apart(raw: bytes) -> Parts:
    raw = raw[:BYTES_MAX]
    message = _tried(lambda: BytesParser(policy=compat32).parsebytes(raw))
    parts = Parts(_headers_only(raw) if message is None else message)
    seen = 0
    todo: list[tuple[Message, int]] = [(parts.message, 0)]
    while todo and seen < PARTS_MAX:
        part, depth = todo.pop()
        seen += 1
        if _is_attached(part):
            continue
        inner = _read(part, parts)
        if inner and depth < NESTED_MAX:
            todo += [(one, depth + 1) for one in reversed(inner)]
    if not parts.words and parts.html:
        parts.words = text_of_html(parts.html)
    if not parts.words and not parts.statuses and parts.feedback is None:
        # Its parts are not where it says they are.
        parts.words = _storable(_decoded(raw, None)).replace("\r\n", "\n").partition("\n\n")[2][:WORDS_MAX]
    _split_returned(parts)
    return parts


def header_of(message: Message, name: str) -> str:
    """In one line, decoded; empty when it is missing or cannot be read."""
    return decoded_header(raw_header(message, name))


def raw_header(message: Message, name: str) -> str:
    """In one line, as it stands in the mail: its bytes are read as UTF-8 (RFC 6532), else as Latin-1."""
    value = next((value for one, value in message.raw_items() if one.lower() == name.lower()), "")
    try:
        raw = str(value)[:HEADER_MAX].encode("utf-8", "surrogateescape")
    except UnicodeError:  # halves of characters
        return ""
    return " ".join(_storable(_decoded(raw, None)).split())


def decoded_header(value: str) -> str:
    """What a header says, in one line that any database takes and nothing in it turns. What cannot be decoded stays as
    it stands there."""
    value = value[:HEADER_MAX]
    if "\x1b$" in value:
        value = _decoded(value.encode("ascii", "replace"), "iso-2022-jp")
    return one_line(_storable(ENCODED.sub(lambda words: _decoded_words(words[0]), value)))


def _decoded_words(words: str) -> str:
    pieces = _tried(lambda: decode_header(words))
    if pieces is None:
        return words
    return "".join(_decoded(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces)


def text_of_html(html: str) -> str:
    """Its words, without what it quotes."""
    reader = _Words()
    # What was read until it fails is what there is.
    _tried(lambda: reader.read(html[: 4 * WORDS_MAX]))
    lines = (" ".join(line.split()) for line in "".join(reader.said).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:WORDS_MAX]


class _Words(HTMLParser):
    """Without recursion, so that nesting costs nothing."""

    BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote")
    SILENT = ("script", "style", "title", "blockquote")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.silent: list[str] = []

    def read(self, html: str) -> None:
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self.silent.append(tag)
        elif tag in self.BREAKS and not self.silent:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent.pop() != tag:
                pass
        elif tag in self.BREAKS and not self.silent:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(re.sub(r"\s+", " ", data))


def blocks_in(words: str) -> list[Message]:
    """A report that stands among the words, where its MIME is broken."""
    if "final-recipient:" not in words.lower():
        return []
    return [block for block in _blocks(words) if block["Final-Recipient"]]


def message_ids(text: str) -> list[str]:
    return MESSAGE_ID.findall(text[:HEADER_MAX])


def _read(part: Message, parts: Parts) -> list[Message]:
    """Keep what this part says; returns the parts inside it."""
    kind = part.get_content_type()
    inside = part.get_payload()
    nested = [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        parts.statuses += nested or _blocks(_text(part))
        return []
    if kind == "message/feedback-report":
        parts.feedback = nested[0] if nested else (_blocks(_text(part)) or [Message()])[0]
        return []
    if kind in ("message/disposition-notification", "message/global-disposition-notification"):
        parts.is_receipt = True
        return []
    if kind in ("message/rfc822", "message/global") and parts.returned is None:
        parts.returned = nested[0] if nested else _from_text(_text(part))
        return []
    if kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
        if parts.returned is None:
            parts.returned = _from_text(_text(part))
        return []
    if nested:
        return nested
    if kind == "text/html":
        parts.html = parts.html or _text(part)
    elif kind.startswith("text/") or not part.get("Content-Type"):
        parts.words = f"{parts.words}\n{_text(part)}".strip("\n")[:WORDS_MAX] if parts.words else _text(part)
    return []


def _split_returned(parts: Parts) -> None:
    """A report in plain words quotes our mail below a line that says so."""
    if parts.returned is not None:
        return
    found = RETURNED.search(parts.words)
    if found:
        below = parts.words[found.end() :].lstrip("\r\n")
        parts.returned_text = below
        # Some put their own MIME headers between the line and the mail.
        blocks = [_from_text(block) for block in re.split(r"\n[ \t>]*\n", below[:WORDS_MAX])[:4]]
        parts.returned = next((block for block in blocks if "message-id" in block or "from" in block), None)
        parts.words = parts.words[: found.start()]


def _is_attached(part: Message) -> bool:
    return header_of(part, "Content-Disposition").lower().startswith("attachment") and part.get_content_type() not in (
        "message/delivery-status",
        "message/rfc822",
        "text/rfc822-headers",
        "message/feedback-report",
    )


def _text(part: Message) -> str:
    raw = _tried(lambda: part.get_payload(decode=True))
    if not isinstance(raw, bytes):
        raw = str(part.get_payload() or "").encode("utf-8", "replace")
    charset = _tried(part.get_content_charset)
    return _storable(_decoded(raw[: 4 * WORDS_MAX], charset)).replace("\r\n", "\n")[: 4 * WORDS_MAX]


def _storable(text: str) -> str:
    """Without what no database takes: zero bytes, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _decoded(raw: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name) if name else raw.decode("ascii")
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _blocks(text: str) -> list[Message]:
    return [_from_text(block) for block in re.split(r"\n[ \t]*\n", text[:WORDS_MAX])[:PARTS_MAX] if block.strip()]


def _from_text(text: str) -> Message:
    message = _tried(lambda: HeaderParser(policy=compat32).parsestr(text.lstrip("\n")[:WORDS_MAX]))
    return Message() if message is None else message


def _headers_only(raw: bytes) -> Message:
    head, _gap, body = raw.decode("latin-1").replace("\r\n", "\n").partition("\n\n")
    message = _from_text(head)
    for name in ("Content-Type", "Content-Transfer-Encoding"):
        del message[name]
    message.set_payload(body[:WORDS_MAX])
    return message


def _tried[T](read: Callable[[], T]) -> T | None:
    """What the standard library makes of hostile mail; None where that ends it, as encodings that are none do. The end
    of its reader's time is no fault of the mail."""
    try:
        return read()
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        return None
