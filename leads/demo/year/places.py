"""The towns of the year, and how many of its accounts are there. Telephone numbers are of the ranges kept for
fiction."""

from __future__ import annotations

from dataclasses import dataclass

from leads.demo.words import PLACES as TODAYS
from leads.demo.words import Place


@dataclass(frozen=True)
class Weighted:
    place: Place
    weight: int


MORE = (
    Place("Toledo", "OH", "US", "America/New_York", "+1 419 555 01", 2, "en"),
    Place("Erie", "PA", "US", "America/New_York", "+1 814 555 01", 2, "en"),
    Place("Greenville", "SC", "US", "America/New_York", "+1 864 555 01", 2, "en"),
    Place("Indianapolis", "IN", "US", "America/Indiana/Indianapolis", "+1 317 555 01", 2, "en"),
    Place("Rockford", "IL", "US", "America/Chicago", "+1 815 555 01", 2, "en"),
    Place("Tulsa", "OK", "US", "America/Chicago", "+1 918 555 01", 2, "en"),
    Place("Fort Worth", "TX", "US", "America/Chicago", "+1 817 555 01", 2, "en"),
    Place("Boise", "ID", "US", "America/Boise", "+1 208 555 01", 2, "en"),
    Place("Reno", "NV", "US", "America/Los_Angeles", "+1 775 555 01", 2, "en"),
    Place("Kitchener", "ON", "CA", "America/Toronto", "+1 519 555 01", 2, "en"),
)
WEIGHTS = {"US": 10, "CA": 8, "GB": 16, "AU": 10, "DE": 26, "FR": 24, "SE": 12}
PLACES = tuple(Weighted(place, WEIGHTS[place.country]) for place in (*TODAYS, *MORE))
