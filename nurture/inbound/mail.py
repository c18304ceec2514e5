"""What came back by mail: a reply, an absence, a bounce, a complaint, a wish to be left alone, or none of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from django.conf import settings

from nurture.inbound.absence import day_of_return, is_absence
from nurture.inbound.bounces import Failure, failures_of, original_ids
from nurture.inbound.names import first_named, named_in
from nurture.inbound.own_words import own_words, wants_out
from nurture.inbound.parts import Parts, header_of, message_ids, raw_header, take_apart


class Kind(StrEnum):
    REPLY = "reply"
    AUTO_REPLY = "auto_reply"
    OUT_OF_OFFICE = "out_of_office"
    BOUNCE_HARD = "bounce_hard"
    BOUNCE_SOFT = "bounce_soft"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OTHER = "other"


# RFC 5965 and RFC 6650; what a report calls an opt-out is one, and failed authentication is nobody's wish.
FEEDBACK = {
    "abuse": Kind.COMPLAINT, "fraud": Kind.COMPLAINT, "virus": Kind.COMPLAINT, "other": Kind.COMPLAINT,
    "": Kind.COMPLAINT,
    "miscategorized": Kind.COMPLAINT, "opt-out": Kind.UNSUBSCRIBE, "opt-out-list": Kind.UNSUBSCRIBE,
}  # fmt: skip
COMPLAINTS = re.compile(
    r"complaint about (?:message|e-?mail) from|abuse report|spam (?:report|complaint)|fbl complaint", re.IGNORECASE
)
AUTOMATIC = re.compile(
    r"auto(?:matic(?:ally)?)?[- ]?(?:re(?:ply|sponse|sponder)|generated|mated)|automated (?:re|message)"
    r"|automatische? antwor|autosvar|automatisk svar|automaattinen"
    r"|r[ée]ponse automatique|respuesta autom|resposta autom|risposta automatica|odpowiedź automatyczna|автоответ"
    r"|自動(?:返信|応答)|自动回复|自動回覆",
    re.IGNORECASE,
)


# What mail programs put before the subject of what is answered, in the languages of AUTOMATIC.
ANSWERS = re.compile(
    r"^\s*(?:(?:re|aw|antw|sv|vs|ref|res|r|rif|odp|ynt|回复|答复|回覆|返信)(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)


@dataclass(frozen=True)
class InMail:
    kind: Kind
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    at: datetime | None = None
    # Addresses that a bounce names, a complaint is about, or a wish to be left alone comes from.
    failures: list[Failure] = field(default_factory=list)
    original_ids: list[str] = field(default_factory=list)
    back_on: date | None = None
    words: str = ""

    @property
    def failed_recipient(self) -> str:
        return self.failures[0].recipient if self.failures else ""

    @property
    def status(self) -> str:
        return self.failures[0].status if self.failures else ""


def read_mail(raw: bytes) -> InMail:
    """Never raises, whatever the bytes are."""
    parts = take_apart(raw)
    at = _moment(parts.header("Date"))
    kind, failures = _kind(parts)
    words = own_words(parts) if kind in (Kind.REPLY, Kind.AUTO_REPLY, Kind.OUT_OF_OFFICE) else ""
    if kind in (Kind.REPLY, Kind.AUTO_REPLY) and wants_out(words, parts.header("Subject")):
        kind = Kind.UNSUBSCRIBE
    back_on = None
    if kind is Kind.AUTO_REPLY and is_absence(_own_subject(parts), words):
        kind = Kind.OUT_OF_OFFICE
        back_on = day_of_return(f"{_own_subject(parts)}\n{words}", sent_on=at.date() if at else None)
    sender = first_named(parts.raw_header("From"))
    return InMail(
        kind,
        sender=sender.address,
        sender_name=sender.name,
        subject=parts.header("Subject")[:300],
        at=at,
        failures=failures,
        original_ids=original_ids(parts),
        back_on=back_on,
        words=words,
    )


def _kind(parts: Parts) -> tuple[Kind, list[Failure]]:
    if parts.feedback is not None:
        kind = FEEDBACK.get(header_of(parts.feedback, "Feedback-Type").lower(), Kind.OTHER)
        return kind, _complained(parts)
    if parts.is_receipt:
        return Kind.OTHER, []
    if '"notificationType":"Complaint"' in parts.words.replace(" ", "")[:2000]:
        return Kind.COMPLAINT, _complained(parts)
    failures = failures_of(parts)
    if failures is not None:
        if not failures:
            return Kind.OTHER, []
        hard = [one for one in failures if one.is_hard]
        return (
            (Kind.BOUNCE_HARD, [*hard, *(one for one in failures if not one.is_hard)])
            if hard
            else (Kind.BOUNCE_SOFT, failures)
        )
    if COMPLAINTS.search(parts.header("Subject")) and parts.returned is not None:
        return Kind.COMPLAINT, _complained(parts)
    if _is_automatic(parts):
        return Kind.AUTO_REPLY, []
    return (Kind.OTHER if _is_bulk(parts) and not _answers_ours(parts) else Kind.REPLY), []


def _own_subject(parts: Parts) -> str:
    """What its sender's program wrote: the subject of what it answers is ours, and says nothing of her."""
    subject = parts.header("Subject")
    answers = parts.header("In-Reply-To") or parts.header("References")
    return "" if answers and ANSWERS.match(subject) else subject


def _answers_ours(parts: Parts) -> bool:
    """Ticket systems, groups and filters of spam write the marks of bulk on what somebody wrote to us, too."""
    named = message_ids(parts.header("In-Reply-To")) + message_ids(parts.header("References"))
    return any(one.lower().endswith(f"@{settings.SITE_HOST}>") for one in named)


def _complained(parts: Parts) -> list[Failure]:
    """Who complained, where the report says it or the mail it returns does."""
    named = (
        [raw_header(parts.feedback, name) for name in ("Original-Rcpt-To", "Removal-Recipient")]
        if parts.feedback
        else []
    )
    if parts.returned is not None:
        named += [raw_header(parts.returned, name) for name in ("X-HmXmrOriginalRecipient", "Delivered-To", "To")]
    found = dict.fromkeys(one.address for header in named for one in named_in(header))
    return [Failure(one, "", is_hard=False, said="") for one in found][:5]


def _is_automatic(parts: Parts) -> bool:
    """RFC 3834, and what was written before it or beside it."""
    submitted = parts.header("Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    precedence = parts.header("Precedence").lower().replace("-", "_")
    if (
        precedence == "auto_reply"
        or parts.header("X-Autoreply")
        or parts.header("X-Autorespond")
        or parts.header("X-Auto-Reply")
    ):
        return True
    subject = _own_subject(parts)
    return bool(AUTOMATIC.search(subject)) or is_absence(subject, "")


def _is_bulk(parts: Parts) -> bool:
    bulk = parts.header("Precedence").lower() in ("bulk", "list", "junk")
    return (
        bulk
        or bool(parts.header("List-Id") or parts.header("List-Unsubscribe"))
        or parts.header("X-Spam-Flag").lower() == "yes"
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
