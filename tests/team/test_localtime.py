"""Local time: skipped hours, repeated hours, and zones guessed only when they are known."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from team.localtime import LocalMoment, is_zone, resolve, zone_of_phone, zone_of_place

ZONES = [
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Santiago",
    "America/Havana",
    "Africa/Casablanca",
]
wall = datetime.fromisoformat
wall_times = st.datetimes(wall("2005-01-01"), wall("2036-01-01"))
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "instant"),
    [
        (wall("2026-11-02 09:00"), "Asia/Kathmandu", utc(2026, 11, 2, 3, 15)),
        # Skipped: the first instant after the gap, whatever minute of the gap was asked for.
        (wall("2027-03-14 02:00"), "America/New_York", utc(2027, 3, 14, 7)),
        (wall("2027-03-14 02:30"), "America/New_York", utc(2027, 3, 14, 7)),
        (wall("2027-03-14 02:59:59.999999"), "America/New_York", utc(2027, 3, 14, 7)),
        (wall("2027-03-14 03:00"), "America/New_York", utc(2027, 3, 14, 7)),
        (wall("2027-03-28 01:30"), "Europe/London", utc(2027, 3, 28, 1)),
        # Lord Howe moves by half an hour: 2:00 becomes 2:30.
        (wall("2026-10-04 02:15"), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)),
        # Havana skips midnight itself, Apia skipped a whole Friday.
        (wall("2027-03-14 00:00"), "America/Havana", utc(2027, 3, 14, 5)),
        (wall("2011-12-30 12:00"), "Pacific/Apia", utc(2011, 12, 30, 10)),
        # Repeated: the first of the two.
        (wall("2027-11-07 01:30"), "America/New_York", utc(2027, 11, 7, 5, 30)),
        (wall("2027-04-04 01:45"), "Australia/Lord_Howe", utc(2027, 4, 3, 14, 45)),
    ],
)
def test_a_wall_clock_becomes_one_instant(local, zone, instant):
    assert resolve(local, zone) == instant


def test_the_second_of_two_repeated_hours_can_be_asked_for():
    assert resolve(wall("2027-11-07 01:30"), "America/New_York", fold=1) == utc(2027, 11, 7, 6, 30)


@given(st.sampled_from(ZONES), wall_times)
def test_every_instant_survives_being_written_down_in_local_time(zone, naive):
    instant = naive.replace(tzinfo=UTC)

    moment = LocalMoment.of(instant, zone)

    assert moment.instant == instant
    assert moment.local == instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@given(st.sampled_from(ZONES), st.lists(wall_times, min_size=2, max_size=2))
def test_a_later_wall_time_is_never_an_earlier_instant(zone, two):
    earlier, later = sorted(two)

    assert resolve(earlier, zone) <= resolve(later, zone)


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Calcutta", "UTC", "Etc/GMT+5"])
def test_a_zone_is_a_name_on_the_iana_list(name):
    assert is_zone(name)


@pytest.mark.parametrize("name", ["EST", "GMT+25", "Mars/Base", "", "localtime", "america/new_york", "../x"])
def test_what_is_not_a_place_on_the_list_is_no_zone(name):
    assert not is_zone(name)


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+442079460958", "Europe/London"),
        ("+16025550123", "America/Phoenix"),
        ("+12125550123", "America/New_York"),
        ("+9771234567", None),  # no zone on record
        ("+18005550123", None),  # freephone: anywhere from Adak to Bermuda
        ("12125550123", None),  # not E.164
        ("call me", None),
        ("", None),
    ],
)
def test_a_phone_number_tells_its_zone_only_when_there_is_one(number, zone):
    assert zone_of_phone(number, at=NOVEMBER) == zone


@pytest.mark.parametrize(
    ("country", "place", "zone"),
    [
        ("NP", "", "Asia/Kathmandu"),
        ("de", "Leipzig", "Europe/Berlin"),  # Berlin and Büsingen show the same time
        ("US", "", None),
        ("US", "Chicago", "America/Chicago"),
        ("US", "los angeles", "America/Los_Angeles"),
        ("US", "CA", "America/Los_Angeles"),
        ("US", "AZ", "America/Phoenix"),
        ("US", "TX", None),  # El Paso is an hour behind Dallas
        ("BR", "São Paulo", "America/Sao_Paulo"),
        ("AU", "nsw", None),  # Broken Hill keeps South Australia's time
        ("ZZ", "", None),
        ("", "Chicago", None),
    ],
)
def test_a_place_tells_its_zone_only_when_there_is_one(country, place, zone):
    assert zone_of_place(country, place, at=NOVEMBER) == zone
