"""From the calendars people edit to the values `team.worktime` counts with. Reads only.

An own day stands above a public holiday, a holiday above the weekday. Public holidays are known from two years
before to ten years after the moment asked about.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import holidays
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from team.localtime import is_zone
from team.models import Absence, Calendar, CalendarDay, CalendarWindow, Membership, Team, User
from team.prepared import Prepared, in_one_trip
from team.prepared_objects import PreparedObjects
from team.worktime import MINUTES_A_DAY, Window, WorkCalendar

YEARS_BACK = 2
YEARS_AHEAD = 10
AROUND_THE_CLOCK = ((Window(0, MINUTES_A_DAY),),) * 7

type Span = tuple[datetime, datetime]


class NoCalendar(Exception):
    """Neither the user nor a team of hers nor a default team has a calendar. Safe to show to a rep."""

    def __init__(self) -> None:
        super().__init__(_("No calendar says when to work here. Give the team one."))


def worktime_of(calendar: Calendar, *, at: datetime) -> WorkCalendar:
    """When the people of `calendar` work. Two queries, none if its windows and days are prefetched."""
    return _worktime(calendar, at=at, away=())


def worktime_as_if(
    *,
    time_zone: str,
    country: str,
    subdivision: str,
    windows: Iterable[tuple[int, int, int]],
    days: Iterable[tuple[date, int | None, int | None]],
    at: datetime,
) -> WorkCalendar:
    """When people would work by hours not written yet: (weekday, opens, closes) and (day, opens, closes)."""
    calendar = Calendar(time_zone=time_zone, country=country, subdivision=subdivision)
    hours = [CalendarWindow(weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in windows]
    own = [CalendarDay(day=day, opens=opens, closes=closes) for day, opens, closes in days]
    return _counted(calendar, hours, own, at=at, away=())


def worktime_of_user(user: User, *, at: datetime) -> WorkCalendar:
    """When `user` works: her own calendar, else that of her first team, else the default team's; less absences."""
    calendar = user.calendar
    if calendar is None:
        of_team = Calendar.objects.filter(teams__memberships__user=user).order_by("teams__memberships__pk")
        calendar = of_team.first() or Calendar.objects.filter(teams__is_default=True).first()
    if calendar is None:
        raise NoCalendar
    away = user.absences.filter(ends_at__gt=_oldest(at)).values_list("starts_at", "ends_at")
    return _worktime(calendar, at=at, away=away)


class Calendars:
    """The calendars of everybody, for work on many rows: each table is read once, when first asked for.

    It lives as long as the batch that made it and is never kept between requests. `as_if` are hours of calendars that
    are tried before they are written.
    """

    def __init__(self, *, at: datetime, as_if: Mapping[int, WorkCalendar] | None = None) -> None:
        self.at = at
        self._of_calendar: dict[int, WorkCalendar] = dict(as_if or {})
        self._of_user: dict[int, WorkCalendar] = {}
        self._without: dict[tuple[int, int], WorkCalendar] = {}

    def of(self, calendar_id: int) -> WorkCalendar:
        if calendar_id not in self._of_calendar:
            self._of_calendar[calendar_id] = worktime_of(self._calendars[calendar_id], at=self.at)
        return self._of_calendar[calendar_id]

    def of_team(self, team_id: int) -> WorkCalendar:
        return self.of(self._teams[team_id][0])

    def without(self, calendar_id: int, user_id: int | None) -> WorkCalendar:
        """The hours of this calendar, less the absences of one user."""
        away = self._absences.get(user_id) if user_id else None
        if user_id is None or not away:
            return self.of(calendar_id)
        key = (calendar_id, user_id)
        if key not in self._without:
            self._without[key] = replace(self.of(calendar_id), away=tuple(away))
        return self._without[key]

    def of_user(self, user_id: int) -> WorkCalendar:
        """As worktime_of_user; people of one calendar who are not away share one value."""
        if user_id not in self._of_user:
            calendar_id = self._calendar_of_user(user_id)
            away = self._absences.get(user_id)
            self._of_user[user_id] = (
                _worktime(self._calendars[calendar_id], at=self.at, away=away) if away else self.of(calendar_id)
            )
        return self._of_user[user_id]

    def _calendar_of_user(self, user_id: int) -> int:
        own = self._users.get(user_id)
        defaults = [calendar_id for calendar_id, is_default in self._teams.values() if is_default]
        if own is None and not defaults:
            raise NoCalendar
        return own or defaults[0]

    @cached_property
    def _calendars(self) -> dict[int, Calendar]:
        return {calendar.pk: calendar for calendar in Calendar.objects.prefetch_related("windows", "days")}

    @cached_property
    def _teams(self) -> dict[int, tuple[int, bool]]:
        teams = Team.objects.values_list("pk", "calendar_id", "is_default")
        return {pk: (calendar_id, is_default) for pk, calendar_id, is_default in teams}

    @cached_property
    def _users(self) -> dict[int, int]:
        """The calendar of each user who has one of her own or through a team."""
        through_teams = Membership.objects.filter(team__isnull=False).order_by("-pk")
        own = User.objects.filter(calendar__isnull=False)
        # The first membership is read last, and a calendar of her own after all.
        return {
            **dict(through_teams.values_list("user_id", "team__calendar_id")),
            **dict(own.values_list("pk", "calendar_id")),
        }

    @cached_property
    def _absences(self) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        absences = Absence.objects.filter(ends_at__gt=_oldest(self.at))
        for user_id, starts_at, ends_at in absences.values_list("user_id", "starts_at", "ends_at"):
            found.setdefault(user_id, []).append((starts_at, ends_at))
        return found


class KeptCalendars:
    """The same answers for one act on one lead: one query a team, two a user.

    A calendar's hours are kept by (id, version, year), which name one value for ever: every edit moves the version.
    """

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self._of_users: dict[int, Calendar] = {}

    def of(self, calendar_id: int) -> WorkCalendar:
        return _kept(_only(_BY_ID.objects(calendar=calendar_id)), at=self.at)

    def of_team(self, team_id: int) -> WorkCalendar:
        return _kept(_only(_OF_TEAM.objects(team=team_id)), at=self.at)

    def id_of_user(self, user_id: int) -> int:
        """By which calendar `of_user` counts."""
        return self._calendar_of(user_id).pk

    def of_user(self, user_id: int) -> WorkCalendar:
        """As worktime_of_user."""
        with in_one_trip():
            absences = _AWAY.ask(user=user_id, since=_oldest(self.at))
            calendar = self._calendar_of(user_id)
        away = [(begins, ends) for begins, ends in absences.rows()]
        return _worktime(calendar, at=self.at, away=away) if away else _kept(calendar, at=self.at)

    def _calendar_of(self, user_id: int) -> Calendar:
        if user_id not in self._of_users:
            self._of_users[user_id] = _only(_OF_USER.objects(user=user_id))
        return self._of_users[user_id]


def worktimes_of(users: Sequence[int], *, away: Mapping[int, Iterable[Span]], at: datetime) -> dict[int, WorkCalendar]:
    """When each of these works, less `away`: one statement, and one more a calendar this thread has not kept yet."""
    found = {}
    for user_id, calendar_id, version in _WORKS_BY.rows(users=list(users)) if users else ():
        if calendar_id is None:
            raise NoCalendar
        found[user_id] = hours_kept(calendar_id, version, at=at, away=tuple(away.get(user_id, ())))
    return found


def _only(found: list[Calendar]) -> Calendar:
    if not found:
        raise NoCalendar
    return found[0]


def _of_user(user: int) -> QuerySet[Calendar]:
    through_team = Membership.objects.filter(user=user, team__isnull=False).order_by("pk")
    default = Team.objects.filter(is_default=True)
    own = User.objects.filter(pk=user).values("calendar_id")[:1]
    wanted = Coalesce(
        Subquery(own),
        Subquery(through_team.values("team__calendar_id")[:1]),
        Subquery(default.values("calendar_id")[:1]),
    )
    return Calendar.objects.filter(pk=wanted)


def _works_by(*, users: Any) -> QuerySet[Any, Any]:
    through_team = Membership.objects.filter(user=OuterRef("pk"), team__isnull=False).order_by("pk")
    default = Team.objects.filter(is_default=True)
    works_by = Coalesce(
        F("calendar_id"),
        Subquery(through_team.values("team__calendar_id")[:1]),
        Subquery(default.values("calendar_id")[:1]),
        output_field=BigIntegerField(),
    )
    version = Calendar.objects.filter(pk=OuterRef("works_by")).values("version")[:1]
    known = User.objects.filter(pk__in=users).order_by().annotate(works_by=works_by)
    return known.annotate(version=Subquery(version)).values_list("pk", "works_by", "version")


_WORKS_BY = Prepared(_works_by)
_BY_ID = PreparedObjects(lambda calendar: Calendar.objects.filter(pk=calendar))
_OF_TEAM = PreparedObjects(lambda team: Calendar.objects.filter(teams=team))
_OF_USER = PreparedObjects(_of_user)
_AWAY = Prepared(
    lambda user, since: Absence.objects.filter(user=user, ends_at__gt=since).values_list("starts_at", "ends_at")
)


# A value unrolls its days as it is asked, so that each thread has its own.
_of_thread = threading.local()
KEPT_MAX = 64


def _kept(calendar: Calendar, *, at: datetime) -> WorkCalendar:
    kept = _kept_here()
    key = (calendar.pk, calendar.version, at.year)
    if key not in kept:
        if len(kept) >= KEPT_MAX:
            kept.clear()
        kept[key] = worktime_of(calendar, at=at)
    return kept[key]


def _kept_here() -> dict[tuple[int, int, int], WorkCalendar]:
    kept: dict[tuple[int, int, int], WorkCalendar] = _of_thread.__dict__.setdefault("kept", {})
    return kept


def hours_kept(calendar_id: int, version: int, *, at: datetime, away: Sequence[Span] = ()) -> WorkCalendar:
    """The hours of a calendar that another statement has named with its version: no query once they are kept."""
    hours = _kept_here().get((calendar_id, version, at.year)) or _kept(
        _only(_BY_ID.objects(calendar=calendar_id)), at=at
    )
    return replace(hours, away=tuple(away)) if away else hours


def calendar_of(user: int) -> QuerySet[Calendar]:
    """By which calendar she works, as `worktime_of_user` finds it."""
    return _of_user(user)


def forget_kept_calendars() -> None:
    """Start anew in this thread: for tests, whose databases use one id for many calendars."""
    _of_thread.__dict__.pop("kept", None)


@lru_cache(maxsize=2048)
def public_holidays(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """Date and name of the public holidays of one year; a country nobody has listed has none."""
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError:
        return public_holidays(country, "", year) if subdivision else MappingProxyType({})
    return MappingProxyType(dict(sorted(found.items())))


def _worktime(calendar: Calendar, *, at: datetime, away: Iterable[Span]) -> WorkCalendar:
    return _counted(calendar, calendar.windows.all(), calendar.days.all(), at=at, away=away)


def _counted(
    calendar: Calendar,
    windows: Iterable[CalendarWindow],
    days: Iterable[CalendarDay],
    *,
    at: datetime,
    away: Iterable[Span],
) -> WorkCalendar:
    """Without any hours it counts around the clock, in a zone nobody knows by UTC: a promise keeps its date, and one
    team's mistake is no other team's. `check_leads` names such a calendar."""
    week: list[list[Window]] = [[] for _weekday in range(7)]
    for window in windows:
        week[window.weekday].append(Window(window.opens, window.closes))
    return WorkCalendar(
        time_zone=calendar.time_zone if is_zone(calendar.time_zone) else "UTC",
        week=tuple(map(tuple, week)) if any(week) else AROUND_THE_CLOCK,
        days={**_holidays(calendar, at), **_own_days(days)},
        away=tuple(away),
    )


def _holidays(calendar: Calendar, at: datetime) -> dict[date, tuple[Window, ...]]:
    years = range(at.year - YEARS_BACK, at.year + YEARS_AHEAD + 1) if calendar.country else ()
    return {day: () for year in years for day in public_holidays(calendar.country, calendar.subdivision, year)}


def _own_days(rows: Iterable[CalendarDay]) -> dict[date, tuple[Window, ...]]:
    """The windows of each own day; a row that closes the day stands above rows with hours."""
    days: dict[date, tuple[Window, ...]] = {}
    closed = set()
    for row in rows:
        if row.opens is None or row.closes is None:
            closed.add(row.day)
        else:
            days[row.day] = (*days.get(row.day, ()), Window(row.opens, row.closes))
    return days | dict.fromkeys(closed, ())


def _oldest(at: datetime) -> datetime:
    """Absences that ended before this no longer bear on anything that is counted."""
    return at - timedelta(days=366 * YEARS_BACK)
