"""Who comes back on which day against what the reps of a team take up on it.

A rep takes up in a working day what may be held open, spread over the working days that the attempts of a lead last: at
a faster pace it would fill up. On a day off or away it is nothing. What wakes to the pool is for whoever has room left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncDate

from agreement.models import CadenceStep, Lane
from leads.models import Lead
from team.calendars import NoCalendar, worktimes_of
from team.models import Absence, Membership, Role, Team, User
from team.worktime import working_days

WEEK = 7
# So many days off in a row before the first day are looked at for who waits for it.
BEFORE = 14
# What is laid before each other on one page: six weeks.
WEEKS = 6
# The share of the pool.
POOL = None


@dataclass(frozen=True)
class Day:
    """One day of the calendar."""

    day: date
    count: int
    capacity: int
    # Of these and of the days off before, so many are in the queue on it: over it is what is more than is taken up.
    queued: int = 0
    # So many have come back on days off before.
    waiting: int = 0
    is_today: bool = False
    is_past: bool = False
    is_in_month: bool = True
    # Nobody works on it: who comes back then waits for the next working day, and is nothing to be alarmed at.
    is_off: bool = False

    @property
    def over(self) -> int:
        return max(self.queued - self.capacity, 0)


@dataclass
class Load:
    """How many come back to whom on which day, and what each takes up; by user, and for the pool."""

    today: date
    first: date
    last: date
    reps: list[User]
    # What each takes up in a working day, and on which days she works; of the pool those on which any of them does.
    a_day: dict[int, int]
    working: dict[int | None, set[date]]
    # From when on they are counted: who comes back on a day off before the first day waits for it.
    since: date
    counts: Counter[tuple[int | None, date]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.working[POOL] = set().union(*(self.working[rep.pk] for rep in self.reps))
        self._working_days = {holder: sorted(days) for holder, days in self.working.items()}
        # Sums that `put` keeps: who is in the queue on a day, of each and of all, what all take up, and what is left.
        self._queued: Counter[tuple[int | None, date]] = Counter()
        self._queued_of_all: Counter[date] = Counter()
        self._of_team: Counter[date] = Counter()
        for rep in self.reps:
            self._of_team.update(dict.fromkeys(self.working[rep.pk], self.a_day[rep.pk]))
        self._left = self._of_team.copy()

    def put(self, holder: int | None, day: date, count: int = 1) -> None:
        """So many more come back to this rep, or the pool, on this day. Beyond what is looked at nobody is counted."""
        if not self.since <= day <= self.last:
            return
        _holder, on = self.place_of(holder, day)
        left = self._left_of(holder, on)
        self.counts[holder, day] += count
        self._queued[holder, on] += count
        self._queued_of_all[on] += count
        self._left[on] += self._left_of(holder, on) - left

    def move(self, holder: int | None, day: date, to: date) -> None:
        self.put(holder, day, -1)
        self.put(holder, to)

    def holder_of(self, bdr_id: int | None) -> int | None:
        """Whom it comes back to: a rep of the team, else its pool."""
        return bdr_id if bdr_id in self.a_day else POOL

    def place_of(self, bdr_id: int | None, day: date) -> tuple[int | None, date]:
        """Whom it comes back to, and on which day it is in the queue then: of a day off the next one that is worked,
        the end of time where none is in sight."""
        holder = self.holder_of(bdr_id)
        days = self._working_days[holder]
        at = bisect_left(days, day)
        return holder, days[at] if at < len(days) else date.max if days else day

    def capacity(self, holder: int | None, day: date) -> int:
        if holder is POOL:
            return self._left[day]
        return self.a_day[holder] if day in self.working[holder] else 0

    def waiting(self, holder: int | None, day: date) -> int:
        """How many came back on the days off just before this one, on which they are in the queue."""
        return 0 if self.is_off(day, holder) else self.queued(holder, day) - self.counts[holder, day]

    def queued(self, holder: int | None, day: date) -> int:
        """How many are in the queue on this day for the first time; on a day off nobody is."""
        return self._queued[holder, day]

    def of_team(self, day: date) -> int:
        return self._of_team[day]

    def queue(self) -> dict[date, int]:
        """How many of the whole team are in the queue on each day for the first time, as it is now."""
        return {day: self._queued_of_all[day] for day in self.days()}

    def is_over(self, day: date) -> bool:
        """For the whole team."""
        return self._queued_of_all[day] > self._of_team[day]

    def has_room(self, holder: int | None, day: date) -> bool:
        """For one more of this rep, or of the pool, on a day of which the whole team takes up one more, too."""
        return self._has_own_room(holder, day) and self._queued_of_all[day] < self._of_team[day]

    def relieves(self, holder: int | None, day: date, of: date) -> bool:
        """Whether this rep has room on a day that is over for the team already, as that one is: none becomes so."""
        return self._has_own_room(holder, day) and self.is_over(day) and self.is_over(of)

    def _has_own_room(self, holder: int | None, day: date) -> bool:
        return self.queued(holder, day) < self.capacity(holder, day)

    def _left_of(self, holder: int | None, day: date) -> int:
        """What a rep leaves the pool."""
        return 0 if holder is POOL else max(self.capacity(holder, day) - self.queued(holder, day), 0)

    def days(self) -> list[date]:
        return [self.first + timedelta(days=one) for one in range((self.last - self.first).days + 1)]

    def day_of(self, day: date, holder: int | None, month: int = 0) -> Day:
        """`holder` is one rep, or nobody for the whole team; days of another month than `month` are its neighbours."""
        holders = (*self.a_day, POOL) if holder is None else (holder,)
        return Day(
            day,
            count=sum(self.counts[one, day] for one in holders),
            capacity=self.of_team(day) if holder is None else self.capacity(holder, day),
            queued=sum(self.queued(one, day) for one in holders),
            waiting=sum(self.waiting(one, day) for one in holders),
            is_today=day == self.today,
            is_past=day < self.today,
            is_in_month=month in (0, day.month),
            is_off=self.is_off(day, holder),
        )

    def is_off(self, day: date, holder: int | None) -> bool:
        """A day on which nobody of them works, of whom somebody works on another."""
        working = self.working[holder]
        return bool(working) and day not in working


def today_in(team: Team, at: datetime) -> date:
    return at.astimezone(ZoneInfo(team.calendar.time_zone)).date()


def weeks_from(day: date) -> tuple[date, date]:
    """The first and the last of six weeks, Monday to Sunday, that begin with the one of this day."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=WEEK * WEEKS - 1)


def load_of(team: Team, first: date, last: date, *, at: datetime) -> Load:
    """Six statements, however many sleep."""
    reps = list(User.objects.active().with_role(Role.BDR, team).order_by("name", "pk"))
    today = today_in(team, at)
    since = min(first, max(first - timedelta(days=BEFORE), today))
    load = Load(today, first, last, reps, _a_day(reps), _working(reps, since, last, at=at), since)
    zone = ZoneInfo(team.calendar.time_zone)
    rows = returning_between(team, since, last).order_by().annotate(day=TruncDate("wake_at", tzinfo=zone))
    for bdr_id, day, count in rows.values("bdr", "day").annotate(count=Count("pk")).values_list("bdr", "day", "count"):
        load.put(load.holder_of(bdr_id), day, count)
    return load


def returning_between(team: Team, first: date, last: date) -> QuerySet[Lead]:
    """Who comes back to this team on these days of its calendar; what was due before today is under way."""
    zone = ZoneInfo(team.calendar.time_zone)
    begin, end = (datetime.combine(day, time(), tzinfo=zone) for day in (first, last + timedelta(days=1)))
    return Lead.objects.filter(team=team, phase="nurture", wake_at__gte=begin, wake_at__lt=end)


def _a_day(reps: Sequence[User]) -> dict[int, int]:
    attempts = CadenceStep.objects.filter(cadence__lane=Lane.CONTENT, cadence__is_current=True)
    lasts = attempts.aggregate(last=Max("day_offset"))["last"] or 1
    teams = Counter(
        Membership.objects.filter(user__in=reps, role=Role.BDR, team__retired_at=None).values_list("user_id", flat=True)
    )
    # Whoever works for two teams takes up half of it for each.
    return {rep.pk: max(rep.open_limit // (lasts * max(teams[rep.pk], 1)), 1 if rep.open_limit else 0) for rep in reps}


def _working(reps: Sequence[User], first: date, last: date, *, at: datetime) -> dict[int | None, set[date]]:
    """On a day that is away in part there is time for some, on one that is away as a whole for none."""
    away: Mapping[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for user_id, starts_at, ends_at in Absence.objects.filter(user__in=reps, ends_at__gt=at).values_list(
        "user_id", "starts_at", "ends_at"
    ):
        away[user_id].append((starts_at, ends_at))
    try:
        calendars = worktimes_of([rep.pk for rep in reps], away=away, at=at)
    except NoCalendar:
        return {rep.pk: set() for rep in reps}
    return {pk: working_days(calendar, first, last) for pk, calendar in calendars.items()}
