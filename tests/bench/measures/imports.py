"""A file in the worker, and what the pages of the reps feel of it."""

import contextlib
import sqlite3
import threading
import time
import uuid

import psycopg

from tests.bench import dataset
from tests.bench.client import HTMX
from tests.bench.databases import Databases
from tests.bench.files import lead_file
from tests.bench.measured import MeasuredSite
from tests.bench.report import at_least, at_most
from tests.bench.timing import p95

SECONDS_MAX = 300.0
BEFORE_SECONDS = 10.0
RUN = "SELECT state, rows_created + rows_updated + rows_duplicate + rows_rejected, rows_total FROM leads_import"
POOL = "SELECT public_id FROM leads_lead WHERE phase = 'queued' AND bdr_id IS NULL AND team_id = (SELECT min(id) FROM team_team)"  # noqa: E501


def measure_import(plan):
    yield from _measure(plan, "SQLite", _sqlite_site)
    yield from _measure(plan, "PostgreSQL", _postgresql_site)


def _measure(plan, engine, make_site):
    """Undisturbed first, for the rate; then again with reps who load their queue and claim, before and meanwhile."""
    with make_site(plan) as (site, ask):
        path, origin = lead_file(site.folder)
        site.start_broker()
        site.start_worker()
        site.start_beat()
        rows, seconds = _import(site, ask, path)
        rate = rows / seconds
        more = f"{rows:,} rows, {origin}"
        yield at_least(f"import on {engine}, rows a second in the worker", rate, 1000, more=more)

    with make_site(plan) as (site, ask):
        path, _origin = lead_file(site.folder)
        site.start_web()
        site.start_broker()
        site.start_worker()
        site.start_beat()
        leads = iter([uuid.UUID(str(row[0])) for row in ask(POOL)])
        with _Reps(site, leads) as before:
            time.sleep(BEFORE_SECONDS)
        with _Reps(site, leads) as meanwhile:
            rows, seconds = _import(site, ask, path)
        quiet, busy = p95(before.queue), p95(meanwhile.queue)
        yield at_most(
            f"queue p95 during an import on {engine} / before", busy / quiet, 2,
            more=f"{busy * 1000:.0f} / {quiet * 1000:.0f} ms, {len(meanwhile.queue)} samples",
        )  # fmt: skip
        quiet, busy = p95(before.claims), p95(meanwhile.claims)
        more = f"{busy * 1000:.0f} / {quiet * 1000:.0f} ms, {len(meanwhile.claims)} samples"
        if engine == "SQLite":
            yield at_most(
                f"claim p95 during an import on {engine}, more", (busy - quiet) * 1000, 50, unit=" ms", more=more
            )
        else:
            yield at_most(f"claim p95 during an import on {engine} / before", busy / quiet, 2, more=more)


def _import(site, ask, path):
    """Start it and wait: (rows, seconds from the first row to the last)."""
    site.prepare("start", path)
    limit, first = time.monotonic() + SECONDS_MAX, None
    while time.monotonic() < limit:
        state, done, total = ask(RUN)[0]
        if first is None and done:
            first, already = time.monotonic(), done
        if state == "done":
            return total, (time.monotonic() - first) * total / max(total - already, 1)
        if state not in ("ready", "running"):
            raise AssertionError(f"the import is {state}")
        time.sleep(0.02)
    raise AssertionError(f"the import did not end in {SECONDS_MAX:.0f} seconds: {ask(RUN)[0]}")


class _Reps:
    """One rep who looks at her queue and one who claims, for as long as the block lasts."""

    def __init__(self, site, leads):
        self.site, self.leads = site, leads
        self.queue, self.claims = [], []
        self.ended = threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=work) for work in (self._look, self._claim)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _look(self):
        rep = self.site.client(dataset.FULL_REP)
        while not self.ended.is_set():
            answer = rep.get("/")
            if answer.status == 200:
                self.queue.append(answer.seconds)
            time.sleep(0.02)

    def _claim(self):
        rep = self.site.client(dataset.OTHER_REP)
        while not self.ended.is_set():
            lead = next(self.leads, None)
            if lead is None:
                return
            answer = rep.post(f"/leads/{lead}/claim/", headers=HTMX)
            if answer.status < 300:
                self.claims.append(answer.seconds)
            time.sleep(0.02)


@contextlib.contextmanager
def _sqlite_site(plan):
    with MeasuredSite("", {}) as site:
        path = site.folder / "bench.sqlite3"
        site.env["DATABASE_URL"] = f"sqlite:///{path}"
        site.manage("migrate", "--verbosity", "0")
        site.sessions = site.prepare("company")
        asking = sqlite3.connect(path, timeout=20)
        try:
            yield site, lambda sql: asking.execute(sql).fetchall()
        finally:
            asking.close()


@contextlib.contextmanager
def _postgresql_site(plan):
    databases = Databases(plan.server)
    url = databases.copy(databases.sized(20_000))
    with MeasuredSite(url, databases.sessions) as site, psycopg.connect(url, autocommit=True) as asking:
        asking.execute("UPDATE leads_lead SET team_id = (SELECT min(id) FROM team_team) WHERE phase = 'queued'")
        yield site, lambda sql: asking.execute(sql).fetchall()
