"""What a mail provider tells by webhook, in the words of django-anymail: an optional extra, asked for by settings.

Its views have checked the secret before anything gets here. What follows is what would follow from a mail.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason, inbound, tracking
from django.dispatch import receiver

from nurture.actions.receiving import UUID, message_to, take_event, take_mail
from nurture.inbound.bounces import Failure
from nurture.inbound.mail import InMail, Kind
from nurture.inbound.reasons import address_is_dead
from nurture.models import Message
from team.clock import database_now

# Openings and clicks are heard by our own links; what is on its way is no news.
TOLD = {
    EventType.BOUNCED: Kind.BOUNCE_SOFT,
    EventType.REJECTED: Kind.BOUNCE_SOFT,
    EventType.FAILED: Kind.BOUNCE_SOFT,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBE,
}
# What the provider itself remembers of the address.
REMEMBERED = {
    RejectReason.INVALID: Kind.BOUNCE_HARD,
    RejectReason.BOUNCED: Kind.BOUNCE_HARD,
    RejectReason.SPAM: Kind.COMPLAINT,
    RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBE,
}
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


@receiver(tracking, dispatch_uid="nurture")
def told(sender: Any, event: AnymailTrackingEvent, esp_name: str, **_more: Any) -> None:
    if event.event_type not in TOLD:
        return
    at = database_now()
    found = in_mail(event)
    key = f"{event.event_id or event.message_id}:{event.event_type}:{event.recipient}:{event.timestamp}"
    message = _message(event) or message_to(event.recipient or "", at=at)
    take_event(found, source=esp_name.lower(), key=key, message=message, at=at)


@receiver(inbound, dispatch_uid="nurture")
def received(sender: Any, event: AnymailInboundEvent, esp_name: str, **_more: Any) -> None:
    if event.event_type == EventType.INBOUND and event.message is not None:
        take_mail(event.message.as_bytes(), source=esp_name.lower(), at=database_now())


def in_mail(event: AnymailTrackingEvent) -> InMail:
    """As if it had come by mail. What the other server answered counts more than what the provider makes of it."""
    said = " ".join(str(event.mta_response or event.description or "").split())[:500]
    codes = STATUS.findall(said)
    kind = TOLD[event.event_type]
    if kind is Kind.BOUNCE_SOFT:
        kind = REMEMBERED.get(event.reject_reason, kind)
        is_dead = address_is_dead(said, codes)
        if kind in (Kind.BOUNCE_SOFT, Kind.BOUNCE_HARD) and is_dead is not None:
            kind = Kind.BOUNCE_HARD if is_dead else Kind.BOUNCE_SOFT
    address = str(event.recipient or "").lower()[:254]
    failure = Failure(address, next(iter(codes), ""), is_hard=kind is Kind.BOUNCE_HARD, said=said)
    return InMail(kind, sender=address, at=event.timestamp, failures=[failure])


def _message(event: AnymailTrackingEvent) -> Message | None:
    """Ours, where the provider was told its name or kept our own."""
    told = [*(event.metadata or {}).values(), *(event.tags or []), event.message_id]
    names = [uuid.UUID(found[0]) for one in told if (found := UUID.search(str(one or "")))]
    return Message.objects.left().filter(public_id__in=names).select_related("person__merged_into", "asset").first()
