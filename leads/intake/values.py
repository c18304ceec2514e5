"""What the words in a cell mean: dates, numbers, yes and no, choices, money.

A format is chosen once for a column, never guessed row by row; what does not fit it is refused with a BadValue.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from accounts.normalise import BadValue, folded
from leads.intake.vocabulary import CURRENCIES, CURRENCY_SIGNS, MINOR_DIGITS, MONTHS, NO, NOTHING, YES

__all__ = [
    "AMBIGUOUS",
    "DATE_FORMATS",
    "NUMBER_FORMATS",
    "BadValue",
    "Money",
    "date_choices",
    "guess_date_format",
    "guess_number_format",
    "is_boolean",
    "is_empty",
    "looks_empty",
    "number_choices",
    "parse_boolean",
    "parse_choice",
    "parse_date",
    "parse_decimal",
    "parse_moment",
    "parse_money",
    "parse_time_zone",
    "parse_whole",
]

AMBIGUOUS = "ask"

FIRST_YEAR, LAST_YEAR = 1970, 2100
# Beyond these a number is no longer the same in JSON, in a browser and in the database.
MAX_WHOLE = 2**53 - 1
MAX_WHOLE_DIGITS, MAX_DECIMALS = 15, 6
# In most columns a few cells are broken: they are rejected row by row and do not change the format of the rest.
GOOD_SHARE = 0.9


class DateFormat(NamedTuple):
    """`order` of day, month and year; `sign` between them, empty where the month is a word or it is ISO."""

    key: str
    label: str
    order: str
    sign: str
    has_short_year: bool = False


DATE_FORMATS = {
    item.key: item
    for item in (
        DateFormat("iso", "2026-03-25", "ymd", "-"),
        DateFormat("d/m/y", "25/03/2026", "dmy", "/"),
        DateFormat("m/d/y", "03/25/2026", "mdy", "/"),
        DateFormat("d.m.y", "25.03.2026", "dmy", "."),
        DateFormat("y/m/d", "2026/03/25", "ymd", "/"),
        DateFormat("d-m-y", "25-03-2026", "dmy", "-"),
        DateFormat("m-d-y", "03-25-2026", "mdy", "-"),
        DateFormat("y.m.d", "2026.03.25", "ymd", "."),
        DateFormat("d/m/yy", "25/03/26", "dmy", "/", has_short_year=True),
        DateFormat("m/d/yy", "03/25/26", "mdy", "/", has_short_year=True),
        DateFormat("d.m.yy", "25.03.26", "dmy", ".", has_short_year=True),
        DateFormat("d-m-yy", "25-03-26", "dmy", "-", has_short_year=True),
        DateFormat("m-d-yy", "03-25-26", "mdy", "-", has_short_year=True),
        DateFormat("yy-m-d", "26-03-25", "ymd", "-", has_short_year=True),
        DateFormat("d mon y", "25 Mar 2026", "dmy", " "),
        DateFormat("mon d y", "Mar 25, 2026", "mdy", " "),
        DateFormat("excel", "46106", "", ""),
    )
}


class NumberFormat(NamedTuple):
    key: str
    label: str
    group: str
    point: str


NUMBER_FORMATS = {
    item.key: item
    for item in (
        NumberFormat("plain", "1234.5", "", "."),
        NumberFormat("comma groups", "1,234.5", ",", "."),
        NumberFormat("dot groups", "1.234,5", ".", ","),
        NumberFormat("space groups", "1 234,5", " ", ","),
        NumberFormat("apostrophe groups", "1’234.5", "'", "."),
        NumberFormat("comma point", "1234,5", "", ","),
    )
}


class Money(NamedTuple):
    """Whole cents, or what the currency has instead, so that sums are exact."""

    minor: int
    currency: str


def parse_date(value: str, format: str) -> date:
    """The day a cell names in the column's format, from 1970 to 2100."""
    return _split_moment(value, format)[0]


def parse_moment(value: str, format: str, *, zone: ZoneInfo) -> datetime:
    """The moment a cell names, in UTC. Without an offset it is the clock of `zone`, and a bare day its midnight."""
    day, clock, offset = _split_moment(value, format)
    if offset is not None:
        return (datetime.combine(day, clock, tzinfo=UTC) - offset).astimezone(UTC)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def guess_date_format(samples: Iterable[str]) -> str | None:
    """The one format that fits these values, AMBIGUOUS where two would read them differently, None for no dates."""
    found = date_choices(samples)
    if not found:
        return None
    return found[0] if len(found) == 1 else AMBIGUOUS


def date_choices(samples: Iterable[str]) -> list[str]:
    """Formats that fit as many of the values as the best does; those that read all of them alike count once."""
    # Day numbers of a spreadsheet look like any number: they are only read where somebody says so.
    formats = [key for key in DATE_FORMATS if key != "excel"]
    return _best(samples, formats, _split_moment)


def parse_whole(value: str, format: str = "plain", *, least: int = -MAX_WHOLE, most: int = MAX_WHOLE) -> int:
    """A whole number in the column's format; "12.0" is one, "12.5" is not."""
    number = parse_decimal(value, format)
    if number != number.to_integral_value():
        raise BadValue(_("is not a whole number"))
    whole = int(number)
    if not least <= whole <= most:
        raise BadValue(_("is not between %(least)s and %(most)s") % {"least": least, "most": most})
    return whole


def parse_decimal(value: str, format: str = "plain") -> Decimal:
    """A number in the column's format: ASCII digits, groups of three or none, no exponent."""
    shape = NUMBER_FORMATS[format]
    text = value.strip().replace("’", "'").translate(_SPACES)
    if not _number_pattern(shape.group, shape.point).fullmatch(text):
        raise BadValue(_("is not a number like %(example)s") % {"example": shape.label})
    plain = (text.replace(shape.group, "") if shape.group else text).replace(shape.point, ".")
    whole, _point, decimals = plain.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > MAX_WHOLE_DIGITS:
        raise BadValue(_("is too large a number"))
    if len(decimals) <= MAX_DECIMALS:
        return Decimal(plain)
    # A database keeps so many decimals; exports of computed values have many more.
    return round(Decimal(plain[:60]), MAX_DECIMALS)


def guess_number_format(samples: Iterable[str]) -> str | None:
    """The one format that fits these values, AMBIGUOUS where two would read them differently, None for no numbers."""
    found = number_choices(samples)
    if not found:
        return None
    return found[0] if len(found) == 1 else AMBIGUOUS


def number_choices(samples: Iterable[str]) -> list[str]:
    return _best(samples, list(NUMBER_FORMATS), parse_decimal)


@lru_cache(maxsize=1024)
def parse_boolean(value: str) -> bool:
    """Yes or no in the words of the tools and languages files come from."""
    word = folded(value)
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadValue(_("is neither yes nor no"))


def is_boolean(value: str) -> bool:
    word = folded(value)
    return word in YES or word in NO


def parse_choice(value: str, choices: Sequence[str]) -> str:
    """The choice this cell means, as the list spells it: case, accents and spaces do not matter."""
    if value in choices:
        return value
    wanted = folded(value)
    for choice in choices:
        if folded(choice) == wanted:
            return choice
    raise BadValue(_("is not one of the choices"))


@lru_cache(maxsize=1024)
def parse_time_zone(value: str) -> str:
    """An IANA name of a place, or UTC. EST and the like are refused: they know no summer."""
    name = _zones().get(value.strip().casefold().replace(" ", "_"))
    if name is None:
        raise BadValue(_("is not a time zone such as Europe/Berlin"))
    return name


def parse_money(value: str, format: str = "plain", *, currency: str = "") -> Money:
    """An amount with its sign or code before or after it, else in `currency`."""
    text = value.strip()
    found = _MONEY.fullmatch(text)
    if not found:
        raise BadValue(_("is not an amount of money"))
    marks = [mark for mark in (found["before"], found["after"]) if mark]
    if len(marks) > 1:
        raise BadValue(_("names two currencies"))
    code = (CURRENCY_SIGNS.get(marks[0], marks[0].upper()) if marks else currency).strip()
    if code not in CURRENCIES:
        raise BadValue(_("names no currency we know"))

    minus = "-" if found["minus"] else ""
    amount = parse_decimal(minus + found["amount"], format).scaleb(MINOR_DIGITS.get(code, 2))
    if amount != amount.to_integral_value():
        raise BadValue(_("has more decimals than %(currency)s") % {"currency": code})
    if abs(amount) > MAX_WHOLE:
        raise BadValue(_("is too large a number"))
    return Money(int(amount), code)


def looks_empty(samples: Iterable[str]) -> list[str]:
    """Values that probably mean nothing, as they are written, for the marketer to declare empty."""
    return [value for value in dict.fromkeys(samples) if means_nothing(value)]


def means_nothing(value: str) -> bool:
    """Whether it is one of the words that people write where nothing is."""
    # Nearly every cell of a file may be asked this, and few twice: what is folded is kept for those that are.
    plain = " ".join(value.lower().split()) if value.isascii() else folded(value)
    return bool(plain) and plain.strip(_EDGES) in NOTHING


def is_empty(value: str, declared: Iterable[str] = ()) -> bool:
    """Blank, or one of the values declared to mean nothing."""
    stripped = value.strip()
    return not stripped or stripped in declared


def _best[Read](samples: Iterable[str], formats: list[str], read: Callable[[str, str], Read]) -> list[str]:
    """The formats that read most of the samples, one of each kind of answer, most likely first."""
    values = [value.strip() for value in samples if value.strip()]
    values = [value for value in values if folded(value).strip(_EDGES) not in NOTHING]
    if not values:
        return []
    answers: dict[str, list[Read | None]] = {}
    for format in formats:
        answers[format] = [_read_or_none(value, format, read) for value in values]
    hits = {format: sum(answer is not None for answer in found) for format, found in answers.items()}
    most = max(hits.values())
    if most < len(values) * GOOD_SHARE:
        return []
    distinct: dict[str, list[Read | None]] = {}
    for format in formats:
        if hits[format] == most and answers[format] not in distinct.values():
            distinct[format] = answers[format]
    return list(distinct)


def _read_or_none[Read](value: str, format: str, read: Callable[[str, str], Read]) -> Read | None:
    try:
        return read(value, format)
    except BadValue:
        return None


@lru_cache(maxsize=8192)
def _split_moment(value: str, format: str) -> tuple[date, time, timedelta | None]:
    shape = DATE_FORMATS[format]
    text = value.strip().translate(_SPACES)
    if shape.key == "excel":
        return _from_day_number(text)
    if _DAY_NUMBER.fullmatch(text):
        raise BadValue(
            _("looks like the day number of a spreadsheet; choose that format, or format the column as a date")
        )
    found = _date_pattern(shape).fullmatch(text)
    if not found:
        raise BadValue(_("is not a date like %(example)s") % {"example": shape.label})

    month = MONTHS.get(folded(found["month"])[:3], 0) if shape.sign == " " else int(found["month"])
    year = int(found["year"])
    if shape.has_short_year:
        # The rule of POSIX, shifted to the years we take: 70 to 99 were, 00 to 69 are.
        year += 1900 if year >= 70 else 2000
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadValue(_("is not between 1970 and 2100"))
    try:
        day = date(year, month, int(found["day"]))
        clock = _clock(found)
    except ValueError as error:
        raise BadValue(_("is a day or a time that does not exist")) from error
    return day, clock, _offset(found["zone"])


def _clock(found: re.Match[str]) -> time:
    if found["hour"] is None:
        return time(0)
    hour = int(found["hour"])
    if half := found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.casefold().startswith("p") else 0)
    return time(hour, int(found["minute"]), int(found["second"] or 0), int((found["part"] or "0")[:6].ljust(6, "0")))


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone.upper() in ("Z", "UTC", "GMT"):
        return timedelta(0)
    digits = zone.replace(":", "")
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 14 or minutes > 59:
        raise BadValue(_("is a day or a time that does not exist"))
    return timedelta(hours=hours, minutes=minutes) * (-1 if digits[0] == "-" else 1)


def _from_day_number(text: str) -> tuple[date, time, timedelta | None]:
    """Days since 1899-12-30, the way spreadsheets count from March 1900 on; the fraction is the time of day."""
    if not _DAY_NUMBER.fullmatch(text):
        raise BadValue(_("is not the day number of a spreadsheet"))
    seconds = round(Decimal(text) * 86_400)
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(seconds=seconds)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadValue(_("is not between 1970 and 2100"))
    return moment.date(), moment.time(), None


@cache
def _date_pattern(shape: DateFormat) -> re.Pattern[str]:
    year = r"(?P<year>[0-9]{2})" if shape.has_short_year else r"(?P<year>[0-9]{4})"
    if shape.sign == " ":
        parts = {"d": r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?", "m": r"(?P<month>[^\W\d_]{3,9})\.?", "y": year}
        between = r"(?:, ?|[ -])"
    else:
        parts = {"d": r"(?P<day>[0-9]{1,2})", "m": r"(?P<month>[0-9]{1,2})", "y": year}
        between = re.escape(shape.sign)
    day = between.join(parts[letter] for letter in shape.order)
    clock = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    half = r"(?: ?(?P<half>[AaPp]\.?[Mm]\.?))?"
    zone = r"(?: ?(?P<zone>Z|z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?))?"
    return re.compile(rf"{day}(?:(?:[Tt]|,? ){clock}{half}{zone})?")


@cache
def _number_pattern(group: str, point: str) -> re.Pattern[str]:
    whole = rf"(?:[0-9]{{1,30}}|[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}}){{1,10}})" if group else r"[0-9]{1,30}"
    return re.compile(rf"[+-]?{whole}(?:{re.escape(point)}[0-9]{{1,60}})?")


@cache
def _zones() -> dict[str, str]:
    """Places only. Etc/GMT+5 and its like run the other way round than people read them."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return {name.casefold(): name for name in places} | {"utc": "UTC", "etc/utc": "UTC"}


_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_DAY_NUMBER = re.compile(r"[0-9]{5}(?:\.[0-9]{1,15})?")
_MONEY = re.compile(
    r"(?P<minus>-)?(?P<before>[A-Za-z]{3}|[A-Z]{0,2}\$|[€£¥₹₩₺₽₪฿]|zł)? ?"
    r"(?P<amount>[+-]?[0-9][0-9., '’\u00a0\u202f]{0,40}?) ?(?P<after>[A-Za-z]{3}|[A-Z]{0,2}\$|[€£¥₹₩₺₽₪฿]|zł)?"
)
_EDGES = " .()[]<>*_"
