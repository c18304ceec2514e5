"""One call to a company that was about several of its people: each has it in her history, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Disposition, Phase
from leads.actions.changing import LeadConflict, lock_leads
from leads.actions.logging import log_call
from leads.models import Lead

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def log_about(
    lead: Lead,
    about: Sequence[UUID],
    *,
    disposition: Disposition,
    by: User,
    at: datetime,
    note: str = "",
    call_back: tuple[datetime, str] | None = None,
) -> list[Lead]:
    """Log the call on these leads as well; the one it was made from is the caller's, in the same transaction.

    They are hers, being worked, and of the same company: LeadConflict when one of them is not any more. The number that
    was called is that of the one: of the others none need be known.
    """
    if not about:
        return []
    hers = Lead.objects.worked_by(by).filter(public_id__in=about).exclude(pk=lead.pk)
    ids = list(hers.filter(account=lead.account_id, account__isnull=False).values_list("pk", flat=True))
    # In one order, the one that the call was made from among them.
    locked = {one.pk: one for one in lock_leads([*ids, lead.pk])}
    others = [locked[pk] for pk in ids if locked[pk].bdr_id == by.pk and locked[pk].phase == Phase.WORKING]
    if len(others) != len(set(about) - {lead.public_id}):
        raise LeadConflict(_("You do not work all of these people any more."))
    for other in others:
        log_call(other, disposition=disposition, by=by, at=at, note=note, call_back=call_back, is_about=True)
    return others
