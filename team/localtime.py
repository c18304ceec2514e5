"""Local time: the one place where a clock on a wall becomes an instant, and where a person's zone is guessed.

An hour that a clock skips means the first instant after it; an hour that a clock shows twice means the first
time. What cannot be known is None, never a guess that looks like knowledge.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

SECOND = timedelta(seconds=1)

# States and provinces whose whole business day runs on one clock. One that is split between clocks is
# absent on purpose: there the city or the phone number has to say.
SUBDIVISION_ZONES: dict[str, dict[str, str]] = {
    "US": {
        **dict.fromkeys(("CT", "DC", "DE", "GA", "MA", "MD", "ME", "NC", "NH", "NJ"), "America/New_York"),
        **dict.fromkeys(("NY", "OH", "PA", "RI", "SC", "VA", "VT", "WV"), "America/New_York"),
        **dict.fromkeys(("AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI"), "America/Chicago"),
        **dict.fromkeys(("CO", "MT", "NM", "UT", "WY"), "America/Denver"),
        **dict.fromkeys(("CA", "NV", "WA"), "America/Los_Angeles"),
        "AZ": "America/Phoenix",
        "HI": "Pacific/Honolulu",
        "PR": "America/Puerto_Rico",
    },
    "CA": {
        "AB": "America/Edmonton",
        "MB": "America/Winnipeg",
        "NB": "America/Moncton",
        "NS": "America/Halifax",
        "PE": "America/Halifax",
        "SK": "America/Regina",
        "YT": "America/Whitehorse",
    },
    "AU": {
        "ACT": "Australia/Sydney",
        "NT": "Australia/Darwin",
        "QLD": "Australia/Brisbane",
        "SA": "Australia/Adelaide",
        "TAS": "Australia/Hobart",
        "VIC": "Australia/Melbourne",
        "WA": "Australia/Perth",
    },
}


def resolve(local: datetime, zone: str, *, fold: int = 0) -> datetime:
    """The UTC instant at which a clock in `zone` shows `local`.

    A time the clock skips is the first instant after the gap; a time it shows twice is the first of the two,
    unless fold=1 asks for the second.
    """
    tz = ZoneInfo(zone)
    local = local.replace(tzinfo=None)
    if not MINYEAR < local.year < MAXYEAR:
        # No zone may lead out of the calendar.
        local = local.replace(year=min(max(local.year, MINYEAR + 1), MAXYEAR - 1))
    first = local - _offset(local, tz, fold=0)
    second = local - _offset(local, tz, fold=1)
    if first <= second:
        return (second if fold else first).replace(tzinfo=UTC)
    return _first_instant_after_gap(second, first, tz)


def _offset(local: datetime, tz: ZoneInfo, *, fold: int) -> timedelta:
    return cast(timedelta, tz.utcoffset(local.replace(tzinfo=tz, fold=fold)))


def _first_instant_after_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The moment the clock was put forward, which lies in (before, after]: halve to the second."""
    offset = before.replace(tzinfo=UTC).astimezone(tz).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2 // SECOND * SECOND
        if middle.replace(tzinfo=UTC).astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0, tzinfo=UTC)


@dataclass(frozen=True)
class LocalMoment:
    """What somebody promised, as it was said: "9:00 on her clock". The instant follows from it, also after a
    zone has changed its rules."""

    local: datetime
    zone: str
    fold: int = 0

    @classmethod
    def of(cls, instant: datetime, zone: str) -> LocalMoment:
        shown = instant.astimezone(ZoneInfo(zone))
        return cls(shown.replace(tzinfo=None, fold=0), zone, shown.fold)

    @property
    def instant(self) -> datetime:
        return resolve(self.local, self.zone, fold=self.fold)


def is_zone(name: str) -> bool:
    """Whether `name` is a place on the IANA list or UTC.

    Abbreviations such as EST are refused although the list carries them for old software: they are fixed
    offsets or former names, and whoever types EST means New York, with its summer.
    """
    return name in _zone_names()


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def zone_of_phone(e164: str, *, at: datetime) -> str | None:
    """The zone a phone number belongs to, if all its candidates tell the same time this year and the next.

    A mobile number moves and a freephone number is everywhere; where candidates differ nothing is known.
    """
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    return _agreed(tuple(time_zones_for_number(number)), at.year)


def zone_of_place(country: str, place: str = "", *, at: datetime) -> str | None:
    """The zone of a city or region in a country (ISO 3166 code), or of the country when it runs on one clock.

    `place` is a city after which a zone is named ("Chicago") or a state's code ("TX" has two clocks: None).
    """
    country = country.strip().upper()
    zones = _zones_by_country().get(country, ())
    named = _plain(place)
    if named:
        by_city = {_plain(zone.rpartition("/")[2].replace("_", " ")): zone for zone in zones}
        known = by_city.get(named) or SUBDIVISION_ZONES.get(country, {}).get(named.upper())
        if known:
            return known
    return _agreed(zones, at.year)


@lru_cache(maxsize=4096)
def _agreed(zones: tuple[str, ...], year: int) -> str | None:
    """The first of `zones` if no day of `year` or the next tells them apart."""
    if not zones or not all(is_zone(zone) and zone != "Etc/Unknown" for zone in zones):
        return None
    clocks = [ZoneInfo(zone) for zone in zones]
    noon = datetime(year, 1, 1, 12, tzinfo=UTC)
    for day in range(2 * 366 if len(zones) > 1 else 0):
        instant = noon + timedelta(days=day)
        if len({instant.astimezone(clock).utcoffset() for clock in clocks}) > 1:
            return None
    return zones[0]


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _coordinates, zone, *_comment = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
