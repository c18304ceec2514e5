"""A mail server that writes down what it was given, and does next what the test asks of it."""

import smtplib

from django.core.mail.backends.base import BaseEmailBackend

from nurture.smtp import MayHaveTaken

# What became of a mail, beside being taken: the line broke before or after it, or the server answered no.
FAULTS = {
    "cut": lambda: ConnectionResetError("the line broke"),
    "unknown": lambda: MayHaveTaken("the line broke"),
    "later": lambda: smtplib.SMTPResponseException(451, b"4.3.0 later"),
    "nobody": lambda: smtplib.SMTPResponseException(550, b"5.1.1 nobody here"),
    "spam": lambda: smtplib.SMTPResponseException(554, b"5.7.1 not with these words"),
}
TAKEN = ("unknown",)


class Recording(BaseEmailBackend):
    """One for all: `taken` has the public ids of what it took, or may have taken; `next` is what it does."""

    host = "recording"
    taken: list[str] = []
    next: list[str] = []

    def open(self):
        if self.next[:1] == ["away"]:
            self.next.pop(0)
            raise ConnectionRefusedError("nobody is there")
        return True

    def send_messages(self, mails):
        (mail,) = mails
        fault = self.next.pop(0) if self.next and self.next[0] != "away" else ""
        if not fault or fault in TAKEN:
            self.taken.append(mail.extra_headers["Message-ID"].strip("<>").partition("@")[0])
        if fault:
            raise FAULTS[fault]()
        return 1
