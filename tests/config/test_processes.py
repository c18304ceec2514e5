"""`./run` against real processes: what it refuses, what it starts again, and what it leaves behind."""

import contextlib
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

# They run one after the other on one worker: most share a running Midfield, and the last of those kills it.
pytestmark = pytest.mark.once


class Running:
    """A `manage.py up`, its lines as they come, and everything it has started."""

    def __init__(self, var_dir: Path, port: int, *options: str, **environment: str) -> None:
        self.var_dir = var_dir
        self.port = port
        env = {**os.environ, "VAR_DIR": str(var_dir), "SITE_URL": f"http://127.0.0.1:{port}", **environment}
        del env["DATABASE_URL"]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--empty", "--port", str(port), *options],
            cwd=settings.BASE_DIR,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.rstrip("\n"))

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()
        self.reader.join(10)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()

    def line_with(self, part: str, seconds: float = 180) -> str:
        seen = []
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and (self.process.poll() is None or not self.lines.empty()):
            with contextlib.suppress(queue.Empty):
                seen.append(self.lines.get(timeout=0.2))
                if part in seen[-1]:
                    return seen[-1]
        pytest.fail(f"no line with {part!r} in {seen}")

    def refusal(self) -> tuple[int, list[str]]:
        with self:
            code = self.process.wait(120)
        return code, [line for line in self.lines.queue if line]

    def descendants(self) -> dict[int, str]:
        """Every process below this one, by its command line."""
        table = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in table.stdout.splitlines()]
        below = {self.process.pid}
        found: dict[int, str] = {}
        while True:
            more = {int(pid): args for pid, parent, args in rows if int(parent) in below and int(pid) not in found}
            if not more:
                return {pid: args for pid, args in found.items() if not args.startswith("ps ")}
            found |= more
            below |= set(more)

    def newest_tick(self) -> str:
        with contextlib.closing(sqlite3.connect(self.var_dir / "midfield.sqlite3", timeout=20)) as database:
            return database.execute("SELECT coalesce(max(last_at), '') FROM team_tick").fetchone()[0]

    def wait_for_tick(self, *, after: str, seconds: float = 60) -> None:
        limit = time.monotonic() + seconds
        while self.newest_tick() <= after:
            assert time.monotonic() < limit, f"no tick after {after or 'the start'}"
            time.sleep(0.2)

    def one_of(self, part: str) -> int:
        return next(pid for pid, args in self.descendants().items() if part in args)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Without an init process a dead child stays in the table until somebody reaps it.
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(status.stdout.strip()) and not status.stdout.startswith("Z")


def all_gone(pids: dict[int, str], seconds: float = 60) -> bool:
    limit = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def new_var_dir(django_db_setup, tmp_path_factory):
    """A folder with a database that is migrated already, because migrating takes most of a first start."""

    def make() -> Path:
        folder = tmp_path_factory.mktemp("var")
        if connection.vendor == "sqlite":
            with (
                contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
                contextlib.closing(sqlite3.connect(folder / "midfield.sqlite3")) as copy,
            ):
                source.backup(copy)
        return folder

    return make


@pytest.fixture(scope="module")
def midfield(new_var_dir):
    with Running(new_var_dir(), free_port()) as running:
        running.line_with("Midfield is at")
        yield running


def test_a_second_run_in_the_same_folder_says_where_the_first_one_is(midfield):
    code, lines = Running(midfield.var_dir, free_port()).refusal()

    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"Midfield already runs here, at http://127.0.0.1:{midfield.port} (process ")


def test_a_taken_port_is_one_line_with_the_command_that_works(midfield, tmp_path):
    code, lines = Running(tmp_path, midfield.port).refusal()

    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"Port {midfield.port} is taken by another program. This one is free: ./run --port ")


@pytest.mark.parametrize(
    ("name", "part"), [("broker", "valkey-server"), ("worker", " worker "), ("beat", " beat "), ("web", "gunicorn")]
)
def test_what_was_killed_comes_back_with_one_line(midfield, name, part):
    killed = midfield.one_of(part)

    os.kill(killed, signal.SIGKILL)

    assert midfield.line_with(f"The {name} ") == f"The {name} was killed by signal 9; started again."
    assert midfield.one_of(part) != killed


def test_kill_9_leaves_no_process_behind(midfield):
    # Guard, broker, web and its worker, Celery's worker and its two, beat.
    limit = time.monotonic() + 60
    while len(started := midfield.descendants()) < 8 and time.monotonic() < limit:
        time.sleep(0.1)
    assert len(started) == 8

    midfield.process.kill()
    midfield.process.wait()

    assert all_gone(started)


@pytest.mark.parametrize("part", [" worker ", pytest.param(" beat ", marks=[pytest.mark.full, pytest.mark.desk])])
def test_who_lives_and_does_nothing_is_started_again(new_var_dir, part):
    # Ticks every second, and nobody waits 75 of them.
    with Running(new_var_dir(), free_port(), DJANGO_SETTINGS_MODULE="tests.faults.settings") as running:
        running.line_with("Midfield is at")
        running.wait_for_tick(after="")
        stopped = running.one_of(part)

        os.kill(stopped, signal.SIGSTOP)

        assert running.line_with("No tick") == "No tick was worked for 12 seconds: worker and beat start again."
        running.wait_for_tick(after=running.newest_tick())
        assert not is_alive(stopped)


def test_without_a_broker_the_ticks_run_inside_and_ctrl_c_ends_everything(new_var_dir):
    with Running(new_var_dir(), free_port(), "--no-broker") as running:
        running.line_with("due work runs one after the other inside ./run")
        running.line_with("Midfield is at")
        started = running.descendants()

        assert not any("celery" in args or "valkey" in args for args in started.values())
        assert running.end() == 0
        assert all_gone(started, seconds=5)


def test_production_refuses_to_run_without_a_broker(tmp_path):
    code, lines = Running(tmp_path, free_port(), "--no-broker", SITE_URL="https://midfield.example").refusal()

    assert (code, lines) == (
        1,
        ["Midfield needs a Redis or Valkey server: set REDIS_URL, or install valkey-server."],
    )
