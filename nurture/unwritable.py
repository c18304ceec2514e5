"""Whom nobody may write to: said before anybody writes, with what may be done instead. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import ContactPoint
from agreement.models import Phase
from leads.models import Lead
from nurture.recipients import points_of
from nurture.wishes import Wishes


@dataclass(frozen=True)
class Unwritable:
    """Why not, and what is left."""

    says: str
    # An address would help, because they asked for nothing.
    lacks_address: bool
    can_be_called: bool
    wants_no_call: bool
    # Nothing is left but to say so.
    can_be_ended: bool


def why_unwritable(lead: Lead) -> Unwritable | None:
    """None for whoever may be written to."""
    person, wishes = lead.person_id, Wishes([lead.person_id])
    is_silent, name = wishes.wants_no_mail(person), {"name": lead.person}
    if not is_silent and person in points_of([person]):
        return None
    points = ContactPoint.objects.filter(person=person)
    wants_no_call = wishes.wants_no_call(person)
    numbers = points.filter(state__in=ContactPoint.USABLE, kind__in=ContactPoint.PHONES)
    has_number = numbers.exists() or bool(lead.account and lead.account.phone)
    if is_silent and wants_no_call:
        says = _("%(name)s asked not to be contacted: nothing can be sent.") % name
    elif is_silent:
        says = _("%(name)s asked for no e-mail: nothing can be sent.") % name
    elif points.filter(kind=ContactPoint.Kind.EMAIL).exists():
        says = _("No address of %(name)s takes mail any more: nothing can be sent.") % name
    else:
        says = _("No e-mail address is known of %(name)s: nothing can be sent.") % name
    return Unwritable(
        says=says,
        lacks_address=not is_silent,
        can_be_called=has_number and not wants_no_call,
        wants_no_call=wants_no_call,
        can_be_ended=is_silent and wants_no_call and lead.phase in (Phase.QUEUED, Phase.WORKING, Phase.NURTURE),
    )
