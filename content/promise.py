"""Whether what reps say is answered by the day that was promised. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

if TYPE_CHECKING:
    from content.models.pulse import FeedbackQuerySet

LATELY = timedelta(days=90)


@dataclass(frozen=True)
class Promise:
    """Of what was said within 90 days and whose day has come or that was answered: how much in time."""

    kept: int
    all: int
    # Waits beyond its day, since whenever.
    late: int


def promise_of(rows: FeedbackQuerySet, *, on: date) -> Promise:
    """One statement for all of it."""
    lately = Q(given_on__gt=on - LATELY, answer_by__isnull=False)
    is_kept = Q(closed_at__isnull=False, closed_on__lte=F("answer_by"))
    is_over = Q(closed_at__isnull=False) | Q(answer_by__lt=on)
    counted = rows.annotate(closed_on=TruncDate("closed_at")).aggregate(
        kept=Count("pk", filter=lately & is_kept),
        all=Count("pk", filter=lately & is_over),
        late=Count("pk", filter=Q(closed_at=None, answer_by__lt=on)),
    )
    return Promise(**counted)
