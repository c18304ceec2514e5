"""An address that takes no mail is used no more, whether the server says so while we send or a report comes back later.

Leads are locked before addresses and these before the letter, as an unsubscription and *Send it again* lock them.
"""

from __future__ import annotations

from datetime import datetime

from accounts.actions.people import lock_addresses, mark_contact_point, suppression_key
from accounts.models import ContactPoint
from leads.actions.receiving import record_received
from leads.actions.silencing import pass_over_bounced
from nurture.actions.holding import hold_her
from nurture.models import Incoming, Message

# So many messages in a row that were refused or came back say of an address what one says that nobody has it.
SOFT_MAX = 5
# What history says of it is as long at most.
SAID_MAX = 200


def hold_whose(message: Message) -> None:
    """Her leads, she and her addresses, who she is today, until the transaction ends: what is said of the letter holds
    for whatever is planned or sent after it."""
    message.person = hold_her(message.person_id, besides=message.lead_id)
    lock_addresses([message.person_id])


def shut_address(message: Message, *, said: str, at: datetime) -> bool:
    """The address it went to is used no more, her history says so with the server's words, and e-mail that is planned
    is passed over where no other is left. Under `hold_whose`. False, and nothing follows, where the address was
    corrected since, which makes it another one, or is used no more already.
    """
    points = ContactPoint.objects.filter(pk=message.point_id or 0, state__in=ContactPoint.USABLE)
    point = points.first()
    if point is None or suppression_key(point.normalised) != message.to_hash:
        return False
    mark_contact_point(point, ContactPoint.State.BOUNCED, by=None, at=at)
    record_received(point.person_id, kind=Incoming.Kind.BOUNCE_HARD.value, words=said[:SAID_MAX], at=at)
    pass_over_bounced([point.person_id], at=at)
    return True


def came_back_in_a_row(message: Message) -> bool:
    """Whether the last ones to its address, whoever wrote them, were all refused or came back. Under `hold_whose`."""
    last = Message.objects.answered_at(message.to_hash)[:SOFT_MAX]
    moments = list(last.values_list("bounced_at", flat=True))
    return len(moments) == SOFT_MAX and None not in moments
