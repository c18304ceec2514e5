"""A real SMTP server that keeps what it accepts, and does to each recipient what the local part of the address asks."""

import asyncio
import contextlib
import email
import email.policy
import socket
from collections import Counter

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

CLOSING = "421 4.3.2 closing"


class Sink:
    """`taken` is logged before the server says 250, so that it also has what the sender never heard of."""

    def __init__(self):
        self.taken = []
        # The same as it came over the line.
        self.raw = []
        self.asked = Counter()
        self.refuses_sender = False
        # At MAIL, RCPT or DATA it says that it closes.
        self.closes_at = ""

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.refuses_sender:
            return "550 5.7.1 sender address rejected"
        if self.closes_at == "MAIL":
            return CLOSING
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        what = address.partition("@")[0].partition(".")[0]
        self.asked[address] += 1
        if what == "nobody":
            return "550 5.1.1 no such mailbox"
        if what == "listed":
            return "550 5.7.1 blocked, see https://www.spamhaus.org/query/ip/192.0.2.1"
        if what == "full":
            return "552 5.2.2 mailbox full"
        if what == "later":
            return "451 4.3.0 try again later"
        if what == "closing" or self.closes_at == "RCPT":
            return CLOSING
        if what == "grey" and self.asked[address] == 1:
            return "451 4.7.1 greylisted"
        if what == "hangup":
            server.transport.abort()
            return "250 OK"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        what = address.partition("@")[0].partition(".")[0]
        if what == "cut":
            server.transport.abort()
            return "250 OK"
        if what == "spam":
            return "554 5.7.1 not with these words"
        if self.closes_at == "DATA":
            return CLOSING
        if what == "tarpit":
            await asyncio.sleep(4)
        self.raw.append(envelope.content)
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if what in ("silent", "tarpit"):
            server.transport.abort()
        return "250 OK"

    def to(self, address):
        return [mail for mail in self.taken if mail["To"].addresses[0].addr_spec == address]


class _Server(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="sink.example", enable_SMTPUTF8=True)


@contextlib.contextmanager
def listening(sink=None):
    """The sink and the port it listens on."""
    sink = sink or Sink()
    server = _Server(sink, hostname="127.0.0.1", port=_free_port())
    server.start()
    try:
        yield sink, server.port
    finally:
        server.stop()


def send_to(settings, port, folder):
    """The outbox sends to this port; the disk's memory of the last mail is this folder."""
    settings.VAR_DIR = folder
    settings.MAILERS = {
        "default": {
            "BACKEND": "nurture.smtp.OutboxBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 2},
        }
    }


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
