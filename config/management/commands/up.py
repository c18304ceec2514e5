"""Everything Midfield needs, in the foreground: broker, database, web, worker and beat."""

import argparse
import contextlib
import fcntl
import http.client
import logging
import os
import signal
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from config import broker
from config.supervisor import BROKER, Child, Fallen, Supervisor
from config.ticker import Ticker
from leads.demo.year.making import is_year_missing
from leads.models import Lead
from team.models import Membership, Role, Tick, User

LOOK_AT_TICKS_SECONDS = 5.0
WAIT_FOR_LAST_RUN_SECONDS = 15.0
WAIT_FOR_WEB_SECONDS = 90.0


def _port(value: str) -> int:
    """A port somebody may listen on."""
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise argparse.ArgumentTypeError(f"{value} is no port: a port is a number from 1 to 65535.")
    return int(value)


class Command(BaseCommand):
    help = "Start everything in the foreground and print the address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_port, default=settings.PORT, help="the port of the web server")
        parser.add_argument("--empty", action="store_true", help="a first start without the demo company")
        parser.add_argument("--no-broker", action="store_true", help="work the ticks inside this process")

    def handle(self, *args: Any, **options: Any) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, _interrupt)
        port: int = options["port"]
        address = settings.SITE_URL if port == settings.PORT else f"http://{settings.HOST}:{port}"
        lock = self._take_lock(address)
        self._need_port(port)
        supervisor = Supervisor(say=self._say, log_dir=_log_dir(), lock_fd=lock)
        _log_to_file()
        ticker: Ticker | None = None
        code = 0
        try:
            env = {**os.environ, "PORT": str(port)}
            env["REDIS_URL"] = self._start_broker(supervisor, env, wanted=not options["no_broker"])
            self._prepare_database(with_demo=settings.IS_LOCAL and not options["empty"])
            self._prepare_static()
            web = supervisor.start("web", _web(port), env=env)
            ringing: list[Child] = []
            if env["REDIS_URL"]:
                ringing = [
                    supervisor.start("worker", _worker(), env={**env, "REMAP_SIGTERM": "SIGQUIT"}),
                    supervisor.start("beat", _beat(), env=env),
                ]
            else:
                ticker = Ticker()
                ticker.start()
            self._wait_for_web(supervisor, web, port)
            self._say(f"\nMidfield is at {address}   (Ctrl C stops it)")
            self._say_where_the_passwords_are()
            if settings.IS_LOCAL and is_year_missing():
                self._say("The year behind it is being written now; pages can be opened meanwhile and fill up.")
                supervisor.start_once("demo's year", _year(), env=env)
            connections.close_all()
            self._keep_running(supervisor, ringing)
        except KeyboardInterrupt:
            self._say("Stopping ...")
        except Fallen as fallen:
            self.stderr.write(str(fallen))
            code = 1
        finally:
            if ticker:
                ticker.stop()
            with contextlib.suppress(KeyboardInterrupt):
                supervisor.stop()
        sys.exit(code)

    def _take_lock(self, address: str) -> int:
        """Two that share a folder would share a broker and a SQLite file."""
        path = settings.VAR_DIR / "up.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        limit = time.monotonic() + WAIT_FOR_LAST_RUN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid, _, where = path.read_text().partition(" ")
                # A run that was killed leaves its processes a few seconds to end.
                if _is_running(pid) or time.monotonic() > limit:
                    self._refuse(
                        f"Midfield already runs here, at {where.strip()} (process {pid})."
                        " Stop that one, or use another folder: VAR_DIR=/some/folder ./run --port 8001"
                    )
                time.sleep(0.2)
            else:
                os.truncate(lock, 0)
                os.pwrite(lock, f"{os.getpid()} {address}\n".encode(), 0)
                return lock

    def _need_port(self, port: int) -> None:
        if _is_free(port):
            return
        free = next((other for other in range(port + 1, port + 100) if _is_free(other)), port + 1000)
        self._refuse(f"Port {port} is taken by another program. This one is free: ./run --port {free}")

    def _start_broker(self, supervisor: Supervisor, env: dict[str, str], *, wanted: bool) -> str:
        """Give the broker's address; empty when the ticks run in this process."""
        if settings.REDIS_URL and wanted:
            if not broker.answers(settings.REDIS_URL):
                self._refuse("No Redis or Valkey server answers at REDIS_URL.")
            return str(settings.REDIS_URL)
        binary = broker.find_server() if wanted else None
        if binary is None and not settings.IS_LOCAL:
            self._refuse("Midfield needs a Redis or Valkey server: set REDIS_URL, or install valkey-server.")
        if binary is None:
            self._say("Without a Redis or Valkey server due work runs one after the other inside ./run.")
            return ""
        supervisor.start(BROKER, broker.server_command(binary, settings.VAR_DIR), env=env)
        url = broker.url_of_own_server(settings.VAR_DIR)
        if not broker.answers(url):
            supervisor.look()
            raise Fallen(f"The broker does not answer: {binary}\n{supervisor.children[0].last_lines()}")
        return url

    def _prepare_database(self, *, with_demo: bool) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if not User.objects.exists():
            self._welcome(with_demo=with_demo and "demo" in get_commands())
        if connection.vendor == "sqlite" and _is_too_large_for_sqlite():
            self._say(
                f"SQLite is meant for {settings.SQLITE_REPS_MAX} reps and {settings.SQLITE_LEADS_MAX:,} leads,"
                " and this is more: move to PostgreSQL with DATABASE_URL."
            )
        connections.close_all()

    def _welcome(self, *, with_demo: bool) -> None:
        if not with_demo:
            self._say("There is no user yet. Make an admin: ./run manage createsuperuser")
            return
        self._say("Making the demo company ...")
        call_command("demo", today=True, stdout=self.stdout)
        call_command("demo_tracks", stdout=self.stdout)

    def _say_where_the_passwords_are(self) -> None:
        """Where this is the demo company: they were printed by its first start, and are long gone from the screen."""
        if (settings.VAR_DIR / "demo-logins.json").exists():
            self._say("./run demo prints the passwords again.")

    def _prepare_static(self) -> None:
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)

    def _wait_for_web(self, supervisor: Supervisor, web: Child, port: int) -> None:
        limit = time.monotonic() + WAIT_FOR_WEB_SECONDS
        while not _answers(port):
            if time.monotonic() > limit:
                raise Fallen(f"The web server does not answer.\n{web.last_lines()}".rstrip())
            supervisor.look()
            time.sleep(0.1)

    def _keep_running(self, supervisor: Supervisor, ringing: list[Child]) -> NoReturn:
        """Whether beat does not ring or the worker does not hear cannot be seen from the ticks: both start again."""
        look_at_ticks = time.monotonic()
        while True:
            time.sleep(0.3)
            supervisor.look()
            if ringing and time.monotonic() > look_at_ticks:
                look_at_ticks = time.monotonic() + LOOK_AT_TICKS_SECONDS
                youngest = time.monotonic() - max(child.started_at for child in ringing)
                # Whoever was just started is given twice as long for the first tick.
                if youngest > 2 * settings.SECONDS_DEAF and _is_silent():
                    self._say(f"No tick was worked for {settings.SECONDS_DEAF} seconds: worker and beat start again.")
                    for child in ringing:
                        supervisor.kill(child)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _refuse(self, line: str) -> NoReturn:
        self.stderr.write(line)
        sys.exit(1)


def _interrupt(sign: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _log_dir() -> Path | None:
    """On somebody's own machine the terminal stays readable; elsewhere a log collector reads it."""
    return settings.VAR_DIR / "log" if settings.IS_LOCAL else None


def _log_to_file() -> None:
    folder = _log_dir()
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream((folder / "up.log").open("a"))


def _web(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{settings.HOST}:{port}", "--no-control-socket"),
        *("--workers", str(settings.WEB_PROCESSES), "--threads", str(settings.WEB_THREADS)),
        *("--worker-tmp-dir", str(settings.VAR_DIR), "--graceful-timeout", "10", "--timeout", "60"),
        # The longest it knows: a search for a whole page of text is answered in our words, not in a bare 414.
        *("--limit-request-line", "8190"),
    ]


def _worker() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "worker", "--loglevel", settings.LOG_LEVEL),
        *("--concurrency", str(settings.WORKER_PROCESSES)),
    ]


def _beat() -> list[str]:
    # The plain scheduler keeps no file: what is due stands in the database, and kill -9 can spoil nothing.
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "beat", "--loglevel", settings.LOG_LEVEL),
        *("--scheduler", "celery.beat.Scheduler", "--pidfile", ""),
    ]


def _year() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo_tracks", "--year"]


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    web = http.client.HTTPConnection(settings.HOST, port, timeout=5)
    try:
        web.request("GET", "/healthz", headers={"Host": "localhost"})
        return web.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        web.close()


def _is_silent() -> bool:
    """Whether no tick was worked lately, or ever."""
    try:
        newest = Tick.objects.exclude(last_at=None).order_by("-last_at").values_list("last_at", flat=True).first()
    except DatabaseError:
        return False
    finally:
        connection.close()
    return newest is None or timezone.now() - newest > timedelta(seconds=settings.SECONDS_DEAF)


def _is_too_large_for_sqlite() -> bool:
    reps = Membership.objects.filter(role=Role.BDR, user__is_active=True).values("user").distinct().count()
    return reps > settings.SQLITE_REPS_MAX or Lead.objects.count() > settings.SQLITE_LEADS_MAX
