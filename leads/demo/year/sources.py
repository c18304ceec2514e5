"""When people come in, and by what: a year with its fair, its webinars, its bad list, its August and its weekends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from leads.demo.year import rates
from leads.demo.year.rates import Source
from team.worktime import WorkCalendar, add_working_minutes

YEAR = timedelta(days=365)
DAY = timedelta(days=1)
FIRST_WEBINAR_AGO, MONTH = timedelta(days=24), timedelta(days=28)
FAIR_AGO, LIST_AGO = timedelta(days=163), timedelta(days=236)
FAIR_TITLE = "Plant Fair, hall 4"
WEBINAR_TITLES = (
    "From firefighting to a plan in 90 days",
    "Scheduling around production, live",
    "An audit without the binder",
)


@dataclass
class Arrival:
    """What somebody did first, and when it is answered at the earliest."""

    source: Source | None
    at: datetime
    title: str = ""
    # Working minutes until somebody has the time, where hundreds came at once.
    behind: int = 0


class Arrivals:
    """Dealt to the people of the year, one after the other."""

    def __init__(self, office: WorkCalendar, *, now: datetime, prospects: int, rng: Random) -> None:
        self.office, self.now, self.rng = office, now, rng
        self.here = ZoneInfo(office.time_zone)
        self.days = [(now - YEAR + number * DAY).astimezone(self.here).date() for number in range(YEAR.days)]
        self.weights = [self._weight(number) for number in range(len(self.days))]
        fixed: list[Source | None] = [
            *[rates.FAIR] * rates.FAIR_SCANS,
            *[rates.WEBINAR] * (rates.WEBINARS * rates.IN_A_WEBINAR),
            *[rates.SYNDICATION] * rates.SYNDICATED,
            *[rates.REFERRAL] * rates.REFERRED,
            *[rates.DEMO_REQUEST] * rates.ASKED,
            *[rates.FOUND] * rates.FOUND_BY_REPS,
            *[None] * rates.INQUIRIES,
        ]
        rest = [rates.DOWNLOAD if number % 5 else rates.NEWSLETTER for number in range(max(prospects - len(fixed), 0))]
        self.deck: list[Source | None] = [*fixed, *rest]
        rng.shuffle(self.deck)
        self.webinars = [self._thursday(now - FIRST_WEBINAR_AGO - MONTH * n) for n in range(rates.WEBINARS)]
        self.scanned = self.listed = 0

    def deal(self, *, latest: datetime) -> Arrival:
        """How the next one comes in, never after `latest`."""
        source = self.deck.pop() if self.deck else rates.DOWNLOAD
        if source is rates.FAIR:
            self.scanned += 1
            # Three days of scans, read out on the morning after.
            at = self._at(self._working(self.now - FAIR_AGO), 9 * 60)
            return Arrival(source, at, FAIR_TITLE, behind=self.scanned * 8)
        if source is rates.SYNDICATION:
            self.listed += 1
            return Arrival(source, self._at(self._working(self.now - LIST_AGO), 11 * 60), behind=self.listed * 12)
        if source is rates.WEBINAR:
            held = [number for number, at in enumerate(self.webinars) if at <= latest]
            number = self.rng.choice(held)
            title = WEBINAR_TITLES[number % len(WEBINAR_TITLES)]
            return Arrival(source, self.webinars[number], title, behind=self.rng.randrange(1, 200))
        while True:
            day = self.rng.choices(self.days, self.weights)[0]
            minute = min(max(round(self.rng.gauss(12.5 * 60, 170)), 6 * 60), 22 * 60)
            at = self._at(datetime.combine(day, time()), minute) + timedelta(seconds=self.rng.randrange(60))
            if at <= latest:
                return Arrival(source, at)

    def _weight(self, number: int) -> float:
        day = self.days[number]
        grown = rates.FIRST_DAY + (rates.LAST_DAY - rates.FIRST_DAY) * number / len(self.days)
        weight = rates.ARRIVES[day.weekday()] * grown
        if day.month == 8:
            return weight * rates.AUGUST
        return weight * rates.YEAR_END if (day.month, day.day) >= (12, 20) else weight

    def _thursday(self, moment: datetime) -> datetime:
        """The afternoon of the Thursday before it: nobody comes on a Friday."""
        here = moment.astimezone(self.here)
        return self._at(here - ((here.weekday() - 3) % 7) * DAY, 15 * 60)

    def _working(self, moment: datetime) -> datetime:
        return add_working_minutes(self.office, moment, 1).astimezone(self.here)

    def _at(self, day: datetime, minute: int) -> datetime:
        midnight = datetime.combine(day.date(), time(), tzinfo=self.here)
        return (midnight + timedelta(minutes=minute)).astimezone(ZoneInfo("UTC"))
