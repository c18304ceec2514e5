"""What time it is where somebody is, and whether that is an hour to call her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Account, ContactPoint, Person
from leads.models import Lead
from leads.queue import CALLABLE
from team.localtime import is_zone, zone_of_phone, zone_of_place

CALLABLE_FROM, CALLABLE_UNTIL = CALLABLE
SATURDAY = 5


@dataclass(frozen=True)
class HerClock:
    """What time it is where she is, if anybody can know, and whether that is an hour to call."""

    zone: str = ""
    how: str = ""
    local: datetime | None = None

    @property
    def place(self) -> str:
        return self.zone.rpartition("/")[2].replace("_", " ")

    @property
    def is_callable(self) -> bool:
        local = self.local
        return bool(local and local.weekday() < SATURDAY and CALLABLE_FROM <= local.hour < CALLABLE_UNTIL)

    @property
    def says(self) -> str:
        """Whether to call now, in words."""
        if self.local is None:
            return ""
        if self.is_callable:
            return _("callable until %(hour)s:00") % {"hour": CALLABLE_UNTIL}
        if self.local.weekday() >= SATURDAY:
            return _("weekend there")
        if self.local.hour < CALLABLE_FROM:
            return _("not before %(hour)s:00") % {"hour": CALLABLE_FROM}
        return _("after hours there")


def her_clock(person: Person, account: Account | None, phones: list[str], *, at: datetime) -> HerClock:
    """Her own zone if it is known, else where she is, else what her number says, else where the company is."""
    country, place = person.country, person.city or person.region
    known: list[tuple[str | None, str]] = [(person.time_zone, "")]
    if country:
        known.append((zone_of_place(country, place, at=at), _("from where she is")))
    known += [(zone_of_phone(phone, at=at), _("from her number")) for phone in phones]
    if account and account.country:
        known.append((zone_of_place(account.country, account.city or account.region, at=at), _("from the company")))
    for zone, how in known:
        if zone and is_zone(zone):
            return HerClock(zone, how, at.astimezone(ZoneInfo(zone)))
    return HerClock()


def zone_of(lead: Lead, *, at: datetime) -> str:
    """The zone of the person of this lead, empty if nobody can know it."""
    phones = ContactPoint.objects.filter(
        person=lead.person_id, kind__in=ContactPoint.PHONES, state__in=ContactPoint.USABLE
    ).order_by("-is_primary", "pk")
    return her_clock(lead.person, lead.account, list(phones.values_list("normalised", flat=True)), at=at).zone
