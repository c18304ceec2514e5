"""The demo company: who works there, and a working day that is going on right now."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from team.calendars import worktime_of
from team.localtime import is_zone
from team.models import Calendar, CalendarDay, CalendarWindow, Installation, Membership, Role, Team, Territory, User
from team.worktime import WorkCalendar, is_working

COMPANY = "Wartwell"
DOMAIN = "wartwell.example"
HOME = "Europe/London"
OPENS, CLOSES, MIDNIGHT = 8 * 60, 18 * 60, 24 * 60
# The day must go on for as long as somebody looks around.
ROOM = timedelta(hours=1)
# How far into a shifted day it is now.
INTO_THE_DAY = 4 * 60
# Everybody has worked here for longer than the year that is told.
HISTORY = timedelta(days=400)
# Everybody was here: a newcomer would get nothing when leads are spread.
YESTERDAY = timedelta(days=1)
# Key, name, role. Those with a login: the first team, and who works for both.
PEOPLE = (
    ("ana", "Ana Duarte", Role.BDR),
    ("ben", "Ben Okafor", Role.BDR),
    ("clara", "Clara Lindqvist", Role.AE),
    ("milo", "Milo Brandt", Role.MARKETER),
    ("mona", "Mona Reyes", Role.MANAGER),
    ("ada", "Ada Novak", Role.ADMIN),
)
# Who meets for them in turn: whoever a meeting is booked with signs in as well, to answer.
IN_TURN = frozenset({"per", "ines", "tomas"})
# Those without a login, but who is in turn: who answers for Clara, who is ill today, and the team of the continent.
COLLEAGUES = (
    ("per", "Per Osei", Role.AE),
    ("chloe", "Chloe Marsh", Role.BDR),
    ("dirk", "Dirk Albers", Role.BDR),
    ("elin", "Elin Dahlberg", Role.BDR),
    ("fabien", "Fabien Roche", Role.BDR),
    ("ines", "Ines Carstens", Role.AE),
    ("tomas", "Tomas Verne", Role.AE),
    ("nora", "Nora Winkel", Role.MANAGER),
)
ABROAD = frozenset({"dirk", "elin", "fabien", "nora"})
# Who answers for whom.
BACKUPS = (("clara", "per"), ("per", "clara"), ("ines", "tomas"), ("tomas", "ines"))
CONTINENT = {"DE": "Germany", "FR": "France", "SE": "Sweden"}
# What a rep of this company does: fewer touches than is usual, so that the year can be looked through.
GOALS = {"touches_goal": 15, "meetings_goal": 12, "accepted_goal": 9}


@dataclass
class Login:
    """What somebody types to come in."""

    role: str
    name: str
    email: str
    password: str


@dataclass
class Cast:
    """Who plays, when the office is open, and how to come in."""

    team: Team
    abroad: Team
    office: WorkCalendar
    ana: User
    ben: User
    clara: User
    milo: User
    mona: User
    ada: User
    per: User
    chloe: User
    dirk: User
    elin: User
    fabien: User
    ines: User
    tomas: User
    nora: User
    logins: list[Login]

    @property
    def everybody(self) -> list[User]:
        return [getattr(self, key) for key, _name, _role in (*PEOPLE, *COLLEAGUES)]

    def team_in(self, country: str) -> Team:
        """Who works this country, as its territory says."""
        return self.abroad if country in CONTINENT else self.team


def make_cast(*, at: datetime, zone: str = "") -> Cast:
    """A team with its calendar, open now, and its people with fresh passwords."""
    zone = zone or zone_of_this_machine()
    calendar = _calendar(zone, at=at)
    Installation.objects.update_or_create(
        pk=1, defaults={"company": COMPANY, "calendar_shift": _open_now(calendar, at=at)}
    )
    team = Team.objects.create(name=_("Inside sales"), calendar=calendar, is_default=True)
    abroad = Team.objects.create(name=_("Inside sales, continent"), calendar=calendar)
    Territory.objects.bulk_create(
        Territory(name=name, country=country, team=abroad, position=position)
        for position, (country, name) in enumerate(CONTINENT.items())
    )

    users: dict[str, User] = {}
    logins = []
    known = {key for key, _name, _role in PEOPLE} | IN_TURN
    for key, name, role in (*PEOPLE, *COLLEAGUES):
        password = secrets.token_urlsafe(9) if key in known else None
        users[key] = _user(key, name, role, abroad if key in ABROAD else team, password=password, at=at)
        if password:
            logins.append(Login(str(role.label), name, users[key].email, password))
    for key, backup in BACKUPS:
        users[key].backup = users[backup]
        users[key].save(update_fields=["backup"])
    return Cast(team=team, abroad=abroad, office=worktime_of(calendar, at=at), logins=logins, **users)


def find_cast() -> tuple[Cast, datetime] | None:
    """The cast of the company that is here, and the moment it was made; None when it is not this one."""
    keys = {f"{key}@{DOMAIN}": key for key, _name, _role in (*PEOPLE, *COLLEAGUES)}
    users = {keys[user.email]: user for user in User.objects.filter(email__in=keys)}
    teams = list(Team.objects.filter(territories__country__in=CONTINENT)[:1])
    if len(users) < len(keys) or not teams:
        return None
    home = Team.objects.filter(memberships__user=users["ana"]).first()
    at = users["ada"].date_joined + HISTORY
    if home is None:
        return None
    return Cast(team=home, abroad=teams[0], office=worktime_of(home.calendar, at=at), logins=[], **users), at


def zone_of_this_machine() -> str:
    """Where whoever tries it sits, so that the demo's clock is hers; London where the machine does not say."""
    name = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    return name if is_zone(name) and not name.startswith("Etc/") and name != "UTC" else HOME


def _calendar(zone: str, *, at: datetime) -> Calendar:
    calendar = Calendar.objects.create(name=_("Office hours"), time_zone=zone)
    CalendarWindow.objects.bulk_create(
        CalendarWindow(calendar=calendar, weekday=weekday, opens=OPENS, closes=CLOSES) for weekday in range(5)
    )
    return calendar


def _open_now(calendar: Calendar, *, at: datetime) -> str:
    """By night and on a free day, today's hours are moved around now; returns the sentence that says so."""
    office = worktime_of(calendar, at=at)
    if is_working(office, at) and is_working(office, at + ROOM):
        return ""
    here = at.astimezone(ZoneInfo(calendar.time_zone))
    minute = here.hour * 60 + here.minute
    opens = min(max(minute - INTO_THE_DAY, 0), MIDNIGHT - (CLOSES - OPENS))
    closes = opens + CLOSES - OPENS
    label = _("Demo: hours moved around the moment it was made")
    CalendarDay.objects.create(calendar=calendar, day=here.date(), label=label, opens=opens, closes=closes)
    if closes == MIDNIGHT:
        _go_on_after_midnight(calendar, here, label=label)
    calendar.version += 1
    calendar.save(update_fields=["version"])
    return _("Demo: on %(day)s the team works from %(opens)s to %(closes)s, so that somebody is at work now.") % {
        "day": date_format(here.date(), "l j F"),
        "opens": _clock(opens),
        "closes": _clock(closes),
    }


def _go_on_after_midnight(calendar: Calendar, here: datetime, *, label: str) -> None:
    """The first hours of tomorrow, and tomorrow's own hours after them."""
    tomorrow = here.date() + timedelta(days=1)
    windows = [(0, INTO_THE_DAY)] + ([(OPENS, CLOSES)] if tomorrow.weekday() < 5 else [])
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, day=tomorrow, label=label, opens=opens, closes=closes)
        for opens, closes in windows
    )


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _user(key: str, name: str, role: Role, team: Team, *, password: str | None, at: datetime) -> User:
    user = User.objects.create_user(
        f"{key}@{DOMAIN}",
        password,
        name=name,
        time_zone=team.calendar.time_zone,
        calendar=team.calendar,
        is_staff=role == Role.ADMIN,
        is_superuser=role == Role.ADMIN,
        date_joined=at - HISTORY,
        last_login=at - YESTERDAY,
        **(GOALS if role == Role.BDR else {}),
    )
    in_team = role in (Role.BDR, Role.MANAGER)
    Membership.objects.create(user=user, role=role, team=team if in_team else None)
    return user
