"""When a track may write to somebody: in the hours of her own clock. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from team.localtime import is_zone, resolve

SATURDAY = 5


class Hours(Protocol):
    """Of the rules of mail: from `opens` to `closes` of a recipient's day."""

    opens: int
    closes: int
    on_weekends: bool


def next_moment(at: datetime, *, zone: str, hours: Hours) -> datetime:
    """`at` where it falls into the recipient's hours, else the moment they next open. A zone of no name is UTC.

    An hour that a clock skips in spring is the first instant after it.
    """
    zone = zone if is_zone(zone) else "UTC"
    local = at.astimezone(ZoneInfo(zone))
    day = local.date()
    for _days in range(9):
        if hours.on_weekends or day.weekday() < SATURDAY:
            begins = resolve(datetime.combine(day, time(hours.opens)), zone)
            midnight = day + timedelta(days=1) if hours.closes == 24 else day
            ends = resolve(datetime.combine(midnight, time(hours.closes % 24)), zone)
            if at < ends:
                return max(at, begins)
        day += timedelta(days=1)
    return at
