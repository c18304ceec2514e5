"""What a human says of a message that nobody knows the fate of, and of one that could not be sent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.actions.changing import LeadConflict, lock_lead
from nurture.actions.claiming import why_never
from nurture.actions.counting import count_use
from nurture.actions.planning import UNTRIED
from nurture.actions.unsent import log_letter
from nurture.models import Message
from team.actions.auditing import note_audit
from team.models import AuditEntry

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def say_it_arrived(message: Message, *, by: User, at: datetime) -> None:
    """Somebody has looked, or asked her: it went out when claimed. LeadConflict once it is not unknown any more."""
    unknown = Message.objects.filter(pk=message.pk, state=Message.State.UNKNOWN)
    if not unknown.update(state=Message.State.SENT, sent_at=F("claimed_at")):
        raise LeadConflict(_("Somebody else has said so already."))
    if message.claimed_at is not None:
        count_use(message, at=message.claimed_at)
    _note(message, "arrived", by=by, at=at)


@transaction.atomic
def send_again(message: Message, *, by: User, at: datetime) -> None:
    """It did not arrive, or what stood in its way is gone: planned once more, by somebody's word and never by a guess.

    LeadConflict when it is neither unknown, refused nor given up any more, another one has brought the same since, or
    it would never leave: they want no mail, their address takes none, what it brings is over.
    """
    if message.lead is not None:
        # The lead before its letter, as whatever settles it locks them.
        lock_lead(message.lead)
    # Their addresses are locked by that, and before the letter, as an unsubscription does.
    because = why_never(message, at=at)
    again = Message.objects.filter(pk=message.pk, state__in=Message.MAY_GO_AGAIN)
    try:
        with transaction.atomic():
            is_planned = again.update(**UNTRIED, due_at=at)
    except IntegrityError as error:
        raise LeadConflict(_("They have had what it brings meanwhile, by another message.")) from error
    if not is_planned:
        raise LeadConflict(_("It is on its way already, or has been cancelled."))
    if because:
        raise LeadConflict(_said(message, because))
    if message.was_undone:
        # What did not happen is an attempt now.
        event = log_letter(message, at=at)
        Message.objects.filter(pk=message.pk).update(event_id=event.pk if event else None)
    _note(message, "again", by=by, at=at)


def _said(message: Message, because: str) -> str:
    name = {"name": message.person}
    if because == Message.Because.SUPPRESSED:
        return _("%(name)s asked for no e-mail: it is not sent again.") % name
    if because == Message.Because.NO_ADDRESS:
        return _("No address of %(name)s takes mail: it is not sent again.") % name
    return _("It is not sent again: %(why)s.") % {"why": Message.Because(because).label}


def _note(message: Message, what: str, *, by: User, at: datetime) -> None:
    note_audit(
        AuditEntry.Verb.SETTING, by=by, at=at, about="nurture.message", about_id=str(message.public_id), detail=what
    )
