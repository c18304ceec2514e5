"""What time it is where somebody is, and whether that is an hour to call her."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

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


@lru_cache(maxsize=8192)
def guessed_zone(country: str, place: str, phone: str, company_country: str, company_place: str, *, year: int) -> str:
    """The zone of somebody who never said hers: of where she is, of her number, of where the company is."""
    at = datetime(year, 1, 1, tzinfo=UTC)
    known = (
        zone_of_place(country, place, at=at) if country else None,
        zone_of_phone(phone, at=at) if phone else None,
        zone_of_place(company_country, company_place, at=at) if company_country else None,
    )
    return next((zone for zone in known if zone and is_zone(zone)), "")


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


def her_clock(
    person: Person, account: Account | None, phones: list[str], *, at: datetime, weekend: Days = NONE
) -> HerClock:
    """Her own zone if it is known, else where she is, else what her number says, else where the company is."""
    country, place = person.country, person.city or person.region
    known: list[tuple[str | None, str]] = [(person.time_zone, "")]
    if country:
        known.append((zone_of_place(country, place, at=at), _("from where they are")))
    known += [(zone_of_phone(phone, at=at), _("from the number")) for phone in phones]
    if account and account.country:
        known.append((zone_of_place(account.country, account.city or account.region, at=at), _("from the company")))
    for zone, how in known:
        if zone and is_zone(zone):
            return HerClock(zone, how, at.astimezone(ZoneInfo(zone)), weekend)
    return HerClock()


def zone_of(lead: Lead, *, at: datetime) -> str:
    """The zone of the person of this lead, empty if nobody can know it."""
    phones = ContactPoint.objects.filter(
        person=lead.person_id, kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE
    ).order_by("-is_primary", "pk")
    return her_clock(lead.person, lead.account, list(phones.values_list("normalised", flat=True)), at=at).zone


def zones_of(leads: Collection[Lead], *, at: datetime) -> dict[int, str]:
    """By lead the zone of its person, empty where nobody can know it: two statements, however many they are."""
    people = {lead.person_id for lead in leads}
    numbers = ContactPoint.objects.filter(
        person__in=people, kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE
    ).order_by("-is_primary", "pk")
    phones: dict[int, str] = {}
    for person_id, number in numbers.values_list("person_id", "normalised"):
        phones.setdefault(person_id, number)
    known = Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by()
    rows = known.values_list(
        "pk", "person_id", "person__time_zone", "person__country", "person__city", "person__region",
        "account__country", "account__city", "account__region",
    )  # fmt: skip
    found = {}
    for pk, person_id, zone, country, city, region, *firm in rows:
        there = [part or "" for part in firm]
        guess = (country, city or region, phones.get(person_id, ""), there[0], there[1] or there[2])
        found[pk] = zone if is_zone(zone) else guessed_zone(*guess, year=at.year)
    return found
