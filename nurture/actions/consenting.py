"""What somebody agreed to, or took back, is written down: a row each time. It holds for every claim after it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.people import lock_addresses
from accounts.models import Person
from content.models import Topic
from leads.actions.changing import MoveRefused
from leads.actions.receiving import record_received
from leads.models import Consent
from nurture.actions.holding import hold_her
from nurture.actions.passing import pass_over_untried
from nurture.untried import planned_by_us

if TYPE_CHECKING:
    from team.models import User


@transaction.atomic
def note_consent(
    person: Person,
    *,
    is_given: bool,
    source: str,
    at: datetime,
    said_at: datetime | None = None,
    topic: Topic | None = None,
    evidence: str = "",
    by: User | None = None,
    is_told: bool = True,
) -> Consent:
    """She agreed to mail, about this topic or all of it, or took it back. `said_at` is when she said it.

    All her leads, on which her history is told, then she, then her addresses, which a claim locks too: whatever is
    claimed after this has ended knows of it, and what a play or track asks of us and nobody may try by now leaves the
    queue. `is_told`: false where the caller tells of more than this.
    """
    held = hold_her(person.pk)
    lock_addresses([held.pk])
    if held.erased_at:
        raise MoveRefused(_("They are forgotten already."))
    if not is_given and is_told:
        kind = "heard_no" if by else "withdrawn"
        record_received(held.pk, kind=kind, heard_by=by, is_topic=topic is not None, at=at)
    consent = Consent.objects.create(
        person=held, topic=topic, is_given=is_given, at=said_at or at, noted_at=at, source=source, evidence=evidence,
        by=by,
    )  # fmt: skip
    if not is_given:
        pass_over_untried(planned_by_us().filter(lead__person=held).values_list("pk", flat=True), at=at)
    return consent
