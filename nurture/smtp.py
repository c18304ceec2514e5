"""Django's SMTP backend, which also knows whether a server may have taken what the line broke on."""

from __future__ import annotations

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

GO_AHEAD = 354


class MayHaveTaken(Exception):
    """The line broke between the server's leave to send and its answer: it has the message, or it has not."""


class _Knowing:
    """Remembers whether the words of a message are under way: from the server's 354 until its next answer."""

    is_under_way = False

    def getreply(self) -> tuple[int, bytes]:
        answer = super().getreply()  # type: ignore[misc]
        self.is_under_way = answer[0] == GO_AHEAD
        return answer

    def sendmail(self, *args: Any, **more: Any) -> Any:
        self.is_under_way = False
        try:
            return super().sendmail(*args, **more)  # type: ignore[misc]
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            # An answer is no broken line, and smtplib's answers are OSErrors too.
            if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
                raise
            if self.is_under_way:
                raise MayHaveTaken(str(error)) from error
            raise


class _SMTP(_Knowing, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Knowing, smtplib.SMTP_SSL):
    pass


class OutboxBackend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SMTPOverTLS if self.use_ssl else _SMTP
