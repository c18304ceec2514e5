"""Working time against a slow model: walk minute by minute and look at the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from team.worktime import (
    Window,
    WorkCalendar,
    add_working_days,
    add_working_minutes,
    end_of_working_day,
    is_working,
    next_opening,
    subtract_working_minutes,
    working_days_between,
    working_minutes_between,
)

MINUTE = timedelta(minutes=1)
SEVEN_ZONES = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/New_York",
    "Europe/London",
    "Australia/Sydney",
    "Europe/Berlin",
    "Asia/Kathmandu",
]
# Each begins a few days before a clock changes somewhere; the last holds the Friday Apia skipped.
FORTNIGHTS = [
    datetime(2027, 3, 10, tzinfo=UTC),
    datetime(2027, 3, 24, tzinfo=UTC),
    datetime(2027, 3, 30, tzinfo=UTC),
    datetime(2026, 9, 30, tzinfo=UTC),
    datetime(2026, 10, 21, tzinfo=UTC),
    datetime(2026, 10, 28, tzinfo=UTC),
    datetime(2011, 12, 25, tzinfo=UTC),
    datetime(2016, 2, 25, tzinfo=UTC),
]
DAYS = 10
HAVANA = "America/Havana"  # skips and repeats midnight itself


@cache
def wall_clock(zone, start):
    """The latest time the clock on the wall has shown by each minute: put back, it shows nothing new."""
    tz = ZoneInfo(zone)
    high, shown = start.replace(year=1, tzinfo=None), []
    for minute in range(-2 * 1440, (DAYS + 4) * 1440):
        at = start + minute * MINUTE
        high = max(high, at.astimezone(tz).replace(tzinfo=None))
        shown.append((at, high))
    return shown


def open_minutes(calendar, start):
    """Every minute that is worked, with the local date it belongs to."""
    found = []
    for at, wall in wall_clock(calendar.time_zone, start):
        windows = calendar.days.get(wall.date(), calendar.week[wall.weekday()])
        minute = wall.hour * 60 + wall.minute
        is_open = any(window.opens <= minute < window.closes for window in windows)
        if is_open and not any(begin <= at < end for begin, end in calendar.away):
            found.append((at, wall.date()))
    return found


quarter_hours = st.integers(0, 96).map(lambda quarter: quarter * 15)
windows = st.lists(
    st.lists(quarter_hours, min_size=2, max_size=2, unique=True).map(lambda pair: Window(min(pair), max(pair))),
    max_size=3,
).map(tuple)


@st.composite
def calendars_in_a_fortnight(draw):
    start = draw(st.sampled_from(FORTNIGHTS))
    zone = draw(st.sampled_from([*SEVEN_ZONES, HAVANA]))
    day_numbers = st.integers(-2, DAYS + 3)
    days = draw(st.dictionaries(day_numbers, windows, max_size=3))
    absences = draw(st.lists(st.tuples(st.integers(0, DAYS * 1440), st.integers(1, 4000)), max_size=2))
    calendar = WorkCalendar(
        zone,
        tuple(draw(windows) for _ in range(7)),
        days={(start + timedelta(days=number)).date(): own for number, own in days.items()},
        away=tuple((start + at * MINUTE, start + (at + length) * MINUTE) for at, length in absences),
    )
    minutes = st.integers(0, DAYS * 1440)
    return calendar, start, start + draw(minutes) * MINUTE, start + draw(minutes) * MINUTE


@settings(max_examples=120, deadline=None)
@given(calendars_in_a_fortnight())
def test_it_agrees_with_walking_minute_by_minute(case):
    calendar, start, a, b = case
    worked = open_minutes(calendar, start)
    from_a = [at for at, _day in worked if at >= a]

    assert is_working(calendar, a) == (a in from_a[:1])
    assert working_minutes_between(calendar, a, b) == sum(a <= at < b for at, _day in worked) - sum(
        b <= at < a for at, _day in worked
    )
    if from_a:
        assert next_opening(calendar, a) == from_a[0]
        today = next(day for at, day in worked if at >= a)
        whole_day = [at for at, day in worked if day == today]
        assert end_of_working_day(calendar, a) == whole_day[-1] + MINUTE
    for count in {1, 5, 60, 480, 1000, len(from_a)} - {0}:
        if count <= len(from_a):
            end = from_a[count - 1] + MINUTE
            assert add_working_minutes(calendar, a, count) == end
            assert subtract_working_minutes(calendar, end, count) == from_a[0]


@settings(max_examples=60, deadline=None)
@given(calendars_in_a_fortnight(), st.integers(1, 4))
def test_working_days_are_the_local_dates_with_an_open_minute(case, count):
    calendar, start, a, _b = case
    tz = ZoneInfo(calendar.time_zone)
    last_known = (start + timedelta(days=DAYS)).date()
    worked = sorted({day for _at, day in open_minutes(calendar, start) if day <= last_known})
    later = [day for day in worked if day > a.astimezone(tz).date()]
    if len(later) < count:
        return

    found = add_working_days(calendar, a, count)

    # The closing of a day may be the midnight that already bears the next date.
    assert (found - MINUTE / 2).astimezone(tz).date() == later[count - 1] or is_working(calendar, found)
    just_inside = found if is_working(calendar, found) else found - MINUTE / 2
    assert working_days_between(calendar, a, just_inside) == count


@st.composite
def office_hours(draw):
    zone = draw(st.sampled_from(SEVEN_ZONES))
    day = draw(st.sampled_from([(Window(540, 1020),), (Window(480, 720), Window(780, 1140)), (Window(0, 1440),)]))
    years = st.dates(date(2020, 1, 1), date(2030, 1, 1))
    holidays = dict.fromkeys(draw(st.lists(years, max_size=20)), ())
    return WorkCalendar(zone, (day,) * 5 + ((), ()), days=holidays)


instants = st.datetimes(
    datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01"), timezones=st.just(UTC)
)


@settings(max_examples=200, deadline=None)
@given(office_hours(), instants, st.integers(1, 500_000), st.integers(1, 500_000))
def test_there_and_back_and_in_two_parts(calendar, at, some, more):
    start = next_opening(calendar, at)

    end = add_working_minutes(calendar, start, some)

    assert subtract_working_minutes(calendar, end, some) == start
    assert working_minutes_between(calendar, start, end) == some
    assert add_working_minutes(calendar, end, more) == add_working_minutes(calendar, start, some + more)
    assert add_working_minutes(calendar, at, some) == end


@settings(max_examples=50, deadline=None)
@given(office_hours(), st.lists(instants, min_size=2, max_size=8))
def test_the_answer_does_not_depend_on_what_was_asked_before(calendar, moments):
    fresh = [
        add_working_minutes(WorkCalendar(calendar.time_zone, calendar.week, calendar.days), at, 5000) for at in moments
    ]

    assert [add_working_minutes(calendar, at, 5000) for at in moments] == fresh


@pytest.mark.parametrize("zone", SEVEN_ZONES)
def test_ten_years_of_office_hours_are_eight_real_hours_each_working_day(zone):
    tz = ZoneInfo(zone)
    calendar = WorkCalendar(zone, ((Window(540, 1020),),) * 5 + ((), ()))
    first, last = date(2022, 1, 3), date(2031, 12, 31)  # a Monday, a Wednesday
    start = datetime(2022, 1, 3, 9, tzinfo=tz).astimezone(UTC)
    weekdays = [day for day in (first + timedelta(days=n) for n in range((last - first).days + 1)) if day.weekday() < 5]

    mornings = [add_working_minutes(calendar, start, 480 * n + 1) - MINUTE for n in range(len(weekdays))]

    assert [morning.astimezone(tz).replace(tzinfo=None) for morning in mornings] == [
        datetime.combine(day, time(9)) for day in weekdays
    ]


@pytest.mark.parametrize("zone", SEVEN_ZONES)
def test_ten_years_round_the_clock_lose_and_double_nothing(zone):
    calendar = WorkCalendar(zone, ((Window(0, 1440),),) * 7)
    start, end = datetime(2022, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
    marks = [start, *(start + timedelta(days=45 * n, minutes=7 * n) for n in range(1, 80)), end]

    assert working_minutes_between(calendar, start, end) == (end - start) // MINUTE
    for a, b in pairwise(marks):
        assert add_working_minutes(calendar, a, (b - a) // MINUTE) == b
