"""When an account executive is free: before a meeting is proposed, and when one is asked for that collides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from leads.her_clock import weekend_worked, window_in
from leads.models import HandOff
from team.calendars import KeptCalendars, NoCalendar
from team.worktime import NeverOpen, WorkCalendar, next_opening, working_time_between

if TYPE_CHECKING:
    from team.models import User

# No meeting is longer; further on nobody looks for a free moment.
LONGEST = timedelta(hours=8)
LOOKED_AT = timedelta(hours=12)
# Where what is left of her day is too short, it is looked a quarter on.
QUARTER = timedelta(minutes=15)
# So long a moment is looked for that suits the other side's day, too.
SUITS_BOTH = timedelta(days=14)
# And so long any. Who has none as long as this never works so long at a stretch, or is booked for two months.
LOOKED_FOR = timedelta(days=60)


def clash(ae: User, begins: datetime, minutes: int) -> tuple[HandOff | None, datetime]:
    """The first meeting of hers that one of so many minutes would collide with, and from when on she is free for it."""
    length = timedelta(minutes=minutes)
    near = HandOff.objects.open().filter(ae=ae, meeting_at__lt=begins + LOOKED_AT, meeting_at__gt=begins - LONGEST)
    first, free_at = None, begins
    for other in near.select_related("lead__person").order_by("meeting_at"):
        ends_at = other.meeting_ends_at
        if other.meeting_at and ends_at and ends_at > free_at and other.meeting_at < free_at + length:
            first, free_at = first or other, ends_at
    return first, free_at


def first_free(ae: User, begins: datetime, minutes: int, *, zone: str, at: datetime) -> datetime:
    """From `begins` on the first moment for a meeting of so many minutes within her working hours, when she is not away
    and meets nobody; by day in `zone` where the two days meet at all. `begins` itself where none is in 60 days."""
    try:
        worktime = KeptCalendars(at=at).of_user(ae.pk)
        first = next_opening(worktime, begins)
        both = _search(ae, first, minutes, worktime=worktime, zone=zone, until=first + SUITS_BOTH)
        return both or _search(ae, first, minutes, worktime=worktime, until=first + LOOKED_FOR) or begins
    except (NoCalendar, NeverOpen):
        return clash(ae, begins, minutes)[1]


def _search(
    ae: User, start: datetime, minutes: int, *, worktime: WorkCalendar, until: datetime, zone: str = ""
) -> datetime | None:
    while start < until:
        later = _not_before(ae, start, minutes, worktime=worktime, zone=zone)
        if later == start:
            return start
        start = later
    return None


def _not_before(ae: User, start: datetime, minutes: int, *, worktime: WorkCalendar, zone: str) -> datetime:
    """`start` itself if it can be then; else when to look next."""
    opens = next_opening(worktime, start)
    if opens > start:
        return opens
    length = timedelta(minutes=minutes)
    if working_time_between(worktime, start, start + length) < length:
        return start + QUARTER
    theirs = window_in(zone, at=start, weekend=weekend_worked(worktime, at=start)) if zone else None
    if theirs and theirs[0] > start:
        return theirs[0]
    return clash(ae, start, minutes)[1]
