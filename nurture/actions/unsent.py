"""A letter of a rep that ended in the house was no attempt, whatever ended it; and she hears of it, with the reason.

What ends a letter holds the address it goes to, and an attempt is taken back under its lead, which is locked before:
so a tick does this, a moment later. Where nobody has the address, whoever sends holds its lead first, and does it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from agreement.models import Phase
from leads.actions.changing import lock_lead
from leads.actions.logging import log_touch
from leads.actions.unsending import count_no_attempt, tell_of_unsent
from leads.models import Activity, LeadEvent
from nurture.actions.ending import locked
from nurture.actions.passing import pass_over_untried
from nurture.models import Message
from nurture.models.message import MessageQuerySet
from nurture.untried import planned_by_us

if TYPE_CHECKING:
    from team.models import User

logger = structlog.get_logger(__name__)

BATCH = 100


def settle_unsent(*, at: datetime) -> int:
    """Each letter by hand that ended without leaving, in a transaction of its own. Returns how many.

    Page by page to the last: those that cannot be settled are looked at again by the next ring, and hold up no other.
    Also while mail is stopped; what was taken back before it was taken up ends first.
    """
    with transaction.atomic():
        # In the order of the index of what is to be sent.
        back = locked(Message.objects.taken_back().order_by("lapses", "due_at", "pk")).values_list("pk", flat=True)
        cancel_taken_back(Message.objects.filter(pk__in=list(back[:BATCH])))
    total, last = 0, 0
    while page := list(Message.objects.unsettled().filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        for pk in page:
            total += settle_or_leave(pk, at=at)
        last = page[-1]
    return total


def cancel_taken_back(letters: MessageQuerySet) -> None:
    """Those of these whose writer took back what was logged of them do not leave, and hold what they were to bring no
    longer. What is being taken up at this moment ends there."""
    letters.taken_back().update(state=Message.State.CANCELLED, because=Message.Because.UNDONE, due_at=None)


def settle_or_leave(pk: int, *, at: datetime) -> bool:
    """Whether it was settled. What cannot be is left to the next ring, and whoever ended it goes on."""
    try:
        return settle_letter(pk, by=None, at=at)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("letter_not_settled", message=pk)
        return False


@transaction.atomic
def settle_letter(pk: int, *, by: User | None, at: datetime) -> bool:
    """Its attempt counts no more, and whoever wrote it is told, unless it was she. False: somebody was faster, or
    it is no such letter."""
    message = Message.objects.select_related("lead", "person", "by", "lead__bdr").get(pk=pk)
    lead = lock_lead(message.lead) if message.lead else None
    if not Message.objects.unsettled().filter(pk=pk).update(settled_at=at):
        return False
    if lead is None:
        return True
    if message.event_id is not None:
        count_no_attempt(lead, message.event_id, at=at)
        # What stands again may be over a way that is shut by now, which only this room knows of.
        pass_over_untried(planned_by_us().filter(lead=lead).values_list("pk", flat=True), at=at)
    writer = message.by if message.by and message.by.is_active else lead.bdr
    knows = message.because == Message.Because.UNDONE or message.person.erased_at or writer == by
    if writer is not None and not knows:
        words = str(Message.Because(message.because).label)
        tell_of_unsent(writer, lead, letter=message.public_id, words=words, at=at)
    return True


def log_letter(message: Message, *, at: datetime) -> LeadEvent | None:
    """It is sent after all: an attempt of whoever wrote it, where her pursuit still goes on."""
    if message.lead is None or message.by is None or lock_lead(message.lead).phase == Phase.CLOSED:
        return None
    return log_touch(message.lead, kind=Activity.Kind.EMAIL, by=message.by, at=at)
