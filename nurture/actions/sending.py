"""Mail leaves the house, each message at most once: claim (committed), speak, record. Never inside a transaction.

What the server said decides the state. Where the line broke after its leave to send, nobody knows, and nobody guesses:
the message is `unknown` and shown to a human.
"""

from __future__ import annotations

import random
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions.people import mark_contact_point
from accounts.models import ContactPoint
from content.models import AssetVersion
from nurture.actions.claiming import begin_message, claim_messages
from nurture.actions.switching import stop_if_restored
from nurture.fields import BadWords, fill
from nurture.letter import Letter, addresses_in, compose, readable_headers
from nurture.models import MailRules, MailServer, Message, MessageBody, MessageLink
from nurture.recipients import Recipient, permalink, points_of, recipients_of, senders_of, values_of
from nurture.smtp import MayHaveTaken
from nurture.tokens import LINK, OPENING, PERSON, STOP, token_of
from team.clock import database_now

logger = structlog.get_logger(__name__)

# Backoff of a passing refusal (R11): 5 minutes doubled to 4 hours, with full jitter, for about a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=4)
TRIES_MOST = 10
# A mail server that failed so often in a row is asked once a minute.
FAILURES_MOST, PROBE = 10, timedelta(minutes=1)
# No such mailbox; as against a full one, or words it does not like.
NOBODY_THERE = (550, 551, 553)


class ServerDown(Exception):
    """The mail server is not there, or takes nothing from us: no fault of the message."""


@dataclass
class Outcome:
    state: str
    because: str = ""
    code: int | None = None
    answer: str = ""
    is_passing: bool = False


def deliver(*, by: str, clock: Callable[[], datetime] = database_now) -> int:
    """Send what is due until nothing is, as `by`. Returns how many were spoken for."""
    total = 0
    with _Line() as line:
        while _may_speak(line.host, at=clock()):
            stop_if_restored(at=clock())
            taken = claim_messages(by=by, at=clock())
            if not taken:
                return total
            ready = _letters(taken, at=clock())
            for message in taken:
                mail = ready[message.pk]
                if isinstance(mail, Outcome):
                    _record(message, mail, at=clock())
                elif begin_message(message, at=clock()):
                    outcome = line.send(mail)
                    if outcome is None:
                        _server_failed(line.host, at=clock())
                        _give_back(taken, at=clock())
                        return total
                    _record(message, outcome, at=clock())
                total += 1
            _server_answered(line.host)
    return total


class _Line:
    """One conversation with the mail server for many messages, opened when first needed and again after it broke."""

    def __init__(self) -> None:
        self.mailer: Any = mailers["default"]
        self.host: str = getattr(self.mailer, "host", "") or "files"

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *args: object) -> None:
        self._hang_up()

    def send(self, mail: EmailMultiAlternatives) -> Outcome | None:
        """What became of it; None when the server is not there, and it has not been spoken to about this one.

        Never inside a transaction (R16): the claim before it is durable, and Django refuses that inside another.
        """
        try:
            self.mailer.open()
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("mail_server_away", host=self.host, error=str(error))
            self._hang_up()
            return None
        try:
            self.mailer.send_messages([mail])
        except MayHaveTaken as error:
            self._hang_up()
            return Outcome(Message.State.UNKNOWN, answer=str(error))
        except smtplib.SMTPRecipientsRefused as refused:
            code, answer = next(iter(refused.recipients.values()))
            return self._answered(code, answer)
        except smtplib.SMTPResponseException as refused:
            return self._answered(refused.smtp_code, refused.smtp_error)
        except (BadWords, ValueError, UnicodeError) as error:
            return Outcome(Message.State.DEAD, Message.Because.HEADERS, answer=str(error))
        except (OSError, smtplib.SMTPException) as error:
            # The line broke before the server's leave to send: it has nothing.
            self._hang_up()
            return Outcome(Message.State.PLANNED, answer=str(error), is_passing=True)
        return Outcome(Message.State.SENT)

    def _answered(self, code: int, answer: bytes | str) -> Outcome:
        said = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        if code == 421:
            self._hang_up()
        if 400 <= code < 500:
            return Outcome(Message.State.PLANNED, code=code, answer=said, is_passing=True)
        return Outcome(Message.State.REFUSED, Message.Because.HARD, code=code, answer=said)

    def _hang_up(self) -> None:
        try:
            self.mailer.close()
        except (OSError, smtplib.SMTPException):
            self.mailer.connection = None


def _letters(taken: list[Message], *, at: datetime) -> dict[int, EmailMultiAlternatives | Outcome]:
    """The mail of each message, its links written down; or why it cannot be put together."""
    people = {message.person_id for message in taken}
    rows = {
        row.pk: row
        for row in Message.objects.filter(pk__in=[message.pk for message in taken]).select_related(
            "asset", "lead", "node", "enrolment__track"
        )
    }
    recipients = recipients_of(people, points_of(people), at=at)
    values = values_of(list(rows.values()), recipients, at=at)
    senders = senders_of(list(rows.values()))
    bodies = MessageBody.objects.in_bulk(list(rows))
    rules = MailRules.objects.get(pk=1)
    ready: dict[int, EmailMultiAlternatives | Outcome] = {}
    for message in taken:
        try:
            to = recipients[message.person_id]
            row, sender = rows[message.pk], senders.get(message.pk, "")
            words = _words(row, bodies.get(message.pk), values[message.pk])
            ready[message.pk] = _letter(row, to, words, values[message.pk], sender, rules)
        except BadWords as bad:
            ready[message.pk] = Outcome(Message.State.DEAD, Message.Because.WORDS, answer=str(bad))
        except Exception as error:
            # One that cannot be put together is no trouble of the others.
            logger.exception("message_not_composed", message=message.pk)
            ready[message.pk] = Outcome(Message.State.DEAD, Message.Because.WORDS, answer=type(error).__name__)
    return ready


def _words(message: Message, body: MessageBody | None, values: dict[str, str]) -> tuple[str, str]:
    """Subject and text: what somebody wrote was filled when she did, what a track says is filled now, from its node."""
    if message.node is not None:
        return fill(message.node.subject, values, clean=True), fill(message.node.text, values)
    if body is None:
        raise BadWords(_("There are no words."))
    return body.subject, body.text


def _letter(
    message: Message,
    to: Recipient,
    words: tuple[str, str],
    values: dict[str, str],
    sender: str,
    rules: MailRules,
) -> EmailMultiAlternatives:
    if to.point is None:
        raise BadWords(_("There is no address."))
    subject, text = words
    asset = message.asset
    if asset is not None and permalink(str(asset.public_id)) not in text:
        text += f"\n\n[{asset.title}]({permalink(str(asset.public_id))})"
    is_counted = message.kind == Message.Kind.NURTURE
    ours, hidden = _write_links(message, addresses_in(text), asset_url=values["asset_link"], hidden=is_counted)
    stop = site(reverse("nurture:stop", args=[token_of(STOP, message.pk)]))
    letter = Letter(
        message_id=message_id_of(message),
        to=_address(to.person.name, to.point.value),
        sender=_address(sender or rules.sender_name, settings.DEFAULT_FROM_EMAIL),
        reply_to=settings.MAIL_REPLY_TO,
        subject=subject,
        text=text,
        ours=ours,
        stop_url=stop,
        preferences_url=site(reverse("nurture:preferences", args=[token_of(PERSON, message.person_id)])),
        opened_url=site(reverse("nurture:opened", args=[token_of(OPENING, message.pk)])) if is_counted else "",
        hidden_url=hidden,
        why=_why(message) if is_counted else "",
        postal_address=rules.postal_address,
    )
    mail = compose(letter)
    readable_headers(mail)
    with transaction.atomic():
        said = {"to_address": to.point.value, "subject": subject, "text": text}
        MessageBody.objects.update_or_create(message=message, defaults=said)
        Message.objects.filter(pk=message.pk).update(asset_version=_version_of(message))
    return mail


def _version_of(message: Message) -> int | None:
    current = AssetVersion.objects.filter(asset=message.asset_id, is_current=True)
    return current.values_list("number", flat=True).first()


def _why(message: Message) -> str:
    return _("You get this because you asked for or read something of ours.")


def _write_links(message: Message, addresses: list[str], *, asset_url: str, hidden: bool) -> tuple[dict[str, str], str]:
    """Our address by each of these, and that of the link which nobody sees. Composed again, they are the same rows."""
    known = {link.number: link for link in MessageLink.objects.filter(message=message)}
    wanted = [(number, address) for number, address in enumerate(addresses, start=1)]
    if hidden:
        wanted.append((0, ""))
    missing = []
    for number, address in wanted:
        is_asset = bool(address) and address == asset_url
        link = known.get(number)
        if link is None:
            missing.append(
                MessageLink(message=message, number=number, asset=message.asset if is_asset else None,
                            url="" if is_asset else address)
            )  # fmt: skip
    MessageLink.objects.bulk_create(missing)
    known |= {link.number: link for link in missing}
    ours = {
        address: site(reverse("nurture:followed", args=[token_of(LINK, known[number].pk)]))
        for number, address in wanted
        if address
    }
    unseen = site(reverse("nurture:followed", args=[token_of(LINK, known[0].pk)])) if hidden else ""
    return ours, unseen


def message_id_of(message: Message) -> str:
    """The same however often it is tried, so that a receiver can drop a copy, and an answer be known by it."""
    return f"<{message.public_id}@{urlsplit(settings.SITE_URL).hostname}>"


def site(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _address(name: str, address: str) -> Address:
    """BadWords for one that no header can carry; a name with commas or brackets in it stays a name (R36)."""
    try:
        return Address(display_name=" ".join(name.split()), addr_spec=_ascii(address))
    except (ValueError, IndexError) as error:
        raise BadWords(_("%(address)s cannot be written to.") % {"address": address}) from error


def _ascii(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else address


@transaction.atomic
def _record(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """What became of it, by its fence: a claim that is not ours any more changes nothing."""
    new: dict[str, Any] = {"state": outcome.state, "because": outcome.because, "smtp_code": outcome.code}
    new["lease_until"] = None
    if outcome.is_passing:
        if message.attempt >= TRIES_MOST:
            new |= {"state": Message.State.REFUSED, "because": Message.Because.TOO_OFTEN}
        else:
            new |= {"due_at": at + _wait(message.attempt), "begun_at": None}
    elif outcome.state == Message.State.SENT:
        new["sent_at"] = at
    mine = Message.objects.filter(
        pk=message.pk, state=Message.State.SENDING, claimed_by=message.claimed_by, attempt=message.attempt
    )
    if not mine.update(**new):
        logger.warning("message_not_ours_any_more", message=message.pk)
        return
    if outcome.answer:
        MessageBody.objects.filter(pk=message.pk).update(answer=outcome.answer[:500])
    if new["state"] == Message.State.REFUSED and outcome.code in NOBODY_THERE:
        point = message.point
        if point is not None:
            mark_contact_point(point, ContactPoint.State.BOUNCED, by=None, at=at)


def _wait(attempt: int) -> timedelta:
    """Full jitter: anything up to 5 minutes doubled by each try, 4 hours at most."""
    longest = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return longest * random.uniform(0.2, 1)  # noqa: S311 # nosec B311


def _may_speak(host: str, *, at: datetime) -> bool:
    server = MailServer.objects.filter(pk=host).first()
    return server is None or server.ask_again_at is None or server.ask_again_at <= at


def _server_failed(host: str, *, at: datetime) -> None:
    with transaction.atomic():
        server, _made = MailServer.objects.select_for_update().get_or_create(pk=host)
        server.failures += 1
        server.ask_again_at = at + PROBE if server.failures >= FAILURES_MOST else None
        server.save(update_fields=["failures", "ask_again_at"])


def _server_answered(host: str) -> None:
    MailServer.objects.filter(pk=host).exclude(failures=0).update(failures=0, ask_again_at=None)


def _give_back(taken: list[Message], *, at: datetime) -> None:
    """The server is away: what was claimed and has not been answered waits for the next ring, and no try is counted."""
    for message in taken:
        Message.objects.filter(
            pk=message.pk, state=Message.State.SENDING, claimed_by=message.claimed_by, attempt=message.attempt
        ).update(state=Message.State.PLANNED, due_at=at, lease_until=None, begun_at=None, attempt=message.attempt - 1)
