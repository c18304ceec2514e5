"""The company has said how fast interest fades: what was reckoned otherwise is reckoned anew, a bite at a time."""

from __future__ import annotations

from django.db import connection, transaction

from leads.models import Interest
from leads.scoring import write_interest
from team.models import Installation

BITE = 500


@transaction.atomic
def reckon_interest_anew() -> int:
    """Up to 500 people whose interest was reckoned by another half-life: by the one in force, as of the moment it was
    reckoned then, so that the half-life before gives it back as it was. Returns how many.

    Whose interest is being written at this instant is passed over: the next bite or the next tick finds her.
    """
    days = Installation.objects.values_list("interest_half_life_days", flat=True).get()
    skip = connection.features.has_select_for_update_skip_locked
    rows = Interest.objects.reckoned_otherwise(days).select_for_update(skip_locked=skip).order_by("pk")
    return len(write_interest(dict(rows.values_list("pk", "at")[:BITE])))
