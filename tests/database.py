"""Which database a run uses. Loaded with -p, so that it speaks before pytest-django reads the settings.

TEST_DATABASE names the engine asked for: sqlite (also when nothing is said) or postgresql. PostgreSQL is the
server of DATABASE_URL where that is one, else a throw-away server. The run says in its header which engine it
really is, and stops when that is not the one asked for.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseOperations
from xdist.scheduler import LoadScopeScheduling

from agreement import signed
from tests.postgres import throwaway_server

SHARED_PROCESSES = "tests/config/test_processes.py"
IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
_running = contextlib.ExitStack()


def _asked_for() -> str:
    given = os.environ.get("DATABASE_URL", "")
    asked = os.environ.get("TEST_DATABASE") or ("postgresql" if given.startswith("postgres") else "sqlite")
    if asked not in ("sqlite", "postgresql"):
        raise pytest.UsageError(f"TEST_DATABASE={asked}: it is sqlite or postgresql.")
    return asked


def _prepare() -> None:
    """Point the settings at a folder and a server of this run; workers of xdist inherit both."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the folder, mode 700
    fast = shared_memory if os.access(shared_memory, os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="midfield-test-", dir=fast)
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    (Path(folder) / "static").mkdir()
    given = os.environ.get("DATABASE_URL", "")
    os.environ["VAR_DIR"] = folder
    os.environ["TEST_DATABASE"] = ENGINE
    os.environ["TEST_DATABASE_IS_OWN"] = "" if ENGINE == "postgresql" and given.startswith("postgres") else "yes"
    # What a developer has in .env must not decide a test.
    os.environ.update(
        SECRET_KEY="a-key-for-tests-only-" + "0" * 40, SUPPRESSION_PEPPER="a-pepper-for-tests-only",
        DEBUG="False", REDIS_URL="", SITE_URL="http://localhost", LOG_LEVEL="WARNING", METRICS_TOKEN="", SMTP_HOST="",
    )  # fmt: skip
    if ENGINE == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/midfield.sqlite3"
    elif not given.startswith("postgres"):
        os.environ["DATABASE_URL"] = _running.enter_context(throwaway_server())


ENGINE = _asked_for()
if not IS_XDIST_WORKER:
    atexit.register(_running.close)
    _prepare()
# Made by this run, and gone with it.
IS_OWN = bool(os.environ["TEST_DATABASE_IS_OWN"])


def pytest_configure(config: pytest.Config) -> None:
    if ENGINE == "sqlite":
        # A file, because tests of races open the database from several threads and processes.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(settings.VAR_DIR / "test.sqlite3")
        DatabaseOperations.execute_sql_flush = _empty  # type: ignore[method-assign]
    # The files themselves, without the hashed names that `collectstatic` makes.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # Argon2 costs 50 ms a user on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _empty(operations: DatabaseOperations, statements: list[str]) -> None:
    """Empty every table, as after a test that commits: on SQLite by DELETE, which a published agreement refuses."""
    with transaction.atomic(), connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        signed.allow(apps, editor)
        for statement in statements:
            cursor.execute(statement)
        signed.forbid(apps, editor)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks no database has nothing new to say on the second one, and a further case of a table little. But each
    constraint is a rule of its own, and of those who come at once each database keeps the order in its own way."""
    seen = set()
    for item in items:
        asks = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if not asks and not DATABASE_FIXTURES & fixtures:
            item.add_marker("once")
        commits = "transactional_db" in fixtures or (asks and asks.kwargs.get("transaction"))
        test = item.nodeid.partition("[")[0]
        if test in seen and not commits and not item.path.stem.endswith("constraints"):
            item.add_marker("again")
        seen.add(test)


def pytest_sessionstart(session: pytest.Session) -> None:
    if connection.vendor != ENGINE:
        pytest.exit(f"Asked for {ENGINE}, but the settings say {connection.vendor}.", returncode=3)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneByOne(config, log)


class OneByOne(LoadScopeScheduling):
    """Tests go to whichever worker is free, except that the tests which share processes stay together.

    The marker xdist has for this, with --dist loadgroup, does nothing under pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        return SHARED_PROCESSES if nodeid.startswith(SHARED_PROCESSES) else nodeid


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {_engine_and_version()} (asked for: {ENGINE})"


def _engine_and_version() -> str:
    if connection.vendor == "sqlite":
        return "SQLite " + ".".join(map(str, connection.Database.sqlite_version_info))
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        return "PostgreSQL " + server.execute("SHOW server_version").fetchone()[0]
