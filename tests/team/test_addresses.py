"""What an address carries is read as we wrote it; anything else is nothing."""

from datetime import UTC, datetime

import pytest

from team.addresses import read_moment, read_number
from team.localtime import resolve

BAD = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2027-02-30T00:00:00+00:00",
    "2027-01-01T00:00:00",
    "x",
]


def test_a_moment_is_read_in_utc_also_where_the_address_lost_its_plus():
    nine = datetime(2027, 3, 1, 9, tzinfo=UTC)

    assert read_moment("2027-03-01T10:00:00+01:00") == nine
    assert read_moment("2027-03-01T10:00:00 01:00") == nine


@pytest.mark.parametrize("text", BAD)
def test_no_moment_of_ours_is_none(text):
    assert read_moment(text) is None


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("9" * 18, 10**18 - 1)])
def test_a_number_is_read(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1e3", "٣", "²", "9" * 19, "1" * 5000])
def test_what_no_column_holds_is_no_number(text):
    assert read_number(text) is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("wall", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_no_zone_leads_out_of_the_calendar(wall, zone):
    assert abs(resolve(wall, zone).year - wall.year) <= 1
