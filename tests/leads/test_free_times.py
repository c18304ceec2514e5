"""When a meeting is proposed: while the account executive works, is here and meets nobody, by day on the other side."""

from datetime import timedelta

import pytest

from agreement.models import Phase
from leads.actions.handing import hand_off_lead
from leads.free_times import first_free
from team.models import Absence, Role
from tests.make import NOON, make_calendar, make_lead, make_user

MONDAY = NOON.replace(hour=0)


def on(day, clock):
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.fixture
def seller(db):
    return make_user("sella", Role.AE, calendar=make_calendar(opens=10 * 60, closes=16 * 60))


def free(seller, day, clock, *, minutes=30, zone="UTC"):
    return first_free(seller, on(day, clock), minutes, zone=zone, at=MONDAY)


def test_it_is_within_her_working_hours(seller):
    assert free(seller, 0, "09:00") == on(0, "10:00")
    assert free(seller, 0, "12:00") == on(0, "12:00")
    assert free(seller, 0, "15:30") == on(0, "15:30")
    assert free(seller, 0, "15:30", minutes=45) == on(1, "10:00")
    assert free(seller, 4, "16:00") == on(7, "10:00")


def test_it_ends_before_an_absence_begins_and_is_not_during_it(seller):
    Absence.objects.create(user=seller, starts_at=on(0, "11:00"), ends_at=on(1, "14:00"))

    assert free(seller, 0, "09:00") == on(0, "10:00")
    assert free(seller, 0, "10:30") == on(0, "10:30")
    assert free(seller, 0, "10:45") == on(1, "14:00")


def test_it_is_when_she_meets_nobody_and_what_follows_a_meeting_is_within_her_hours_too(seller, alice):
    for clock in ("10:00", "15:00"):
        lead = make_lead(phase=Phase.WORKING, bdr=alice, at=NOON)
        wall = on(0, clock).replace(tzinfo=None)
        hand_off_lead(lead, ae=seller, by=alice, at=MONDAY, meeting=(wall, "UTC"), minutes=45)

    assert free(seller, 0, "10:00") == on(0, "10:45")
    assert free(seller, 0, "14:45") == on(1, "10:00")


def test_it_is_by_day_on_the_other_side_where_the_two_days_meet(seller):
    # Five hours behind, and they begin at eight.
    assert free(seller, 0, "10:00", zone="America/New_York") == on(0, "13:00")
    assert free(seller, 0, "15:45", zone="America/New_York") == on(1, "13:00")


def test_where_the_two_days_never_meet_her_hours_decide(seller):
    assert free(seller, 0, "10:00", zone="Pacific/Auckland") == on(0, "10:00")


def test_without_any_hours_left_to_count_only_her_meetings_do(seller):
    Absence.objects.create(user=seller, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=50 * 366))

    assert free(seller, 0, "09:00") == on(0, "09:00")


def test_who_never_works_so_long_at_a_stretch_is_not_looked_for_without_end(db):
    short = make_user("sella", Role.AE, calendar=make_calendar(opens=12 * 60, closes=13 * 60))

    assert first_free(short, on(0, "09:00"), 90, zone="UTC", at=MONDAY) == on(0, "09:00")
