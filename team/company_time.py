"""The clock of the company: the zone of the calendar of its default team, UTC where there is none.

What is a day for everybody (until when an asset may be given out) is a day by this clock, wherever whoever asks sits;
and by it goes whoever's own clock nobody knows.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from team.localtime import is_zone
from team.models import Team


def company_zone() -> str:
    zone = Team.objects.filter(is_default=True).values_list("calendar__time_zone", flat=True).first()
    return zone if zone and is_zone(zone) else "UTC"


def company_day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(company_zone())).date()
