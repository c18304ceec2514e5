"""What a mail provider tells by webhook, in the words of django-anymail: an optional extra, asked for by settings.

Its views check the secret and whatever the provider signs; then what was told is recorded and answered. Taken apart
later, what follows from it is what would follow from a mail.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import structlog
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason
from anymail.urls import urlpatterns
from anymail.webhooks.base import AnymailBasicAuthMixin
from celery.exceptions import SoftTimeLimitExceeded
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from nurture.actions.receiving import TRIES, UUID, message_to, take_event, take_mail
from nurture.actions.recording import record_told
from nurture.inbound.bounces import Failure
from nurture.inbound.mail import InMail, Kind
from nurture.inbound.parts import BYTES_MAX
from nurture.inbound.reasons import address_is_dead, is_of_mailbox
from nurture.models import Message, Told
from team.clock import database_now

logger = structlog.get_logger(__name__)

# A mail with all that is attached to it; what only tells of one is small.
LONGEST_MAIL, LONGEST = 32 * 1024 * 1024, 1024 * 1024
# Headers that are read with the words. None of them is a secret.
READ_HEADERS = ("HTTP_SVIX_ID",)

# Openings and clicks are heard by our own links; what is on its way is no news.
TOLD = {
    EventType.BOUNCED: Kind.BOUNCE_SOFT,
    EventType.REJECTED: Kind.BOUNCE_SOFT,
    EventType.FAILED: Kind.BOUNCE_SOFT,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBE,
}
# What the provider itself makes of the address.
GONE = (RejectReason.INVALID, RejectReason.BOUNCED)
# What somebody told it. Spam is that only where it sends nothing any more; in a bounce it is what the other server says
# of our letter.
REMEMBERED = {RejectReason.SPAM: Kind.COMPLAINT, RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBE}
# How providers call what is over tomorrow, in their own word beside that reason; SparkPost by the number of a class:
# soft, DNS, mailbox full, too large, timed out, transient.
PASSING = re.compile(
    r"^(?:activity\.)?soft[ _]?bounced?$|^transient(?::|$)|^err_(?:mailbox_full|too_large)$", re.IGNORECASE
)
PASSING_CLASSES = ("20", "21", "22", "23", "24", "70")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


class _Kept(WSGIRequest):
    """A request whose words have been read, or come out of the database."""

    body = b""

    def __init__(self, environ: dict[str, Any], body: bytes) -> None:
        super().__init__(environ | {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)})
        self.body = body


def addresses_of(provider: str) -> list[URLPattern]:
    """Where this mail provider tells what became of our mail, and no other one."""
    return [_recording(one) for one in urlpatterns if str(one.name).startswith(f"{provider}_")]


def _recording(one: URLPattern) -> URLPattern:
    """The same address with the same checks; what it is told is recorded, and nothing follows yet."""
    longest = LONGEST_MAIL if "inbound" in str(one.name) else LONGEST

    class Recording(_view_class(one)):  # type: ignore[misc]
        def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if isinstance(self, AnymailBasicAuthMixin) and request.META.get("HTTP_AUTHORIZATION"):
                # Before anything of it is read.
                AnymailBasicAuthMixin.validate_request(self, request)
            body = request.read(longest + 1)
            if len(body) > longest:
                return HttpResponse(status=413)
            return super().post(_Kept(request.META, body), *args, **kwargs)

        def parse_events(self, request: HttpRequest) -> list[Any]:
            headers = {name: request.META[name] for name in READ_HEADERS if name in request.META}
            record_told(
                str(one.name), request.body, content_type=request.META.get("CONTENT_TYPE", ""), headers=headers,
                at=database_now(),
            )  # fmt: skip
            return []

    return path(str(one.pattern), Recording.as_view(**_kwargs(one)), name=one.name)


def follow(told: Told, *, at: datetime) -> list[str]:
    """What follows from each event of it, and why some were not followed yet: they are to be tried again."""
    one = next(one for one in urlpatterns if one.name == told.hook)
    view = _view_class(one)(**_kwargs(one))
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "CONTENT_TYPE": told.content_type, **told.headers,
    }  # fmt: skip
    errors = []
    # Some ask their provider for the rest of it: never inside a transaction.
    events: Iterable[Any] = view.parse_events(_Kept(environ, bytes(told.body)))
    for event in events:
        try:
            _follow(event, source=str(view.esp_name).lower(), at=at)
        except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            logger.warning("told_event_not_followed", told=told.pk, error=str(error))
            errors.append(f"{type(error).__name__}: {error}")
    return errors


def _follow(event: AnymailInboundEvent | AnymailTrackingEvent, *, source: str, at: datetime) -> None:
    if isinstance(event, AnymailInboundEvent):
        if event.event_type == EventType.INBOUND and event.message is not None:
            take_mail(event.message.as_bytes()[:BYTES_MAX], source=source, at=at, tries=TRIES)
    elif event.event_type in TOLD:
        found = in_mail(event)
        key = f"{event.event_id or event.message_id}:{event.event_type}:{event.recipient}:{event.timestamp}"
        message = _message(event) or message_to(event.recipient or "", at=at)
        take_event(found, source=source, key=key, message=message, at=at, tries=TRIES)


def in_mail(event: AnymailTrackingEvent) -> InMail:
    """As if it had come by mail. What the other server answered counts more than what the provider makes of it."""
    said = " ".join(str(event.mta_response or event.description or "").split())[:500]
    codes = STATUS.findall(said)
    kind = TOLD[event.event_type]
    if kind is Kind.BOUNCE_SOFT and (
        event.event_type == EventType.REJECTED or event.reject_reason != RejectReason.SPAM
    ):
        kind = REMEMBERED.get(event.reject_reason, kind)
    if kind is Kind.BOUNCE_SOFT:
        is_dead = address_is_dead(said, codes)
        if is_dead is None:
            is_dead = event.reject_reason in GONE and not _is_passing(event.esp_event)
        kind = Kind.BOUNCE_HARD if is_dead else Kind.BOUNCE_SOFT
    address = str(event.recipient or "").lower()[:254]
    is_hard = kind is Kind.BOUNCE_HARD
    of_mailbox = is_hard or is_of_mailbox(said, codes)
    failure = Failure(address, next(iter(codes), ""), is_hard=is_hard, said=said, is_of_mailbox=of_mailbox)
    return InMail(kind, sender=address, at=event.timestamp, failures=[failure])


def _is_passing(told: Any, name: str = "") -> bool:
    """Whether the provider says in a word of its own that it may work later; django-anymail has one reason for both.
    `told`: what stands under this name in its event."""
    if isinstance(told, dict):
        return any(_is_passing(part, str(name)) for name, part in told.items())
    if name == "hard_bounce":
        return told in (False, "false", 0, "0")
    if name == "bounce_class":
        return str(told) in PASSING_CLASSES
    return isinstance(told, str) and PASSING.search(told) is not None


def _message(event: AnymailTrackingEvent) -> Message | None:
    """Ours, where the provider was told its name or kept our own."""
    told = [*(event.metadata or {}).values(), *(event.tags or []), event.message_id]
    names = [uuid.UUID(found[0]) for one in told if (found := UUID.search(str(one or "")))]
    return Message.objects.left().filter(public_id__in=names).select_related("person__merged_into", "asset").first()


def _view_class(one: URLPattern) -> Any:
    return one.callback.view_class  # type: ignore[attr-defined]


def _kwargs(one: URLPattern) -> dict[str, Any]:
    return dict(one.callback.view_initkwargs)  # type: ignore[attr-defined]
