"""The people of a measured company: 8 teams, 80 BDRs, their managers, AEs, a library, and a session for each."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from content.models import Asset, Topic
from team.models import Calendar, CalendarWindow, Membership, Role, Team, User

TEAMS, BDRS, AES = 8, 80, 16
ZONES = ["Europe/London", "America/New_York", "Europe/Berlin", "America/Chicago"]
# A measured rep takes as many leads as the measure needs; what her limit says is tested elsewhere.
NO_LIMIT = 32_000


@transaction.atomic
def make_company():
    """Write the company into an empty installation."""
    calendars = [_calendar(zone) for zone in ZONES]
    teams = [
        Team.objects.create(name=f"Team {number}", calendar=calendars[number % len(calendars)], is_default=number == 1)
        for number in range(1, TEAMS + 1)
    ]
    for number in range(1, BDRS + 1):
        _user("bdr", number, Role.BDR, teams[(number - 1) // (BDRS // TEAMS)])
    for number, team in enumerate(teams, 1):
        _user("manager", number, Role.MANAGER, team)
    for number in range(1, AES + 1):
        _user("ae", number, Role.AE, None)
    _user("marketer", 1, Role.MARKETER, None)
    _user("admin", 1, Role.ADMIN, None)
    for position in range(1, 7):
        topic = Topic.objects.create(key=f"topic-{position}", label=f"Topic {position}", position=position)
        for kind in (Asset.Kind.GUIDE, Asset.Kind.WEBINAR, Asset.Kind.ARTICLE, Asset.Kind.CASE):
            Asset.objects.create(title=f"About topic {position}", kind=kind, topic=topic)


def sign_in_all():
    """A session for every user: {e-mail: session key}. Their moments are now, so that reading a page writes nothing."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    now = timezone.now()
    rows, keys = [], {}
    for user in User.objects.order_by("pk"):
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "began_at": int(now.timestamp()),
            "seen_at": int(now.timestamp()) + 3600,
        }
        keys[user.email] = f"{'bench':x<24}{user.pk:08d}"
        rows.append(
            Session(
                session_key=keys[user.email], session_data=store.encode(data), expire_date=now + timedelta(hours=11)
            )
        )
    Session.objects.filter(session_key__in=keys.values()).delete()
    Session.objects.bulk_create(rows)
    return keys


def _calendar(zone):
    calendar = Calendar.objects.create(name=f"Office {zone}", time_zone=zone)
    CalendarWindow.objects.bulk_create(
        CalendarWindow(calendar=calendar, weekday=weekday, opens=9 * 60, closes=17 * 60 + 30) for weekday in range(5)
    )
    return calendar


def _user(word, number, role, team):
    email = f"{word}{number}@bench.example"
    user = User(email=email, name=f"{word.title()} {number}", open_limit=NO_LIMIT)
    user.set_unusable_password()
    user.save()
    Membership.objects.create(user=user, team=team, role=role)
