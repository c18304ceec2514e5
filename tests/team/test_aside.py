"""What is changed aside waits for those who work, takes its time, and goes on where it was stopped."""

from contextlib import contextmanager
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, models, transaction
from django.db.migrations.state import ModelState

from team.aside import AddIndexAside, RemoveIndexAside, ValidateAside
from team.models import Team
from tests.make import make_team

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite one writes at a time.")

INDEX = models.Index(fields=["name", "retired_at"], name="team_aside")
ADD, REMOVE = AddIndexAside("team", INDEX), RemoveIndexAside("team", "team_aside")


@pytest.fixture(autouse=True)
def afterwards():
    yield
    change("DROP INDEX IF EXISTS team_aside")


def states():
    """Before and after, as a migration passes them; the second has the index."""
    without, having = ModelState.from_model(Team), ModelState.from_model(Team)
    having.options["indexes"] = [*having.options.get("indexes", []), INDEX]
    apps = SimpleNamespace(get_model=lambda *_names: Team)
    return [SimpleNamespace(apps=apps, models={("team", "team"): state}) for state in (without, having)]


def forwards(operation):
    without, having = states()
    both = (having, without) if operation is REMOVE else (without, having)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("team", editor, *both)


def backwards(operation):
    without, having = states()
    both = (without, having) if operation is REMOVE else (having, without)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("team", editor, *both)


def columns():
    """Of the index, or None where there is none."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "team_team").get("team_aside")
    return found and found["columns"]


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def change(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def limits(milliseconds):
    """As the settings give them to every connection, only shorter."""
    for name in ("lock_timeout", "statement_timeout"):
        ask("SELECT set_config(%s, %s, false)", name, f"{milliseconds}ms")
    yield
    assert [ask(f"SHOW {name}") for name in ("lock_timeout", "statement_timeout")] == [f"{milliseconds}ms"] * 2
    connection.close()


@contextmanager
def somebody_works(seconds=60):
    """In a transaction that stays open, as one does that changes a row."""
    works, stop = Event(), Event()

    def work():
        try:
            with transaction.atomic():
                change("LOCK TABLE team_team IN ROW EXCLUSIVE MODE")
                works.set()
                stop.wait(seconds)
        finally:
            connection.close()

    worker = Thread(target=work)
    worker.start()
    works.wait(10)
    try:
        yield
    finally:
        stop.set()
        worker.join()


@on_postgresql
@pytest.mark.parametrize("step", [lambda: forwards(ADD), lambda: backwards(REMOVE)])
def test_an_index_waits_longer_than_any_page_for_who_works(step):
    with limits(100), somebody_works(seconds=0.5):
        step()

    assert columns() == ["name", "retired_at"]


@on_postgresql
@pytest.mark.parametrize("step", [lambda: forwards(REMOVE), lambda: backwards(ADD)])
def test_so_does_its_removal(step):
    forwards(ADD)

    with limits(100), somebody_works(seconds=0.5):
        step()

    assert columns() is None


@on_postgresql
@pytest.mark.parametrize("step", [lambda: forwards(ADD), lambda: backwards(REMOVE)])
def test_what_was_stopped_half_made_is_made_anew(step):
    with limits(100), somebody_works(), pytest.raises(OperationalError, match="timeout"):
        change("CREATE INDEX CONCURRENTLY team_aside ON team_team (name)")
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'team_aside'::regclass") is False

    step()

    assert columns() == ["name", "retired_at"]
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'team_aside'::regclass") is True


@on_postgresql
@pytest.mark.parametrize("step", [lambda: forwards(REMOVE), lambda: backwards(ADD)])
def test_what_was_stopped_half_made_is_removed(step):
    with limits(100), somebody_works(), pytest.raises(OperationalError, match="timeout"):
        change("CREATE INDEX CONCURRENTLY team_aside ON team_team (name)")

    step()

    assert columns() is None


@on_postgresql
def test_the_limits_hold_again_after_a_failure():
    with limits(100), pytest.raises(Exception, match="no_such"):
        forwards(AddIndexAside("team", models.Index(fields=["name"], name="team_aside", opclasses=["no_such"])))


@on_postgresql
def test_old_rows_are_looked_at_for_as_long_as_it_takes():
    make_team("North")
    change("ALTER TABLE team_team ADD CONSTRAINT team_slow CHECK (pg_sleep(0.3) IS NOT NULL) NOT VALID")
    try:
        with limits(100):
            forwards(ValidateAside("team", "team_slow"))
        assert ask("SELECT convalidated FROM pg_constraint WHERE conname = 'team_slow'") is True
    finally:
        change("ALTER TABLE team_team DROP CONSTRAINT team_slow")


def test_what_a_first_try_has_done_is_not_done_again():
    """A migration that is not atomic was stopped after it, and is run anew."""
    for _try in range(2):
        forwards(ADD)
        assert columns() == ["name", "retired_at"]
    for _try in range(2):
        forwards(REMOVE)
        assert columns() is None
    for _try in range(2):
        backwards(REMOVE)
        assert columns() == ["name", "retired_at"]
    for _try in range(2):
        backwards(ADD)
        assert columns() is None
