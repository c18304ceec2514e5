"""Working time on the days that go wrong, computed by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from team.worktime import (
    NeverOpen,
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

NINE_TO_FIVE = (Window(9 * 60, 17 * 60),)
WITH_LUNCH = (Window(9 * 60, 12 * 60), Window(13 * 60, 17 * 60))
ALL_DAY = (Window(0, 1440),)
CLOSED = ()


def office(zone="Europe/Berlin", day=NINE_TO_FIVE, **fields):
    return WorkCalendar(zone, (day,) * 5 + (CLOSED, CLOSED), **fields)


def round_the_clock(zone):
    return WorkCalendar(zone, (ALL_DAY,) * 7)


def berlin(*parts):
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


# Monday 2 to Sunday 8 November 2026 is an ordinary week in Berlin.


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (berlin(2026, 11, 2, 9), 30, berlin(2026, 11, 2, 9, 30)),
        (berlin(2026, 11, 2, 6), 30, berlin(2026, 11, 2, 9, 30)),
        (berlin(2026, 11, 2, 9), 480, berlin(2026, 11, 2, 17)),  # ends at the closing, not the next morning
        (berlin(2026, 11, 2, 9), 481, berlin(2026, 11, 3, 9, 1)),
        (berlin(2026, 11, 2, 17), 1, berlin(2026, 11, 3, 9, 1)),  # at the closing it is closed
        (berlin(2026, 11, 6, 16, 58), 5, berlin(2026, 11, 9, 9, 3)),  # over the weekend
        (berlin(2026, 11, 7, 12), 0, berlin(2026, 11, 7, 12)),  # nothing added moves nothing
        (berlin(2026, 11, 2, 9, 0, 30), 1, berlin(2026, 11, 2, 9, 1, 30)),  # seconds are kept
        (berlin(2026, 11, 2, 9), 261 * 480, berlin(2027, 11, 1, 17)),  # a year without holidays
    ],
)
def test_minutes_are_counted_while_the_calendar_is_open(start, minutes, end):
    assert add_working_minutes(office(), start, minutes) == end


@pytest.mark.parametrize(
    ("end", "minutes", "start"),
    [
        (berlin(2026, 11, 2, 9, 30), 30, berlin(2026, 11, 2, 9)),
        (berlin(2026, 11, 2, 17), 480, berlin(2026, 11, 2, 9)),
        (berlin(2026, 11, 2, 9), 1, berlin(2026, 10, 30, 16, 59)),
        (berlin(2026, 11, 8, 3), 60, berlin(2026, 11, 6, 16)),
        (berlin(2026, 11, 8, 3), 0, berlin(2026, 11, 8, 3)),
    ],
)
def test_minutes_are_counted_back_the_same_way(end, minutes, start):
    assert subtract_working_minutes(office(), end, minutes) == start


def test_a_lunch_break_is_not_worked():
    calendar = office(day=WITH_LUNCH)

    assert add_working_minutes(calendar, berlin(2026, 11, 2, 11, 50), 20) == berlin(2026, 11, 2, 13, 10)
    assert working_minutes_between(calendar, berlin(2026, 11, 2, 11), berlin(2026, 11, 2, 14)) == 120
    assert not is_working(calendar, berlin(2026, 11, 2, 12))
    assert is_working(calendar, berlin(2026, 11, 2, 13))


def test_a_holiday_is_skipped_and_an_own_day_counts_with_its_own_windows():
    calendar = office(
        days={date(2026, 12, 25): CLOSED, date(2026, 12, 24): (Window(9 * 60, 12 * 60),)},
    )

    assert add_working_minutes(calendar, berlin(2026, 12, 24, 11), 120) == berlin(2026, 12, 28, 10)


def test_a_saturday_can_be_opened_for_once():
    calendar = office(days={date(2026, 11, 7): (Window(10 * 60, 11 * 60),)})

    assert next_opening(calendar, berlin(2026, 11, 6, 17)) == berlin(2026, 11, 7, 10)


def test_an_absence_takes_its_instants_out_of_the_day():
    away = (
        (berlin(2026, 11, 2, 10), berlin(2026, 11, 2, 11)),
        (berlin(2026, 11, 2, 16), berlin(2026, 11, 4, 10)),
    )
    calendar = office(away=away)

    assert working_minutes_between(calendar, berlin(2026, 11, 2), berlin(2026, 11, 5)) == 6 * 60 + 7 * 60
    assert add_working_minutes(calendar, berlin(2026, 11, 2, 9, 30), 60) == berlin(2026, 11, 2, 11, 30)
    assert end_of_working_day(calendar, berlin(2026, 11, 2, 9)) == berlin(2026, 11, 2, 16)
    assert add_working_days(calendar, berlin(2026, 11, 2, 9), 1) == berlin(2026, 11, 4, 10)


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("America/New_York", date(2027, 3, 14), 23 * 60),
        ("America/New_York", date(2027, 11, 7), 25 * 60),
        ("Europe/London", date(2027, 3, 28), 23 * 60),
        ("Europe/Berlin", date(2027, 10, 31), 25 * 60),
        ("Australia/Sydney", date(2026, 10, 4), 23 * 60),
        ("Australia/Sydney", date(2027, 4, 4), 25 * 60),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23 * 60 + 30),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24 * 60 + 30),
        ("Asia/Kathmandu", date(2027, 3, 28), 24 * 60),
        ("Pacific/Apia", date(2011, 12, 29), 24 * 60),
        ("Pacific/Apia", date(2011, 12, 31), 24 * 60),
    ],
)
def test_a_day_round_the_clock_is_as_long_as_it_really_was(zone, day, minutes):
    calendar = round_the_clock(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    end = end_of_working_day(calendar, midnight)

    assert end - midnight == timedelta(minutes=minutes)
    assert working_minutes_between(calendar, midnight, end) == minutes


def test_a_night_shift_loses_the_hour_the_clock_skips():
    night = WorkCalendar("America/New_York", ((Window(0, 6 * 60),),) * 7)
    opens = datetime(2027, 3, 14, 5, tzinfo=UTC)  # 0:00 EST

    assert add_working_minutes(night, opens, 120) == datetime(2027, 3, 14, 7, tzinfo=UTC)  # 3:00 EDT
    assert end_of_working_day(night, opens) == datetime(2027, 3, 14, 10, tzinfo=UTC)  # five real hours


def test_a_night_shift_works_the_repeated_hour_twice():
    night = WorkCalendar("America/New_York", ((Window(0, 6 * 60),),) * 7)
    opens = datetime(2027, 11, 7, 4, tzinfo=UTC)  # 0:00 EDT

    assert add_working_minutes(night, opens, 180) == datetime(2027, 11, 7, 7, tzinfo=UTC)  # 2:00 EST
    assert end_of_working_day(night, opens) == datetime(2027, 11, 7, 11, tzinfo=UTC)  # seven real hours


def test_a_window_inside_the_skipped_hour_does_not_open_that_day():
    calendar = WorkCalendar("America/New_York", ((Window(130, 170),),) * 7)

    opening = next_opening(calendar, datetime(2027, 3, 14, 6, tzinfo=UTC))

    assert opening == datetime(2027, 3, 15, 6, 10, tzinfo=UTC)  # Monday 2:10 EDT


def test_the_friday_that_apia_skipped_is_no_working_day():
    calendar = office("Pacific/Apia")
    thursday = datetime(2011, 12, 29, 10, tzinfo=ZoneInfo("Pacific/Apia"))

    monday = add_working_days(calendar, thursday, 1)

    assert monday == datetime(2012, 1, 2, 10, tzinfo=ZoneInfo("Pacific/Apia"))
    assert working_days_between(calendar, thursday, monday) == 1


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (berlin(2026, 11, 2, 3), berlin(2026, 11, 2, 17)),
        (berlin(2026, 11, 2, 12, 30), berlin(2026, 11, 2, 17)),  # the lunch break belongs to its day
        (berlin(2026, 11, 2, 16, 59), berlin(2026, 11, 2, 17)),
        (berlin(2026, 11, 2, 17), berlin(2026, 11, 3, 17)),
        (berlin(2026, 11, 6, 18), berlin(2026, 11, 9, 17)),
    ],
)
def test_a_working_day_ends_with_its_last_window(at, end):
    assert end_of_working_day(office(day=WITH_LUNCH), at) == end


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (berlin(2026, 11, 2, 10, 15), 1, berlin(2026, 11, 3, 10, 15)),
        (berlin(2026, 11, 6, 10, 15), 1, berlin(2026, 11, 9, 10, 15)),
        (berlin(2026, 11, 7, 10, 15), 1, berlin(2026, 11, 9, 10, 15)),  # from a Saturday
        (berlin(2026, 11, 2, 10, 15), 5, berlin(2026, 11, 9, 10, 15)),
        (berlin(2026, 11, 2, 6), 1, berlin(2026, 11, 3, 9)),  # before opening: the opening
        (berlin(2026, 11, 2, 12, 20), 1, berlin(2026, 11, 3, 13)),  # in the break: its end
        (berlin(2026, 11, 2, 20), 1, berlin(2026, 11, 3, 17)),  # after closing: the closing
        (berlin(2026, 11, 2, 10), 0, berlin(2026, 11, 2, 10)),
        (berlin(2026, 11, 2, 20), 0, berlin(2026, 11, 3, 9)),  # never earlier than the start
        (berlin(2026, 11, 7, 20), 0, berlin(2026, 11, 9, 17)),
        (
            berlin(2026, 10, 23, 10),
            1,
            berlin(2026, 10, 26, 10),
        ),  # the same wall time after summer time
    ],
)
def test_working_days_keep_the_time_of_day(start, days, end):
    assert add_working_days(office(day=WITH_LUNCH), start, days) == end


def test_working_days_can_name_their_own_time_of_day():
    calendar = office(day=WITH_LUNCH)

    assert add_working_days(calendar, berlin(2026, 11, 2, 15), 2, at_minute=600) == berlin(2026, 11, 4, 10)
    assert add_working_days(calendar, berlin(2026, 11, 2, 15), 2, at_minute=0) == berlin(2026, 11, 4, 9)


def test_working_days_between_counts_the_last_day_and_not_the_first():
    calendar = office()

    assert working_days_between(calendar, berlin(2026, 11, 2, 10), berlin(2026, 11, 2, 16)) == 0
    assert working_days_between(calendar, berlin(2026, 11, 6, 10), berlin(2026, 11, 9, 8)) == 1
    assert working_days_between(calendar, berlin(2026, 11, 9, 8), berlin(2026, 11, 6, 10)) == -1


def test_a_begun_minute_does_not_count_in_either_direction():
    a, b = berlin(2026, 11, 2, 9, 0, 30), berlin(2026, 11, 2, 9, 2)

    assert working_minutes_between(office(), a, b) == 1
    assert working_minutes_between(office(), b, a) == -1


def test_overlapping_windows_and_absences_count_once():
    messy = (Window(600, 720), Window(540, 660), Window(700, 1020))
    away = (
        (berlin(2026, 11, 2, 10), berlin(2026, 11, 2, 12)),
        (berlin(2026, 11, 2, 11), berlin(2026, 11, 2, 13)),
    )

    assert office(day=messy) == office()
    assert working_minutes_between(office(away=away), berlin(2026, 11, 2), berlin(2026, 11, 3)) == 5 * 60


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar, at: add_working_minutes(calendar, at, 1),
        lambda calendar, at: subtract_working_minutes(calendar, at, 1),
        next_opening,
        end_of_working_day,
        lambda calendar, at: add_working_days(calendar, at, 1),
    ],
)
@pytest.mark.parametrize(
    "calendar",
    [
        WorkCalendar("Europe/Berlin", (CLOSED,) * 7),
        office(away=((datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)),
    ],
    ids=["no windows", "away for good"],
)
def test_a_calendar_that_never_opens_says_so(ask, calendar):
    with pytest.raises(NeverOpen):
        ask(calendar, berlin(2026, 11, 2, 10))


def test_a_calendar_that_never_opens_can_still_be_measured():
    never = WorkCalendar("Europe/Berlin", (CLOSED,) * 7)

    assert working_minutes_between(never, berlin(2026, 11, 2), berlin(2026, 12, 2)) == 0
    assert working_days_between(never, berlin(2026, 11, 2), berlin(2026, 12, 2)) == 0
    assert not is_working(never, berlin(2026, 11, 2, 10))


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_are_an_error_with_a_name(at):
    never = WorkCalendar("Etc/UTC", (CLOSED,) * 7)

    with pytest.raises(NeverOpen):
        next_opening(never, at)


def test_what_takes_longer_than_forty_years_is_never():
    with pytest.raises(NeverOpen):
        add_working_minutes(office(), berlin(2026, 11, 2), 10**9)


def test_what_opens_again_after_more_than_forty_years_is_never():
    away = ((berlin(2026, 11, 2), berlin(2080, 1, 1)),)

    with pytest.raises(NeverOpen):
        next_opening(office(away=away), berlin(2026, 11, 2, 10))


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (700, 600), (-1, 60), (0, 1441)])
def test_a_window_opens_before_it_closes_within_one_day(opens, closes):
    with pytest.raises(ValueError, match="window"):
        Window(opens, closes)


def test_counting_backwards_by_accident_is_refused():
    for count in (add_working_minutes, subtract_working_minutes, add_working_days):
        with pytest.raises(ValueError, match=r"forward|back"):
            count(office(), berlin(2026, 11, 2), -1)
