"""Mail leaves the house, each message at most once: claim (committed), speak, record. Never inside a transaction.

What the server said decides the state. Where the line broke after its leave to send, nobody knows, and nobody guesses:
the message is `unknown` and shown to a human.
"""

from __future__ import annotations

import random
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import OperationalError, transaction

from nurture.actions.bouncing import came_back_in_a_row, hold_whose, shut_address
from nurture.actions.claiming import begin_message, claim_messages, give_back, mine_of
from nurture.actions.composing import compose_all
from nurture.actions.counting import count_use
from nurture.actions.known_hosts import may_send_here
from nurture.actions.unsent import settle_or_leave
from nurture.fields import BadWords
from nurture.inbound.bounces import STATUS
from nurture.inbound.reasons import address_is_dead, is_of_mailbox
from nurture.models import MailServer, Message, MessageBody
from nurture.smtp import MayHaveTaken
from team.clock import database_now

logger = structlog.get_logger(__name__)

# Backoff of a passing refusal (R11): 5 minutes doubled to 4 hours, with full jitter, for a day in all. It is tried so
# often at least, because a letter waits for her hours meanwhile, and for five days at most.
FIRST_WAIT, LONGEST_WAIT, LONGEST = timedelta(minutes=5), timedelta(hours=4), timedelta(hours=24)
TRIES_LEAST, LONGEST_OF_ALL = 6, timedelta(days=5)
# A task that takes too long is ended in the middle of a letter; so it ends by itself, and the next ring goes on. One
# letter to a server that is slow at every word may take as long again.
SECONDS_MAX = 30
# A mail server that failed so often in a row is asked once a minute.
FAILURES_MOST, PROBE = 10, timedelta(minutes=1)
# What a server says of a mailbox that is not there, and of much else: its words tell which.
MAY_MEAN_NOBODY = (550, 551, 553)
# RFC 5321: the service is not available and closes the line.
CLOSING = 421
# RFC 1870 and RFC 3463: said of one letter, where others are taken.
TOO_LARGE, STATUS_TOO_LARGE, STATUS_FULL = 552, "5.3.4", "5.2.2"


class ServerDown(Exception):
    """The mail server is not there, or takes nothing from us: no fault of the message."""


@dataclass
class Outcome:
    state: str
    because: str = ""
    code: int | None = None
    answer: str = ""
    is_passing: bool = False
    # What the server said is of the mailbox it goes to: so many in a row shut her address.
    is_of_address: bool = False
    # It said that nobody has this address.
    is_nobody: bool = False
    # It was refused before anybody was named: what the server thinks of us, or of how much we send. Or it closes.
    is_of_server: bool = False
    # The server closes (421): the letter waits for the next one who answers, and no try is counted.
    is_untouched: bool = False


def deliver(*, by: str, clock: Callable[[], datetime] = database_now) -> int:
    """Send what is due until nothing is, as `by`, or its time is over. Returns how many were spoken for."""
    begun, total = time.monotonic(), 0
    with _Line() as line:
        in_a_row = _failures_of(line.host)
        while _may_speak(line.host, at=clock()):
            if not may_send_here(at=clock()):
                return total
            taken = claim_messages(by=by, at=clock())
            if not taken:
                return total
            ready, bad = compose_all(taken, at=clock())
            for message in taken:
                mail = ready.get(message.pk)
                if mail is None:
                    _record(
                        message, Outcome(Message.State.DEAD, Message.Because.WORDS, answer=bad[message.pk]), at=clock()
                    )
                elif begin_message(message, at=clock()):
                    outcome = line.send(mail)
                    if outcome is None:
                        _server_failed(line.host, at=clock())
                        _give_back(taken, at=clock())
                        return total
                    _record(message, outcome, at=clock())
                    in_a_row = in_a_row + 1 if outcome.is_of_server else 0
                    if in_a_row >= FAILURES_MOST:
                        _server_failed(line.host, at=clock(), failures=in_a_row)
                        _give_back(taken, at=clock())
                        return total + 1
                total += 1
                if time.monotonic() - begun > SECONDS_MAX:
                    _give_back(taken, at=clock())
                    return total
            if not in_a_row:
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
            outcome = self._answered(code, answer)
            outcome.is_nobody = code in MAY_MEAN_NOBODY and _says_nobody(outcome.answer)
            # Without a status, 552 said of a recipient means that her mailbox is full (RFC 5321).
            codes = _codes(outcome.answer) or ([STATUS_FULL] if code == TOO_LARGE else [])
            outcome.is_of_address = outcome.is_nobody or is_of_mailbox(outcome.answer, codes)
            return outcome
        except smtplib.SMTPSenderRefused as refused:
            outcome = self._answered(refused.smtp_code, refused.smtp_error)
            if outcome.is_passing:
                outcome.is_of_server, outcome.is_untouched = True, refused.smtp_code == CLOSING
                return outcome
            if _is_too_large(outcome):
                return outcome
            # It takes nothing from us, whoever it is to.
            logger.warning("mail_sender_refused", host=self.host, code=refused.smtp_code, answer=refused.smtp_error)
            self._hang_up()
            return None
        except smtplib.SMTPResponseException as refused:
            outcome = self._answered(refused.smtp_code, refused.smtp_error)
            of_mailbox = is_of_mailbox(outcome.answer, _codes(outcome.answer))
            outcome.is_of_address = of_mailbox and not outcome.is_of_server
            return outcome
        except (BadWords, ValueError, UnicodeError) as error:
            return Outcome(Message.State.DEAD, Message.Because.HEADERS, answer=str(error))
        except (OSError, smtplib.SMTPException) as error:
            # The line broke before the server's leave to send: it has nothing.
            self._hang_up()
            return Outcome(Message.State.PLANNED, answer=str(error), is_passing=True)
        return Outcome(Message.State.SENT)

    def _answered(self, code: int, answer: bytes | str) -> Outcome:
        said = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        if code == CLOSING:
            # To whatever it answers so: it may be any command.
            logger.warning("mail_server_closes", host=self.host, answer=said)
            self._hang_up()
            return Outcome(Message.State.PLANNED, code=code, answer=said, is_passing=True, is_of_server=True)
        if 400 <= code < 500:
            return Outcome(Message.State.PLANNED, code=code, answer=said, is_passing=True)
        return Outcome(Message.State.REFUSED, Message.Because.HARD, code=code, answer=said)

    def _hang_up(self) -> None:
        try:
            self.mailer.close()
        except (OSError, smtplib.SMTPException):
            self.mailer.connection = None


def _record(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """What became of it, by its fence: a claim that is not ours any more changes nothing. Where it says that an address
    takes no mail, what follows is what follows from a report of that.

    Where others hold her leads for too long, what the server said is kept without that: the letter would end as one of
    which nobody knows, and the next to her address says it again.
    """
    if outcome.is_untouched or (outcome.code == CLOSING and message.put_off_since is None):
        _give_back_closed(message, outcome, at=at)
        return
    new = _new_of(message, outcome, at=at)
    if new["state"] == Message.State.REFUSED and outcome.is_of_address:
        new["bounced_at"] = at
        try:
            _write(message, outcome, new, at=at, is_followed=True)
            return
        except OperationalError as error:
            logger.warning("refusal_not_followed", message=message.pk, error=str(error))
    _write(message, outcome, new, at=at)


@transaction.atomic
def _give_back_closed(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """Behind what else waits: where the server closes whenever it hears of this one, it holds up no other."""
    mine = mine_of(message)
    if not outcome.is_untouched:
        # Once for nothing; whose recipient makes it close again is put off like others, and given up in a day.
        mine.update(put_off_since=at)
    give_back(mine, at=at + PROBE)


@transaction.atomic
def _write(message: Message, outcome: Outcome, new: dict[str, Any], *, at: datetime, is_followed: bool = False) -> None:
    if is_followed:
        hold_whose(message)
    if not mine_of(message).update(**new):
        logger.warning("message_not_ours_any_more", message=message.pk)
        return
    if outcome.state == Message.State.SENT:
        count_use(message, at=at)
    if outcome.answer:
        MessageBody.objects.filter(pk=message.pk).update(answer=outcome.answer[:500])
    if is_followed and (outcome.is_nobody or came_back_in_a_row(message)):
        # Before its history goes on: what she wrote by hand is taken back as if nothing had happened since.
        settle_or_leave(message.pk, at=at)
        shut_address(message, said=outcome.answer, at=at)


def _new_of(message: Message, outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """What is written of it."""
    new: dict[str, Any] = {"state": outcome.state, "because": outcome.because, "smtp_code": outcome.code}
    new["lease_until"] = None
    if outcome.is_passing:
        since = message.put_off_since or at
        ends_at = since + (LONGEST if message.attempt >= TRIES_LEAST else LONGEST_OF_ALL)
        if at >= ends_at:
            new |= {"state": Message.State.REFUSED, "because": Message.Because.TOO_OFTEN}
        else:
            # The last time when the day, or the fifth, is over.
            again_at = min(at + _wait(message.attempt), ends_at)
            new |= {"due_at": again_at, "begun_at": None, "put_off_since": since}
    elif outcome.state == Message.State.SENT:
        new["sent_at"] = at
    return new


def _is_too_large(outcome: Outcome) -> bool:
    """Before or after anybody was named; said of a mailbox, 552 means that it is full."""
    return outcome.code == TOO_LARGE or STATUS_TOO_LARGE in outcome.answer


def _says_nobody(answer: str) -> bool:
    """As in mail that comes back: a server that lists or distrusts us says 550 too, and the address is a good one."""
    return bool(address_is_dead(answer, _codes(answer)))


def _codes(answer: str) -> list[str]:
    return [".".join(code) for code in STATUS.findall(answer)]


def _wait(attempt: int) -> timedelta:
    """From a fifth to the whole of 5 minutes doubled by each try, 4 hours at most: not all at once."""
    longest = min(FIRST_WAIT * 2 ** min(attempt - 1, 10), LONGEST_WAIT)
    return longest * random.uniform(0.2, 1)  # noqa: S311 # nosec B311


def _may_speak(host: str, *, at: datetime) -> bool:
    server = MailServer.objects.filter(pk=host).first()
    return server is None or server.ask_again_at is None or server.ask_again_at <= at


def _failures_of(host: str) -> int:
    return MailServer.objects.filter(pk=host).values_list("failures", flat=True).first() or 0


def _server_failed(host: str, *, at: datetime, failures: int = 0) -> None:
    with transaction.atomic():
        server, _made = MailServer.objects.select_for_update().get_or_create(pk=host)
        server.failures = max(server.failures + 1, failures)
        server.ask_again_at = at + PROBE if server.failures >= FAILURES_MOST else None
        server.save(update_fields=["failures", "ask_again_at"])


def _server_answered(host: str) -> None:
    MailServer.objects.filter(pk=host).exclude(failures=0).update(failures=0, ask_again_at=None)


def _give_back(taken: list[Message], *, at: datetime) -> None:
    for message in taken:
        give_back(mine_of(message), at=at)
