"""What time it is where somebody is, and whether that is an hour to call her."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, F, Q, When
from django.utils.translation import gettext as _

from accounts.models import Account, ContactPoint, Person
from leads.models import Lead
from team.calendars import KeptCalendars, NoCalendar
from team.localtime import is_zone, zone_of_phone, zone_of_place
from team.worktime import WorkCalendar

# The hours in which somebody is called at work, on her own clock.
CALLABLE_FROM, CALLABLE_UNTIL = 8, 18
SATURDAY = 5
# On a weekend nobody is called, but on those of its days that the caller's team works.
Days = frozenset[date]
NONE: Days = frozenset()
# The numbers somebody may be called at, and the turn of each: the key, negative of the one that somebody has chosen.
NUMBERS = Q(kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE)
TURN = Case(When(is_primary=True, then=-F("pk")), default=F("pk"), output_field=BigIntegerField())
# So far around a moment the day is looked for on which somebody is called next.
AROUND = range(-1, 9)
FARTHEST_WEST = timedelta(hours=12)


def weekend_worked(hours: WorkCalendar | None, *, at: datetime) -> Days:
    """The days of a weekend around `at` on which people with these hours work, and so call."""
    if hours is None:
        return NONE
    days = (at.date() + timedelta(days=ahead) for ahead in AROUND)
    return frozenset(
        day for day in days if day.weekday() >= SATURDAY and hours.days.get(day, hours.week[day.weekday()])
    )


def weekend_of(user: int, *, at: datetime) -> Days:
    """The same of one user; asked only when a weekend is on somewhere, or next."""
    if at.weekday() < SATURDAY - 1 and (at - FARTHEST_WEST).weekday() < SATURDAY - 1:
        return NONE
    try:
        return weekend_worked(KeptCalendars(at=at).of_user(user), at=at)
    except NoCalendar:
        return NONE


def is_callable_in(zone: str, *, at: datetime, weekend: Days = NONE) -> bool:
    """Whether people are called there at this hour. Where nobody knows the zone, nobody knows that either."""
    window = window_in(zone, at=at, weekend=weekend)
    return window is not None and window[0] <= at < window[1]


@lru_cache(maxsize=4096)
def window_in(zone: str, *, at: datetime, weekend: Days = NONE) -> tuple[datetime, datetime] | None:
    """The hours of her day at `at`; of the next one when they are over, or it is a weekend there, of which only the
    days `weekend` are worked."""
    if not is_zone(zone):
        return None
    local = at.astimezone(ZoneInfo(zone))
    opens = local.replace(hour=CALLABLE_FROM, minute=0, second=0, microsecond=0)
    if local.hour >= CALLABLE_UNTIL:
        opens += timedelta(days=1)
    while opens.weekday() >= SATURDAY and opens.date() not in weekend:
        opens += timedelta(days=1)
    return opens, opens.replace(hour=CALLABLE_UNTIL)


class Where(NamedTuple):
    """What says in which zone somebody is; whatever asks that asks it here, of as much as is read for it."""

    said: str = ""
    country: str = ""
    place: str = ""
    # Those she may be called at, in their turn.
    numbers: tuple[str, ...] = ()
    company_country: str = ""
    company_place: str = ""

    def zone(self, *, at: datetime) -> str:
        """Empty if nobody can know it."""
        return known_zone(self, year=at.year)[0]


@lru_cache(maxsize=8192)
def known_zone(where: Where, *, year: int) -> tuple[str, str]:
    """Her own zone if it is known, else where she is, else what the first of her numbers says that says any, else
    where the company is; and from which of these it is known."""
    at = datetime(year, 1, 1, tzinfo=UTC)
    known = [("said", where.said)]
    if where.country:
        known.append(("place", zone_of_place(where.country, where.place, at=at) or ""))
    known += [("number", zone_of_phone(number, at=at) or "") for number in where.numbers]
    if where.company_country:
        known.append(("company", zone_of_place(where.company_country, where.company_place, at=at) or ""))
    return next(((zone, how) for how, zone in known if is_zone(zone)), ("", ""))


def where_of(person: Person, account: Account | None, numbers: Iterable[str]) -> Where:
    firm = (account.country, account.city or account.region) if account else ("", "")
    return Where(person.time_zone, person.country, person.city or person.region, tuple(numbers), *firm)


@dataclass(frozen=True)
class HerClock:
    """What time it is where she is, if anybody can know, and whether that is an hour to call."""

    zone: str = ""
    how: str = ""
    local: datetime | None = None
    weekend: Days = NONE

    @property
    def clock(self) -> str:
        """What it says on the wall there: written here, because a template shows every moment on the reader's clock."""
        return f"{self.local.hour}:{self.local.minute:02}" if self.local else ""

    @property
    def place(self) -> str:
        return self.zone.rpartition("/")[2].replace("_", " ")

    @property
    def is_callable(self) -> bool:
        local = self.local
        return bool(local and not self.is_weekend and CALLABLE_FROM <= local.hour < CALLABLE_UNTIL)

    @property
    def is_weekend(self) -> bool:
        local = self.local
        return bool(local and local.weekday() >= SATURDAY and local.date() not in self.weekend)

    @property
    def says(self) -> str:
        """Whether to call now, in words."""
        if self.local is None:
            return ""
        if self.is_callable:
            return _("callable until %(hour)s:00") % {"hour": CALLABLE_UNTIL}
        if self.is_weekend:
            return _("weekend there")
        if self.local.hour < CALLABLE_FROM:
            return _("not before %(hour)s:00") % {"hour": CALLABLE_FROM}
        return _("after hours there")


def her_clock(where: Where, *, at: datetime, weekend: Days = NONE) -> HerClock:
    zone, how = known_zone(where, year=at.year)
    if not zone:
        return HerClock()
    words = {"place": _("from where they are"), "number": _("from the number"), "company": _("from the company")}
    return HerClock(zone, words.get(how, ""), at.astimezone(ZoneInfo(zone)), weekend)


def zone_of(lead: Lead, *, at: datetime) -> str:
    """The zone of the person of this lead, empty if nobody can know it."""
    numbers = numbers_of([lead.person_id]).get(lead.person_id, ())
    return where_of(lead.person, lead.account, numbers).zone(at=at)


def zones_of(leads: Collection[Lead], *, at: datetime) -> dict[int, str]:
    """By lead what `zone_of` says of one: two statements, however many they are."""
    numbers = numbers_of({lead.person_id for lead in leads})
    known = Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by()
    rows = known.values_list(
        "pk", "person_id", "person__time_zone", "person__country", "person__city", "person__region",
        "account__country", "account__city", "account__region",
    )  # fmt: skip
    found = {}
    for pk, person_id, said, country, city, region, *firm in rows:
        there = [part or "" for part in firm]
        where = Where(said, country, city or region, numbers.get(person_id, ()), there[0], there[1] or there[2])
        found[pk] = where.zone(at=at)
    return found


def numbers_of(people: Collection[int]) -> dict[int, tuple[str, ...]]:
    """By person the numbers she may be called at: one statement."""
    points = ContactPoint.objects.filter(NUMBERS, person__in=people).order_by()
    found: dict[int, list[tuple[int, str]]] = {}
    for person_id, turn, number in points.values_list("person_id", TURN, "normalised"):
        found.setdefault(person_id, []).append((turn, number))
    return {person_id: in_turn(numbers) for person_id, numbers in found.items()}


def in_turn(numbers: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Of numbers with their `TURN`: the one somebody has chosen first, then as they were put down."""
    return tuple(number for _turn, number in sorted(numbers, key=lambda one: (one[0] > 0, abs(one[0]))))
