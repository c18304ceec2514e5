"""A cell means what its column's format says, or the row is refused with the reason."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.intake import values
from leads.intake.values import AMBIGUOUS, BadValue, Money

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize("format", list(values.DATE_FORMATS))
def test_every_date_format_reads_its_own_label(format):
    assert values.parse_date(values.DATE_FORMATS[format].label, format) == date(2026, 3, 25)


@pytest.mark.parametrize(
    ("written", "format", "expected"),
    [
        ("2026-03-25", "iso", datetime(2026, 3, 24, 23, 0, tzinfo=UTC)),
        ("2026-07-25T10:30", "iso", datetime(2026, 7, 25, 8, 30, tzinfo=UTC)),
        ("2010-10-14T12:00:00.000GMT", "iso", datetime(2010, 10, 14, 12, 0, tzinfo=UTC)),
        ("2026-03-25 10:00:00.123456789+05:30", "iso", datetime(2026, 3, 25, 4, 30, 0, 123456, tzinfo=UTC)),
        ("2026-03-25T10:00:00-0800", "iso", datetime(2026, 3, 25, 18, 0, tzinfo=UTC)),
        ("05/20/2026 10:00:00 PM", "m/d/y", datetime(2026, 5, 20, 20, 0, tzinfo=UTC)),
        ("05/20/2026, 12:05 a.m.", "m/d/y", datetime(2026, 5, 19, 22, 5, tzinfo=UTC)),
        ("1. März 2026", "d mon y", datetime(2026, 2, 28, 23, 0, tzinfo=UTC)),
        ("25-Mar-2026", "d mon y", datetime(2026, 3, 24, 23, 0, tzinfo=UTC)),
        ("46106.5", "excel", datetime(2026, 3, 25, 11, 0, tzinfo=UTC)),
    ],
)
def test_moment_is_read_in_its_own_offset_or_the_zone_given(written, format, expected):
    assert values.parse_moment(written, format, zone=BERLIN) == expected


def test_hour_that_summer_time_skips_is_the_one_after_it():
    moment = values.parse_moment("2027-03-14 02:30", "iso", zone=NEW_YORK)

    assert moment.astimezone(NEW_YORK).isoformat() == "2027-03-14T03:30:00-04:00"


@pytest.mark.parametrize(
    ("written", "format"),
    [
        *(("31.02.2026", "d.m.y"), ("2026-02-29", "iso"), ("9999-01-01", "iso"), ("0001-01-01", "iso")),
        *(("1969-12-31", "iso"), ("2101-01-01", "iso"), ("45000", "iso"), ("45000", "d/m/y"), ("03/04/05", "d/m/y")),
        *(("13/13/2026", "m/d/y"), ("2026-03-25 25:00", "iso"), ("2026-03-25 13:00 PM", "iso"), ("", "iso")),
        *(("２０２６-03-25", "iso"), ("2026-03-25x", "iso"), ("1", "excel"), ("99999", "excel"), ("2026", "excel")),
        *(("2026-03-25T10:00+99:00", "iso"), ("2026-3-٢٥", "iso"), ("25 Foo 2026", "d mon y")),
    ],
)
def test_what_is_no_day_from_1970_to_2100_is_refused(written, format):
    with pytest.raises(BadValue):
        values.parse_date(written, format)


def test_day_number_of_a_spreadsheet_is_named_as_such():
    with pytest.raises(BadValue, match="spreadsheet"):
        values.parse_date("45000", "iso")


@pytest.mark.parametrize(
    ("samples", "guess"),
    [
        (["2026-03-25", "2026-01-02"], "iso"),
        (["03/04/2026", "05/06/2026"], AMBIGUOUS),
        (["03/04/2026", "25/06/2026"], "d/m/y"),
        (["03/04/2026", "06/25/2026"], "m/d/y"),
        (["04/04/2026", "05/05/2026"], "d/m/y"),
        (["03/04/05"], AMBIGUOUS),
        (["20-10-16", "25-10-16", "01-03-17"], AMBIGUOUS),
        (["3.4.2026"], "d.m.y"),
        (["Mar 5, 2026", "April 6, 2026"], "mon d y"),
        (["2026-03-25", "", "n/a", "Select"], "iso"),
        (["2026-03-25"] * 19 + ["soon"], "iso"),
        (["2026-03-25", "soon"], None),
        (["45000", "45001"], None),
        (["", " "], None),
        ([], None),
    ],
)
def test_date_format_is_guessed_only_where_all_readings_agree(samples, guess):
    assert values.guess_date_format(samples) == guess


def test_formats_to_choose_from_are_those_that_fit():
    assert values.date_choices(["03/04/2026"]) == ["d/m/y", "m/d/y"]
    assert values.number_choices(["1,234"]) == ["comma groups", "dot groups"]


@pytest.mark.parametrize(
    ("written", "format", "number"),
    [
        ("1234.5", "plain", "1234.5"),
        ("1,234.5", "comma groups", "1234.5"),
        ("1.234,5", "dot groups", "1234.5"),
        ("1\u00a0234\u00a0567,5", "space groups", "1234567.5"),
        ("1’234.50", "apostrophe groups", "1234.50"),
        ("-0,5", "comma point", "-0.5"),
        ("+7", "plain", "7"),
        ("0.123456789", "plain", "0.123457"),
    ],
)
def test_number_is_read_in_the_format_of_its_column(written, format, number):
    assert values.parse_decimal(written, format) == Decimal(number)


@pytest.mark.parametrize(
    "written",
    [
        *("1,234.5", "１２３", "١٢٣", "1_000", "1e400", "NaN", "Infinity", "0x10", "", "-", ".5", "5.", "1 2", "--1"),
        "9" * 16,
        "9" * 5000,
    ],
)
def test_what_is_no_plain_number_is_refused(written):
    with pytest.raises(BadValue):
        values.parse_decimal(written)


@pytest.mark.parametrize(
    ("written", "format"), [("12,34.5", "comma groups"), ("1,2345", "comma groups"), ("1.23,5", "dot groups")]
)
def test_groups_are_of_three(written, format):
    with pytest.raises(BadValue):
        values.parse_decimal(written, format)


def test_whole_number_has_a_range_and_no_fraction():
    assert values.parse_whole("12.0") == 12
    for written in ("12.5", "101", "-1"):
        with pytest.raises(BadValue):
            values.parse_whole(written, least=0, most=100)


@pytest.mark.parametrize(
    ("samples", "guess"),
    [
        (["12", "7"], "plain"),
        (["1.5", "2.25"], "plain"),
        (["1,234"], AMBIGUOUS),
        (["1.234"], AMBIGUOUS),
        (["1,234", "5,678.5"], "comma groups"),
        (["1.234", "0,5"], "dot groups"),
        (["0,5", "12"], "dot groups"),
        (["two"], None),
        (["2026-03-25"], None),
    ],
)
def test_number_format_is_guessed_only_where_all_readings_agree(samples, guess):
    assert values.guess_number_format(samples) == guess


@settings(deadline=None)
@given(st.decimals(min_value=-(10**14), max_value=10**14, places=3))
def test_number_is_the_same_in_every_format_it_is_written_in(number):
    plain = f"{number:f}"
    comma = f"{number:,f}"
    dots = comma.translate(str.maketrans(",.", ".,"))

    assert values.parse_decimal(plain) == values.parse_decimal(comma, "comma groups") == number
    assert values.parse_decimal(dots, "dot groups") == number


@pytest.mark.parametrize(("word", "meaning"), [("Yes", True), ("JA", True), ("1", True), ("sí", True), ("✓", True)])
def test_yes_is_yes_in_many_words(word, meaning):
    assert values.parse_boolean(word) is meaning


@pytest.mark.parametrize("word", ["no", "Nein", "0", "FALSE", "não"])
def test_no_is_no_in_many_words(word):
    assert values.parse_boolean(word) is False


@pytest.mark.parametrize("word", ["", "maybe", "2", "yess", "１１"])
def test_what_is_neither_is_refused(word):
    with pytest.raises(BadValue):
        values.parse_boolean(word)


def test_choice_is_spelled_as_the_list_spells_it():
    choices = ["Google", "Referral Sites"]

    assert values.parse_choice(" referral  sites ", choices) == "Referral Sites"
    assert values.parse_choice("google", choices) == "Google"
    with pytest.raises(BadValue):
        values.parse_choice("Bing", choices)


@pytest.mark.parametrize(
    ("written", "name"), [("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York"), ("UTC", "UTC")]
)
def test_time_zone_is_an_iana_place(written, name):
    assert values.parse_time_zone(written) == name


@pytest.mark.parametrize(
    "written", ["EST", "GMT+25", "Mars/Base", "Etc/GMT+5", "+01:00", "", "../etc/passwd", "Europe"]
)
def test_zone_without_a_place_is_refused(written):
    with pytest.raises(BadValue):
        values.parse_time_zone(written)


@pytest.mark.parametrize(
    ("written", "format", "money"),
    [
        ("$1,234.50", "comma groups", Money(123450, "USD")),
        ("1.234,50 €", "dot groups", Money(123450, "EUR")),
        ("CHF 1’234.50", "apostrophe groups", Money(123450, "CHF")),
        ("-£5", "plain", Money(-500, "GBP")),
        ("¥500", "plain", Money(500, "JPY")),
        ("1.5 kwd", "plain", Money(1500, "KWD")),
        ("12.30", "plain", Money(1230, "EUR")),
    ],
)
def test_money_is_exact_minor_units_and_a_currency(written, format, money):
    assert values.parse_money(written, format, currency="EUR") == money


@pytest.mark.parametrize(
    "written", ["", "€", "1.234 €", "5 XXX", "$5 USD", "free", "1e9 EUR", "9" * 20 + " EUR", "5 kr"]
)
def test_what_is_no_amount_is_refused(written):
    with pytest.raises(BadValue):
        values.parse_money(written, currency="EUR")


def test_amount_without_any_currency_is_refused():
    with pytest.raises(BadValue, match="currency"):
        values.parse_money("5")


def test_values_that_mean_nothing_are_offered_as_they_are_written():
    samples = ["Select", "Mumbai", "N/A", "(blank)", "-", "unknown", "Not Specified", "K.A.", "", "Selected", "Nathan"]

    assert values.looks_empty(samples) == ["Select", "N/A", "(blank)", "-", "unknown", "Not Specified", "K.A."]
    assert [v for v in samples if values.is_empty(v, {"Select"})] == ["Select", ""]
    assert values.is_empty("  ")


@settings(deadline=None)
@given(
    st.text(max_size=40), st.sampled_from(sorted(values.DATE_FORMATS)), st.sampled_from(sorted(values.NUMBER_FORMATS))
)
def test_no_cell_raises_anything_but_a_bad_value(value, dates, numbers):
    for read in (
        lambda: values.parse_moment(value, dates, zone=BERLIN),
        lambda: values.parse_whole(value, numbers),
        lambda: values.parse_money(value, numbers, currency="EUR"),
        lambda: values.parse_boolean(value),
        lambda: values.parse_time_zone(value),
    ):
        with suppress(BadValue):
            read()
