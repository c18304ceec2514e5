"""Calendars as people edit them become working time: holidays, own days, absences, and few queries."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from team.calendars import Calendars, NoCalendar, public_holidays, worktime_of, worktime_of_user
from team.models import Absence, Calendar, CalendarDay, CalendarWindow, Membership, Role, Team, User
from team.worktime import Window, add_working_minutes, is_working, next_opening, working_minutes_between

pytestmark = pytest.mark.django_db

NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)


def berlin(*parts):
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def make_calendar(name="Berlin", time_zone="Europe/Berlin", **fields):
    calendar = Calendar.objects.create(name=name, time_zone=time_zone, **fields)
    for weekday in range(5):
        for opens, closes in ((540, 720), (780, 1020)):
            CalendarWindow.objects.create(calendar=calendar, weekday=weekday, opens=opens, closes=closes)
    return calendar


def make_user(name, **fields):
    return User.objects.create_user(f"{name}@example.com", name=name, **fields)


def test_a_calendar_counts_with_its_zone_and_its_windows():
    worktime = worktime_of(make_calendar(), at=NOVEMBER)

    assert worktime.time_zone == "Europe/Berlin"
    assert worktime.week == ((Window(540, 720), Window(780, 1020)),) * 5 + ((), ())
    assert worktime.days == {}
    assert add_working_minutes(worktime, berlin(2026, 11, 6, 16), 120) == berlin(2026, 11, 9, 10)


def test_public_holidays_are_kept_where_the_country_and_its_part_have_them():
    in_berlin = worktime_of(make_calendar("B", country="DE", subdivision="BE"), at=NOVEMBER)
    in_munich = worktime_of(make_calendar("M", country="DE", subdivision="BY"), at=NOVEMBER)
    womens_day, epiphany = berlin(2027, 3, 8, 10), berlin(2027, 1, 6, 10)

    assert (is_working(in_berlin, womens_day), is_working(in_munich, womens_day)) == (False, True)
    assert (is_working(in_berlin, epiphany), is_working(in_munich, epiphany)) == (True, False)


@pytest.mark.parametrize("year", [2024, 2026, 2036])
def test_holidays_are_known_two_years_back_and_ten_ahead(year):
    worktime = worktime_of(make_calendar(country="DE"), at=NOVEMBER)

    assert worktime.days[date(year, 12, 25)] == ()


@pytest.mark.parametrize(("country", "subdivision"), [("DE", "ZZ"), ("XX", ""), ("XX", "ZZ"), ("", "BE")])
def test_an_unknown_place_never_stops_a_calendar(country, subdivision):
    worktime = worktime_of(make_calendar(country=country, subdivision=subdivision), at=NOVEMBER)

    assert (date(2026, 12, 25) in worktime.days) == (country == "DE")


def test_holidays_have_a_name():
    assert public_holidays("GB", "ENG", 2026)[date(2026, 12, 28)] == "Boxing Day (observed)"


def test_an_own_day_stands_above_the_holiday_and_the_weekday():
    calendar = make_calendar(country="DE", subdivision="BE")
    CalendarDay.objects.create(calendar=calendar, day=date(2027, 3, 8), opens=600, closes=720)
    CalendarDay.objects.create(calendar=calendar, day=date(2027, 3, 8), opens=780, closes=840)
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 11, 3), label="Company outing")

    worktime = worktime_of(calendar, at=NOVEMBER)

    assert worktime.days[date(2027, 3, 8)] == (Window(600, 720), Window(780, 840))
    assert next_opening(worktime, berlin(2026, 11, 2, 17)) == berlin(2026, 11, 4, 9)


def test_a_day_that_is_closed_and_has_hours_is_closed():
    calendar = make_calendar()
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 11, 3), opens=600, closes=720)
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 11, 3))

    assert worktime_of(calendar, at=NOVEMBER).days[date(2026, 11, 3)] == ()


def both_ways(user, *, at=NOVEMBER):
    """The single answer, after seeing that the batch gives the same."""
    single = worktime_of_user(User.objects.get(pk=user.pk), at=at)
    assert Calendars(at=at).of_user(user.pk) == single
    return single


def test_a_user_works_by_her_own_calendar_first():
    team = Team.objects.create(name="Inside sales", calendar=make_calendar("Team"))
    user = make_user("own", calendar=make_calendar("Own", time_zone="Asia/Kathmandu"))
    Membership.objects.create(user=user, team=team, role=Role.BDR)

    assert both_ways(user).time_zone == "Asia/Kathmandu"


def test_a_user_without_a_calendar_works_by_that_of_her_first_team():
    user = make_user("member")
    for name, zone in (("Zulu", "Europe/London"), ("Alpha", "America/New_York")):
        team = Team.objects.create(name=name, calendar=make_calendar(name, time_zone=zone))
        Membership.objects.create(user=user, team=team, role=Role.BDR)

    assert both_ways(user).time_zone == "Europe/London"


def test_a_user_without_a_team_works_by_the_default_team():
    Team.objects.filter(is_default=True).update(is_default=False)
    Team.objects.create(name="Default", is_default=True, calendar=make_calendar("D", time_zone="Europe/London"))
    user = make_user("executive")
    Membership.objects.create(user=user, role=Role.AE)

    assert both_ways(user).time_zone == "Europe/London"


def test_where_no_calendar_is_to_be_found_it_is_said():
    Team.objects.filter(is_default=True).update(is_default=False)
    user = make_user("nobody")

    with pytest.raises(NoCalendar):
        worktime_of_user(user, at=NOVEMBER)
    with pytest.raises(NoCalendar):
        Calendars(at=NOVEMBER).of_user(user.pk)


def test_absences_are_hers_alone_and_past_ones_still_count():
    calendar = make_calendar()
    away, here = make_user("away", calendar=calendar), make_user("here", calendar=calendar)
    for start, end in (
        (berlin(2026, 11, 2, 12), berlin(2026, 11, 4)),
        (berlin(2026, 10, 26), berlin(2026, 10, 27)),
        (berlin(2020, 1, 1), berlin(2020, 2, 1)),
    ):
        Absence.objects.create(user=away, starts_at=start, ends_at=end)

    worktime = both_ways(away)

    assert next_opening(worktime, berlin(2026, 11, 2, 13)) == berlin(2026, 11, 4, 9)
    assert working_minutes_between(worktime, berlin(2026, 10, 26), berlin(2026, 10, 28)) == 7 * 60
    assert len(worktime.away) == 2  # what ended more than two years ago is not read
    assert both_ways(here).away == ()


def test_one_calendar_is_two_queries(django_assert_num_queries):
    calendar = make_calendar(country="DE")

    with django_assert_num_queries(2):  # windows, days
        worktime_of(calendar, at=NOVEMBER)


def test_one_user_is_four_queries(django_assert_num_queries):
    user = User.objects.get(pk=make_user("own", calendar=make_calendar()).pk)

    with django_assert_num_queries(4):  # calendar, absences, windows, days
        worktime_of_user(user, at=NOVEMBER)


@pytest.mark.parametrize("people", [1, 20])
def test_a_batch_costs_the_same_queries_however_many_people(people, django_assert_num_queries):
    held = []
    for number in range(people):
        team = Team.objects.create(name=f"Team {number}", calendar=make_calendar(f"Calendar {number}"))
        user = make_user(f"user{number}")
        held.append(Membership.objects.create(user=user, team=team, role=Role.BDR))
        Absence.objects.create(user=user, starts_at=NOVEMBER, ends_at=NOVEMBER + timedelta(days=1))

    # calendars, windows, days; teams; memberships, own calendars; absences
    with django_assert_num_queries(7):
        calendars = Calendars(at=NOVEMBER)
        for _again in range(2):
            for membership in held:
                calendars.of_user(membership.user_id)
                calendars.of_team(membership.team_id)


def test_people_of_one_calendar_share_what_was_counted():
    calendar = make_calendar()
    ann, bea = make_user("ann", calendar=calendar), make_user("bea", calendar=calendar)
    calendars = Calendars(at=NOVEMBER)

    assert calendars.of_user(ann.pk) is calendars.of_user(bea.pk) is calendars.of(calendar.pk)
