"""Every rule about rows of users, teams and calendars, shown refusing."""

from contextlib import contextmanager
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from team.models import (
    Absence,
    AuditEntry,
    AuditHead,
    Calendar,
    CalendarDay,
    CalendarFeed,
    CalendarWindow,
    Installation,
    Membership,
    Role,
    SettingChange,
    Team,
    Territory,
    Upload,
    User,
)
from tests.constraints import again, constraints_of, put, refuses
from tests.make import NOON, make_calendar, make_team, make_user

CONSTRAINTS = constraints_of("team")


def window():
    return CalendarWindow.objects.filter(calendar=make_calendar()).first()


def own_day(**fields):
    return CalendarDay.objects.create(calendar=make_calendar(), day=date(2027, 3, 1), **fields)


def absence():
    return Absence.objects.create(user=make_user("alice"), starts_at=NOON, ends_at=NOON + timedelta(days=1))


def membership(role=Role.BDR, team=True):
    return Membership.objects.create(user=make_user("alice"), role=role, team=make_team() if team else None)


def member_twice():
    one = membership()
    Membership.objects.create(user=one.user, role=one.role, team=one.team)


def admin_twice():
    one = membership(Role.ADMIN, team=False)
    Membership.objects.create(user=one.user, role=one.role, team=None)


def default_twice():
    make_team(is_default=True)
    make_team(is_default=True)


def retired_default():
    put(make_team(is_default=True), retired_at=NOON)


def same_address():
    user = make_user("alice")
    User.objects.create(email=user.email.upper(), name="Alice")


def strange_upload(purpose="virus", keep_until=NOON):
    user = make_user("alice")
    Upload.objects.create(purpose=purpose, name="x", size=1, sha256="0" * 64, by=user, at=NOON, keep_until=keep_until)


def covered_by_herself():
    one = absence()
    put(one, cover=one.user)


def away_twice():
    one = absence()
    Absence.objects.create(
        user=one.user, starts_at=one.ends_at - timedelta(hours=1), ends_at=one.ends_at + timedelta(1)
    )


def setting_change(**fields):
    return SettingChange.objects.create(at=NOON, model="team.Team", object_id="1", **fields)


def audited(**fields):
    return AuditEntry.objects.create(**{"number": 1, "at": NOON, "verb": "login", "hash": "x", **fields})


CASES = {
    "calendar_has_time_zone": lambda: put(make_calendar(), time_zone=""),
    "calendarwindow_weekday_is_monday_to_sunday": lambda: put(window(), weekday=7),
    "calendarwindow_opens_before_it_closes": lambda: put(window(), opens=600, closes=600),
    "calendarwindow_opens_once": lambda: again(window()),
    "calendarday_is_closed_or_has_hours": lambda: own_day(opens=600),
    "calendarday_opens_once": lambda: again(own_day(opens=600, closes=700)),
    "calendarday_is_closed_once": lambda: again(own_day()),
    "absence_ends_after_it_starts": lambda: put(absence(), ends_at=NOON),
    "absence_is_not_covered_by_herself": covered_by_herself,
    "absence_of_one_user_is_one_at_a_time": away_twice,
    "auditentry_verb_is_known": lambda: audited(verb="guess"),
    "auditentry_first_alone_has_none_before": lambda: audited(number=7),
    "audithead_is_one": lambda: AuditHead.objects.create(pk=2),
    "calendarfeed_keeps_a_hash": lambda: CalendarFeed.objects.create(user=make_user("alice"), made_at=NOON),
    "installation_is_one": lambda: Installation.objects.create(pk=2),
    "installation_half_life_is_positive": lambda: Installation.objects.update(interest_half_life_days=0),
    "settingchange_verb_is_known": lambda: setting_change(verb="guess"),
    "settingchange_reverted_once": lambda: [setting_change(reverts=1) for _twice in "ab"],
    "upload_purpose_is_known": strange_upload,
    "upload_of_people_is_forgotten": lambda: strange_upload("import", None),
    "team_one_is_default": default_twice,
    "team_default_is_not_retired": retired_default,
    "team_with_successor_is_retired": lambda: put(make_team(), successor=make_team()),
    "user_one_per_email": same_address,
    "user_has_a_name": lambda: put(make_user("alice"), name=""),
    "user_with_successor_has_left": lambda: put(make_user("alice"), successor=make_user("bob")),
    "membership_role_is_known": lambda: put(membership(), role="boss"),
    "membership_bdr_and_manager_have_a_team": lambda: put(membership(Role.MANAGER), team=None),
    "membership_once_per_team_and_role": member_twice,
    "membership_once_per_role_without_team": admin_twice,
    "territory_names_something": lambda: Territory.objects.create(name="Nowhere", team=make_team()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_database_refuses(name):
    refuses(CONSTRAINTS[name], CASES[name])


def test_every_constraint_has_its_case():
    assert set(CASES) == set(CONSTRAINTS)


@pytest.mark.django_db
def test_rows_that_differ_are_taken():
    one = make_team(is_default=True)
    user = make_user("alice", Role.BDR, team=one)
    for role in (Role.MANAGER, Role.AE, Role.ADMIN, Role.MARKETER):
        Membership.objects.create(user=user, role=role, team=one)
    Membership.objects.create(user=user, role=Role.BDR, team=make_team())

    assert Team.objects.filter(is_default=True).count() == 1
    assert Calendar.objects.count() == 2
    assert user.memberships.count() == 6


@pytest.mark.django_db
def test_absences_that_meet_or_are_of_others_are_taken_and_one_is_moved_over_no_other():
    one = absence()
    day = timedelta(days=1)
    after = Absence.objects.create(user=one.user, starts_at=one.ends_at, ends_at=one.ends_at + day)
    Absence.objects.create(user=make_user("bob"), starts_at=one.starts_at, ends_at=one.ends_at)
    put(one, ends_at=one.ends_at - timedelta(hours=1))
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        put(after, starts_at=one.starts_at)
    with pytest.raises(ValidationError, match="away then already"):
        Absence(user=one.user, starts_at=one.starts_at, ends_at=one.ends_at).full_clean()


@pytest.mark.django_db
def test_absences_that_overlapped_lie_side_by_side_and_last_as_long():
    """What the migration does before the database refuses them."""
    module = import_module("team.migrations.0012_absences_side_by_side")
    alice, bob = make_user("alice"), make_user("bob")
    hours = [(0, 48, None), (12, 24, bob), (30, 40, None), (48, 60, None)]
    rows = [
        Absence(pk=number, user=alice, starts_at=at(first), ends_at=at(last), cover=cover)
        # Far from what the database counts up to for the rows that the migration adds.
        for number, (first, last, cover) in enumerate(hours, 1_000_001)
    ]

    with unrefused():
        Absence.objects.bulk_create(rows)
        module.put_side_by_side(apps, Editor)

    kept = Absence.objects.order_by("starts_at").values_list("starts_at", "ends_at", "cover")
    assert list(kept) == [
        (at(0), at(12), None),
        (at(12), at(24), bob.pk),
        (at(24), at(48), None),
        (at(48), at(60), None),
    ]


class Editor:
    connection = connection


def at(hours):
    return NOON + timedelta(hours=hours)


@contextmanager
def unrefused():
    """As it was before the constraint; the transaction of the test is taken back."""
    constraint = CONSTRAINTS["absence_of_one_user_is_one_at_a_time"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE team_absence DROP CONSTRAINT {constraint.name}")
        else:
            for verb in ("insert", "update"):
                cursor.execute(f"DROP TRIGGER {constraint.name}_{verb}")
    yield
