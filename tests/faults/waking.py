"""Sleeping leads that are due, and everything that can happen to the processes that wake them.

What must hold afterwards is asked in SQL: every lead that was due has exactly one next pursuit, none has two, and
`check_leads` finds nothing.
"""

import contextlib
import random
import time

import psycopg
from django.db import connections
from django.utils import timezone

from leads.checking import check_all
from tests.bench.databases import Databases, use
from tests.bench.report import at_most, exactly
from tests.bench.site import Site
from tests.faults.post import post_office

LEADS, DUE = 10_000, 3_000
SECONDS_MAX = 180.0
# A worker of two processes holds so many rings from before its broker was killed.
HELD_MAX = 2
# A worker connects again within seconds; both its processes may be in the middle of a sweep, which goes on first.
BROKER_SECONDS_MAX = 60.0

ASLEEP = "SELECT count(*) FROM leads_lead WHERE phase = 'nurture' AND wake_at <= now()"
# A worker in the middle of its transaction: the moment at which a kill hurts most.
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"  # noqa: E501
# A sweep says so after each batch, not only at its end.
RUNG_SINCE = "SELECT kind, last_at FROM team_tick WHERE last_at > %s AND kind <> 'sweep_leads'"
NOT_RUNG_SINCE = "SELECT count(*) FROM team_tick WHERE last_at <= %s"
# Whoever may not be worked (a customer, an open opportunity) sleeps on, and her history says so.
LOST = """
    SELECT count(*) FROM leads_lead lead
     WHERE id = ANY(%s)
       AND NOT EXISTS (SELECT 1 FROM leads_lead follower WHERE follower.previous_id = lead.id)
       AND NOT EXISTS (SELECT 1 FROM leads_leadevent event WHERE event.lead_id = lead.id AND event.verb = 'rewake')
"""
DOUBLED = """
    SELECT (SELECT count(*) FROM (SELECT lead_id FROM leads_leadevent WHERE verb IN ('wake', 'rewake') GROUP BY 1 HAVING count(*) > 1) AS twice)
         + (SELECT count(*) FROM (SELECT previous_id FROM leads_lead WHERE previous_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1) AS twice)
         + (SELECT count(*) FROM (SELECT person_id FROM leads_lead WHERE phase <> 'closed' GROUP BY 1 HAVING count(*) > 1) AS twice)
         + (SELECT count(*) FROM (SELECT lead_id FROM leads_leadevent WHERE verb = 'queue' GROUP BY 1 HAVING count(*) > 1) AS twice)
         + (SELECT count(*) FROM (SELECT clock_id, kind, user_id FROM leads_notice GROUP BY 1, 2, 3 HAVING count(*) > 1) AS twice)
"""  # noqa: E501


def inject_wake_kills(plan):
    wanted, kills, lost, doubled, broken = plan.pick(20, 5), 0, 0, 0, {}
    dice = random.Random(11)
    databases = Databases(plan.server)
    while kills < wanted:
        with _night(databases) as night:
            worker = night.site.start_worker()
            night.site.start_beat()
            while kills < wanted and night.wait_for_work():
                time.sleep(dice.uniform(0, 1.2))
                kills += bool(night.ask(AT_WORK))
                worker.kill()
                night.wait_for_rest()
                worker.start()
            night.wait_until_awake()
            lost, doubled = lost + night.lost(), doubled + night.doubled()
            broken |= night.broken()
    yield from lines("wakes, worker killed", f"{kills} kills", lost, doubled, broken)


def inject_broker(plan):
    wanted, done, lost, doubled, broken, waits = plan.pick(20, 5), 0, 0, 0, {}, []
    databases = Databases(plan.server)
    while done < wanted:
        with _night(databases) as night:
            night.site.start_worker()
            night.site.start_beat()
            while done < wanted and night.wait_for_work():
                night.broker.kill()
                time.sleep(1)
                night.broker.start()
                waits.append(night.wait_for_rings())
                done += 1
            night.wait_until_awake()
            lost, doubled = lost + night.lost(), doubled + night.doubled()
            broken |= night.broken()
    yield at_most("wakes, broker killed: longest wait for work", max(waits), BROKER_SECONDS_MAX, unit=" s")
    yield from lines("wakes, broker killed", f"{done} restarts", lost, doubled, broken)


def lines(name, trials, lost, doubled, broken):
    yield exactly(f"{name}: lost", lost, 0, more=trials)
    yield exactly(f"{name}: doubled", doubled, 0, more=trials)
    seen = ", ".join(f"{rows} {promise}" for promise, rows in broken.items())
    yield exactly(f"{name}: rows that check_leads finds", sum(broken.values()), 0, more=seen)


class Night:
    """A site whose sleeping leads are due, and the questions asked of it."""

    def __init__(self, site, url, connection, sessions):
        self.site, self.url, self.connection, self.sessions = site, url, connection, sessions
        self.broker = site.start_broker()
        due = connection.execute("SELECT id FROM leads_lead WHERE phase = 'nurture' AND wake_at <= now()").fetchall()
        self.due = [row[0] for row in due]

    def ask(self, sql, *values):
        return self.connection.execute(sql, values).fetchone()[0]

    def wait_for_work(self):
        """Whether some worker has begun while leads are still asleep; False when all are awake."""
        limit = time.monotonic() + SECONDS_MAX
        while time.monotonic() < limit:
            if not self.ask(ASLEEP):
                return False
            if self.ask(AT_WORK):
                return True
            time.sleep(0.02)
        raise AssertionError(f"no worker has begun:\n{self._what_is_said()}")

    def wait_for_rings(self):
        """How many seconds it takes until the worker works what was rung from now on."""
        begun, heard = time.monotonic(), set()
        now = self.ask("SELECT now()")
        while len(heard) <= HELD_MAX:
            heard |= set(self.connection.execute(RUNG_SINCE, [now]).fetchall())
            if time.monotonic() - begun > SECONDS_MAX:
                raise AssertionError(f"no ring is heard any more:\n{self._what_is_said()}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def wait_for_rest(self):
        """The server lets go of what a killed worker held."""
        while self.ask(AT_WORK):
            time.sleep(0.02)

    def _what_is_said(self):
        self.site.say_where_workers_stand()
        return "\n".join(process.last_lines() for process in self.site.processes)

    def wait_until_awake(self):
        limit = time.monotonic() + SECONDS_MAX
        while self.ask(ASLEEP):
            if time.monotonic() > limit:
                raise AssertionError(f"{self.ask(ASLEEP)} leads are still asleep after {SECONDS_MAX:.0f} seconds")
            time.sleep(0.2)
        # What else was due is worked too: every tick rings twice, because one ring may have begun before.
        for _ in range(2):
            now = self.ask("SELECT now()")
            while self.ask(NOT_RUNG_SINCE, now):
                if time.monotonic() > limit:
                    raise AssertionError(f"not every tick rings any more:\n{self._what_is_said()}")
                time.sleep(0.2)

    def lost(self):
        return self.ask(LOST, self.due)

    def doubled(self):
        return self.ask(DOUBLED)

    def broken(self):
        """What `check_leads` finds, except what only time without a tick explains."""
        for process in self.site.processes:
            process.kill()
        use(self.url)
        found = {name: len(rows) for name, rows in check_all(at=timezone.now()).items() if rows}
        connections.close_all()
        return found

    def verdict(self):
        return self.lost(), self.doubled(), self.broken()


@contextlib.contextmanager
def _night(databases):
    url = databases.copy(databases.sized(LEADS, overdue_wakes=DUE))
    with (
        Site(url, settings="tests.faults.settings", LOG_LEVEL="INFO") as site,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield Night(site, url, connection, databases.sessions)


@contextlib.contextmanager
def house(plan, kinds, **more):
    """The same with letters that are due, and a mail server."""
    databases = Databases(plan.server)
    url = databases.copy(databases.sized(LEADS, overdue_wakes=DUE))
    with post_office(plan, kinds, url=url, settings="tests.faults.settings", LOG_LEVEL="INFO", **more) as post:
        yield post, Night(post.site, url, post.connection, databases.sessions)
