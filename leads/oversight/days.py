"""The days a morning speaks of: today, this week, the last thirty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

MONTH_DAYS, WEEK_DAYS = 30, 7


@dataclass(frozen=True)
class Days:
    """On the reader's clock; a week begins on Monday."""

    at: datetime
    midnight: datetime
    tomorrow: datetime
    monday: datetime
    next_monday: datetime

    @property
    def month_ago(self) -> datetime:
        return self.midnight - timedelta(days=MONTH_DAYS)

    @property
    def month(self) -> datetime:
        return self.midnight.replace(day=1)

    @property
    def week_ago(self) -> datetime:
        return self.midnight - timedelta(days=WEEK_DAYS)


def days_of(at: datetime) -> Days:
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return Days(at, midnight, midnight + timedelta(days=1), monday, monday + timedelta(days=7))
