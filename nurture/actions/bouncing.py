"""An address that takes no mail is used no more, whether the server says so while we send or a report comes back later.

Leads are locked before addresses and these before the letter, as an unsubscription and *Send it again* lock them.
"""

from __future__ import annotations

from datetime import datetime

from accounts.actions.people import lock_addresses, mark_contact_point, suppression_key
from accounts.models import ContactPoint
from leads.actions.changing import lock_leads
from leads.actions.receiving import record_received
from leads.actions.silencing import pass_over_bounced
from leads.models import Lead
from nurture.models import Incoming, Message
from nurture.same import living

# What history says of it is as long at most.
SAID_MAX = 200


def hold_whose(message: Message) -> None:
    """Her leads and her addresses, who she is today, until the transaction ends: what is said of the letter holds for
    whatever is planned or sent after it."""
    person_id = living(message.person).pk
    ids = set(Lead.objects.filter(person=person_id).values_list("pk", flat=True))
    lock_leads([*ids, *([message.lead_id] if message.lead_id else [])])
    lock_addresses([person_id])


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
