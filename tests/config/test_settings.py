"""The settings file: what it must be told, what it refuses, what it promises."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.checks import registry as check_registry

from config.checks import check_database, refusals_of

BASE = settings.BASE_DIR


def test_env_example_names_everything_the_settings_read():
    source = (BASE / "config/settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source)) | set(re.findall(r'_secret\("([A-Z_]+)"\)', source))

    listed = re.findall(r"^#([A-Z_]+)=", (BASE / ".env.example").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(read)


@pytest.mark.parametrize("name", ["SECRET_KEY", "SUPPRESSION_PEPPER"])
def test_a_missing_secret_stops_the_start_by_its_name(name, tmp_path):
    env = {**os.environ, "VAR_DIR": str(tmp_path), "PYTHONPATH": str(BASE)}
    del env[name]

    start = subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=env, capture_output=True, text=True, check=False
    )

    assert start.returncode == 1
    assert f"Set the {name} environment variable" in start.stderr


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, []),
        ({"ENGINE": "django.db.backends.mysql"}, ["midfield.E001"]),
        ({"OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;"}}, ["midfield.E002"]),
        ({"OPTIONS": {"transaction_mode": "DEFERRED"}}, ["midfield.E002", "midfield.E003"]),
    ],
)
def test_sqlite_runs_immediate_and_in_wal_mode_or_not_at_all(change, refused):
    good = {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
    }
    assert [error.id for error in refusals_of({**good, **change})] == refused


def test_the_check_is_asked_at_every_start():
    assert check_database in check_registry.registry.get_checks()


def test_no_business_moment_is_an_eta_a_countdown_or_a_task_id():
    apps = ["accounts", "agreement", "config", "content", "leads", "nurture", "reports", "team"]
    forbidden = re.compile(r"\b(eta|countdown)\s*=|\.revoke\(|self\.retry\(|AsyncResult")

    found = [
        f"{path.relative_to(BASE)}:{number}"
        for app in apps
        for path in (BASE / app).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if forbidden.search(line)
    ]

    assert found == []


def test_every_tick_of_the_schedule_is_a_task_that_exists():
    known = set()
    for path in BASE.glob("*/tasks.py"):
        known |= {f"{path.parent.name}.tasks.{name}" for name in re.findall(r"^def (\w+)", path.read_text(), re.M)}

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - known == set()


def test_locks_name_no_host_and_no_folder_and_hash_everything():
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (BASE / name).read_text().splitlines()
        pins = [line for line in lines if re.match(r"^[a-z0-9]", line)]

        assert [line for line in lines if "://" in line or line.startswith("-")] == []
        assert [pin for pin in pins if not re.match(r"^[\w.\[\],-]+==[\w.]+ (; .* )?\\$", pin)] == []


def test_the_content_policy_lets_nothing_in_from_elsewhere(client):
    policy = client.get("/healthz").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in policy
