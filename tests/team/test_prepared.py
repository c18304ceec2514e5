"""A prepared list: the same rows as its QuerySet, for any values, compiled once a shape."""

from datetime import UTC, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import TruncDay
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from team.models import Absence, Membership, Team, User
from team.prepared import Prepared, in_one_trip
from tests.make import NOON, make_team, make_user

pytestmark = pytest.mark.django_db


def people_of(*, teams, at, not_her):
    away = Absence.objects.covering(at).filter(user=OuterRef("pk"))
    found = User.objects.filter(memberships__team__in=teams).exclude(pk=not_her).order_by("pk")
    return found.values_list("pk", "name", "date_joined", Exists(away))


PEOPLE = Prepared(people_of)


@pytest.fixture
def people():
    north, south = make_team("North"), make_team("South")
    users = [make_user(name, "bdr", team=team) for name, team in (("ada", north), ("bo", north), ("cy", south))]
    Absence.objects.create(user=users[0], starts_at=NOON, ends_at=NOON + timedelta(days=1))
    return (north, south), users


@pytest.mark.parametrize("at", [NOON, NOON - timedelta(days=9), NOON + timedelta(days=9)])
def test_a_prepared_list_has_the_rows_of_its_queryset(people, at):
    teams, users = people
    for chosen in ([], [teams[0].pk], [team.pk for team in teams], [team.pk for team in teams] * 6):
        values = {"teams": chosen, "at": at, "not_her": users[1].pk}
        assert PEOPLE.rows(**values) == list(people_of(**{**values, "teams": chosen or [-1]}))


def test_it_is_compiled_once_a_shape(people, monkeypatch):
    teams, users = people
    PEOPLE.rows(teams=[teams[0].pk], at=NOON, not_her=0)
    monkeypatch.setattr(SQLCompiler, "as_sql", None)

    assert [row[0] for row in PEOPLE.rows(teams=[teams[1].pk], at=NOON, not_her=0)] == [users[2].pk]


def test_a_union_can_be_prepared(people):
    teams, users = people
    both = Prepared(
        lambda *, one, two: (
            Team.objects.filter(pk=one)
            .values_list("pk", "name", "retired_at")
            .union(
                User.objects.filter(pk=two).values_list("pk", "name", Value(None, Team._meta.get_field("retired_at"))),
                all=True,
            )
        )
    )

    assert set(both.rows(one=teams[0].pk, two=users[2].pk)) == {
        (teams[0].pk, "North", None),
        (users[2].pk, users[2].name, None),
    }


def test_a_value_that_the_query_does_not_use_is_a_mistake_at_once(people):
    wrong = Prepared(lambda *, user: Membership.objects.filter(Q(user=user + 1)).values_list("pk"))

    with pytest.raises(ValueError, match="uses each of its values"):
        wrong.rows(user=1)


def test_it_keeps_so_many_shapes_and_forgets_the_oldest(people, monkeypatch):
    monkeypatch.setattr("team.prepared.KEPT_MAX", 3)
    list_of = Prepared(lambda most, *, user: User.objects.filter(pk=user).values_list("pk")[:most])

    for most in (1, 2, 3, 4, 1):
        list_of.rows(shape=(most,), user=1)

    assert [shape for _engine, shape, _names, _lengths in list_of.kept] == [(3,), (4,), (1,)]


def test_one_statement_is_sent(people):
    with CaptureQueriesContext(connection) as queries:
        PEOPLE.rows(teams=[1, 2], at=NOON, not_her=3)

    assert len(queries) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its own statements")
def test_postgresql_plans_it_once(people):
    _teams, users = people
    mine = Prepared(lambda user: Team.objects.filter(memberships__user=user).order_by("pk").values_list("name"))

    for user in users:
        mine.rows(user=user.pk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [row[0] for row in cursor.fetchall()]
    assert len([one for one in statements if one.startswith('SELECT "team_team"."name"')]) == 1


def test_a_moment_that_the_query_reckons_with_is_a_mistake_at_once(people):
    wrong = Prepared(
        lambda *, at: User.objects.filter(date_joined__lt=at - timedelta(days=400)).values_list("pk"), may_skip=["at"]
    )

    with pytest.raises(ValueError, match="does not reckon"):
        wrong.rows(at=NOON)


@pytest.mark.parametrize("at_first", [True, False])
@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda it: Membership.objects.filter(user=it).values_list("pk"), 1),
        (lambda it: Membership.objects.filter(user__in=it).values_list("pk"), [1]),
        (lambda it: Team.objects.filter(retired_at=it).values_list("pk"), NOON),
    ],
)
def test_none_is_refused_as_a_value_and_not_compared_with(people, build, value, at_first):
    mine = Prepared(build)
    if not at_first:
        mine.rows(it=value)

    with pytest.raises(ValueError, match="that there is none is asked by another shape"):
        mine.rows(it=[None] if isinstance(value, list) else None)


@pytest.mark.parametrize(
    "build",
    [
        lambda user: Absence.objects.filter(user=user, starts_at__date=NOON.date()).values_list("pk"),
        lambda user: Absence.objects.filter(user=user, starts_at__year=2027).values_list("pk"),
        lambda user: Absence.objects.filter(user=user).annotate(day=TruncDay("starts_at")).values_list("day"),
    ],
)
def test_a_day_in_the_zone_of_whoever_asks_first_is_a_mistake_at_once(people, build):
    with pytest.raises(ValueError, match="whose zone they are in would be kept"):
        Prepared(build).rows(user=1)


def test_a_day_in_a_zone_that_is_named_is_none(people):
    _teams, users = people
    in_utc = Prepared(
        lambda user: (
            Absence.objects.filter(user=user).annotate(day=TruncDay("starts_at", tzinfo=UTC)).values_list("day")
        )
    )

    assert in_utc.rows(user=users[0].pk) == [(NOON.replace(hour=0, minute=0),)]


def test_what_is_asked_in_one_trip_has_the_answers_it_has_alone(people):
    teams, users = people
    for _time in range(2):
        with in_one_trip():
            some = PEOPLE.ask(teams=[teams[0].pk], at=NOON, not_her=users[1].pk)
            # An ordinary statement among them waits for its own answer.
            assert User.objects.count() == len(users)
            others = PEOPLE.ask(teams=[teams[1].pk], at=NOON, not_her=users[1].pk)
        assert [row[0] for row in others.rows()] == [users[2].pk]
        assert [row[0] for row in some.rows()] == [users[0].pk]


def test_what_fails_in_one_trip_is_an_error_as_it_is_alone(people):
    too_far = Prepared(lambda user: User.objects.filter(pk=user).values_list(Value(1) / Value(0)))
    if connection.vendor == "sqlite":
        pytest.skip("divides by nothing without an error")
    with pytest.raises(DatabaseError), transaction.atomic(), in_one_trip():
        too_far.ask(user=1)

    assert User.objects.exists()
