"""Mail of somebody nobody knew: a person is added, and what they wrote is the first word of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.companies import meet_company
from accounts.actions.people import add_person
from accounts.models import Person
from nurture.actions.assigning import assign_mail
from nurture.inbound.mail import Kind
from nurture.models import Incoming

if TYPE_CHECKING:
    from accounts.names import Name
    from team.models import User


@transaction.atomic
def take_from_somebody_new(
    row: Incoming,
    *,
    name: Name,
    email_address: str,
    host: str,
    phone_number: str,
    company: str,
    title: str,
    by: User,
    at: datetime,
) -> tuple[Person, str]:
    """They are known from now on, and what they wrote is a reply: a lead begins where routing lets it. Whoever wants
    no more mail gets none.

    Returns who it is and what followed. AlreadyKnown where the address is somebody's, LeadConflict when somebody has
    decided meanwhile.
    """
    person = add_person(
        given_name=name.given,
        family_name=name.family,
        email_address=email_address,
        phone_number=phone_number,
        account=meet_company(company, host=host, by=by, at=at),
        title=title,
        source=_("by mail"),
        by=by,
        at=at,
    )
    kind = row.kind if row.kind == Kind.UNSUBSCRIBE else Kind.REPLY
    return person, assign_mail(row, person, kind=kind, by=by, at=at)
