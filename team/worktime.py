"""Working time: what "four working hours from now" means for a team in a place. Pure arithmetic on values.

A window is wall time on one local day and runs from the first instant the clock shows its opening to the
first instant the clock shows its closing; the minutes counted are the real minutes between. So an hour a
clock repeats is worked twice, one it skips is not worked, and windows that touch on the wall touch in time.

A window holds its opening and not its closing: at 17:00 sharp a nine-to-five is closed. Going forward ends as
early as it can, so eight hours from 9:00 end at that day's 17:00; going back ends as late as it can, so eight
hours before 17:00 is 9:00. Hence back(forward(start, m), m) is `start` whenever it is open at `start`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from team.localtime import resolve

MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 1440
BLOCK_DAYS = 64  # unrolled at a time: more than most SLAs and cadences look ahead
HORIZON_DAYS = 40 * 366  # what does not come about within forty years never does


class NeverOpen(Exception):
    """The calendar has no such working time, however long one waits. Safe to show to a rep."""

    def __init__(self) -> None:
        super().__init__(_("This calendar has no working time left to count. Give it opening hours."))


@dataclass(frozen=True, order=True)
class Window:
    """Open from `opens` to `closes`, in minutes after local midnight; 1440 is the midnight that ends it."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise ValueError(f"A window cannot open at minute {self.opens} and close at {self.closes}.")


@dataclass(frozen=True)
class WorkCalendar:
    """When somebody works: a week from Monday to Sunday, days that differ from it (a holiday is an empty
    tuple), and absences as (start, end) instants."""

    time_zone: str
    week: tuple[tuple[Window, ...], ...]
    days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    away: tuple[tuple[datetime, datetime], ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("A week has seven days.")
        ZoneInfo(self.time_zone)
        days = {day: _joined_windows(windows) for day, windows in self.days.items()}
        object.__setattr__(self, "week", tuple(_joined_windows(windows) for windows in self.week))
        object.__setattr__(self, "days", MappingProxyType(days))
        object.__setattr__(self, "away", _joined_spans(self.away))

    @cached_property
    def timeline(self) -> Timeline:
        return Timeline(self)


def add_working_minutes(calendar: WorkCalendar, start: datetime, minutes: int) -> datetime:
    """The earliest instant at which `minutes` working minutes have passed since `start`; 0 moves nothing."""
    if minutes < 0:
        raise ValueError("Minutes are counted forward; use subtract_working_minutes to go back.")
    line, start = calendar.timeline, start.astimezone(UTC)
    if not minutes:
        return start

    line.cover(start)
    target = line.worked_until(start) + minutes * MINUTE
    while line.total < target:
        line.look_ahead(from_=start)

    span = bisect_left(line.before, target) - 1
    return line.opens[span] + (target - line.before[span])


def subtract_working_minutes(calendar: WorkCalendar, end: datetime, minutes: int) -> datetime:
    """The latest instant from which `minutes` working minutes pass until `end`; 0 moves nothing."""
    if minutes < 0:
        raise ValueError("Minutes are counted back; use add_working_minutes to go forward.")
    line, end = calendar.timeline, end.astimezone(UTC)
    if not minutes:
        return end

    line.cover(end)
    target = line.worked_until(end) - minutes * MINUTE
    while target < line.origin:
        line.look_back(from_=end)

    span = bisect_right(line.before, target) - 1
    return line.opens[span] + (target - line.before[span])


def working_time_between(calendar: WorkCalendar, a: datetime, b: datetime) -> timedelta:
    """The open time from `a` to `b`, exact; negative when `b` is earlier."""
    line, a, b = calendar.timeline, a.astimezone(UTC), b.astimezone(UTC)
    line.cover(a)
    line.cover(b)
    return line.worked_until(b) - line.worked_until(a)


def working_minutes_between(calendar: WorkCalendar, a: datetime, b: datetime) -> int:
    """The whole working minutes from `a` to `b`; negative when `b` is earlier. A begun one does not count."""
    worked = working_time_between(calendar, a, b)
    return worked // MINUTE if worked >= timedelta() else -(-worked // MINUTE)


def is_working(calendar: WorkCalendar, at: datetime) -> bool:
    line, at = calendar.timeline, at.astimezone(UTC)
    line.cover(at)
    span = bisect_right(line.opens, at) - 1
    return span >= 0 and at < line.closes[span]


def next_opening(calendar: WorkCalendar, at: datetime) -> datetime:
    """`at` itself while the calendar is open, else the instant it next opens."""
    line, at = calendar.timeline, at.astimezone(UTC)
    return max(at, line.opens[line.span_at_or_after(at)])


def end_of_working_day(calendar: WorkCalendar, at: datetime) -> datetime:
    """The last closing of the working day that `at` falls in; outside working days, of the next one.

    In the lunch break that is this evening; after this evening's closing it is the next working day's.
    """
    line, at = calendar.timeline, at.astimezone(UTC)
    span = line.span_at_or_after(at)
    return line.closes[bisect_right(line.dates, line.dates[span]) - 1]


def add_working_days(calendar: WorkCalendar, start: datetime, days: int, *, at_minute: int | None = None) -> datetime:
    """The same time of day (or `at_minute` after midnight) `days` working days after the day of `start`.

    A working day is a local date with any open time left by holidays and absences. Before opening becomes the
    opening, a break its end, and after closing the closing. With 0 days it is the day of `start` itself if
    that is a working day, and never earlier than `start`.
    """
    if days < 0:
        raise ValueError("Working days are counted forward.")
    line, start = calendar.timeline, start.astimezone(UTC)
    line.cover(start)
    shown = start.astimezone(ZoneInfo(calendar.time_zone)).replace(tzinfo=None, fold=0)
    today = shown.toordinal()
    index = bisect_right(line.days, today) + days - 1 if days else bisect_left(line.days, today)
    while index >= len(line.days):
        line.look_ahead(from_=start)

    day = datetime.combine(date.fromordinal(line.days[index]), time())
    into_day = shown - datetime.combine(shown, time()) if at_minute is None else at_minute * MINUTE
    wanted = resolve(day + into_day, calendar.time_zone)
    found = line.clamp(wanted, to_day=line.days[index])
    return found if found >= start else next_opening(calendar, start)


def working_days_between(calendar: WorkCalendar, a: datetime, b: datetime) -> int:
    """The working days after the day of `a` up to and with the day of `b`; negative when `b` is earlier."""
    line, a, b = calendar.timeline, a.astimezone(UTC), b.astimezone(UTC)
    line.cover(a)
    line.cover(b)
    tz = ZoneInfo(calendar.time_zone)
    first, last = (bisect_right(line.days, at.astimezone(tz).toordinal()) for at in (a, b))
    return last - first


def working_days(calendar: WorkCalendar, first: date, last: date) -> set[date]:
    """The local dates from `first` to `last` with any open time."""
    line = calendar.timeline
    line.cover(datetime.combine(first, time(), tzinfo=UTC))
    line.cover(datetime.combine(last, time(), tzinfo=UTC))
    begin, end = bisect_left(line.days, first.toordinal()), bisect_right(line.days, last.toordinal())
    return {date.fromordinal(day) for day in line.days[begin:end]}


class Timeline:
    """The open spans of one calendar in UTC, in order, unrolled day by day as far as anybody has asked.

    `before[i]` is the open time of all spans before the i-th, counted from the origin, so that every question
    is one bisection. It belongs to one calendar value and one thread.
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self.calendar = calendar
        self.first = self.last = 0  # ordinals of the local days unrolled, the last excluded
        self.opens: list[datetime] = []
        self.closes: list[datetime] = []
        self.dates: list[int] = []  # the local day of each span
        self.days: list[int] = []  # the local days that have a span
        self.before: list[timedelta] = []
        self.origin = self.total = timedelta()

    def cover(self, at: datetime) -> None:
        """Unroll the day of `at` and its neighbours: a local day may be UTC's yesterday or tomorrow."""
        day = at.toordinal()
        if not self.last:
            self.first = self.last = day
        if day - 2 < self.first:
            self._unroll_back_to(day - 2)
        if day + 2 >= self.last:
            self._unroll_on_to(day + 3)

    def look_ahead(self, *, from_: datetime) -> None:
        if self.last > from_.toordinal() + HORIZON_DAYS:
            raise NeverOpen
        self._unroll_on_to(self.last + 1)

    def look_back(self, *, from_: datetime) -> None:
        if self.first < from_.toordinal() - HORIZON_DAYS:
            raise NeverOpen
        self._unroll_back_to(self.first - 1)

    def worked_until(self, at: datetime) -> timedelta:
        span = bisect_right(self.opens, at) - 1
        if span < 0:
            return self.origin
        return self.before[span] + (min(at, self.closes[span]) - self.opens[span])

    def span_at_or_after(self, at: datetime) -> int:
        """The first span that has not closed at `at`."""
        self.cover(at)
        while (span := bisect_right(self.closes, at)) == len(self.closes):
            self.look_ahead(from_=at)
        return span

    def clamp(self, at: datetime, *, to_day: int) -> datetime:
        first, end = bisect_left(self.dates, to_day), bisect_right(self.dates, to_day)
        span = min(bisect_right(self.closes, at, first, end), end - 1)
        return min(max(at, self.opens[span]), self.closes[span])

    def _unroll_on_to(self, day: int) -> None:
        end = min(max(day, self.last + BLOCK_DAYS), date.max.toordinal() - 1)
        if end <= self.last:
            raise NeverOpen
        for opens, closes, local_day in self._spans(range(self.last, end)):
            self.opens.append(opens)
            self.closes.append(closes)
            self.dates.append(local_day)
            if not self.days or self.days[-1] != local_day:
                self.days.append(local_day)
            self.before.append(self.total)
            self.total += closes - opens
        self.last = end

    def _unroll_back_to(self, day: int) -> None:
        start = max(min(day, self.first - BLOCK_DAYS), date.min.toordinal() + 1)
        if start >= self.first:
            raise NeverOpen
        spans = list(self._spans(range(start, self.first)))
        self.origin -= sum((closes - opens for opens, closes, _day in spans), timedelta())
        before, worked = [], self.origin
        for opens, closes, _day in spans:
            before.append(worked)
            worked += closes - opens
        self.opens[:0] = [opens for opens, _closes, _day in spans]
        self.closes[:0] = [closes for _opens, closes, _day in spans]
        self.dates[:0] = [local_day for _opens, _closes, local_day in spans]
        self.days[:0] = dict.fromkeys(local_day for _opens, _closes, local_day in spans)
        self.before[:0] = before
        self.first = start

    def _spans(self, ordinals: range) -> Iterable[tuple[datetime, datetime, int]]:
        calendar = self.calendar
        for ordinal in ordinals:
            day = date.fromordinal(ordinal)
            windows = calendar.days.get(day, calendar.week[day.weekday()])
            if not windows:
                continue
            midnight = datetime.combine(day, time())
            for window in windows:
                opens = resolve(midnight + window.opens * MINUTE, calendar.time_zone)
                closes = resolve(midnight + window.closes * MINUTE, calendar.time_zone)
                for start, end in self._present(opens, closes):
                    yield start, end, ordinal

    def _present(self, opens: datetime, closes: datetime) -> Iterable[tuple[datetime, datetime]]:
        """What absences leave of a span; nothing of one that the clock skipped."""
        away = self.calendar.away
        for start, end in away[bisect_right(away, opens, key=lambda span: span[1]) :]:
            if start >= closes:
                break
            if opens < start:
                yield opens, start
            opens = end
        if opens < closes:
            yield opens, closes


def _joined_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.opens <= joined[-1].closes:
            joined[-1] = Window(joined[-1].opens, max(joined[-1].closes, window.closes))
        else:
            joined.append(window)
    return tuple(joined)


def _joined_spans(spans: Iterable[tuple[datetime, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
