"""A file that is imported while its worker is killed again and again must end as if nothing had happened.

The rows that an undisturbed run leaves behind are compared with those of the killed one, table by table, without keys
and moments. A killed worker holds its lease for another minute; the harness lets that minute pass at once.
"""

import contextlib
import random
import sqlite3
import time
from collections import Counter

import psycopg

from tests.bench.databases import Databases
from tests.bench.files import longer_file
from tests.bench.report import exactly
from tests.bench.site import Site

SECONDS_MAX = 300.0
# So much is imported that 20 kills find it at work.
COPIES = 3
RUN = "SELECT state, rows_created + rows_updated + rows_duplicate + rows_rejected FROM leads_import"
LEASE_IS_OVER = "UPDATE leads_import SET lease_until = NULL WHERE state = 'running'"
# What an import leaves behind, told without keys and without moments of this run.
LEFT = {
    "people": "SELECT given_name, family_name, country, city, source, standing, custom FROM accounts_person",
    "contact points": "SELECT kind, normalised, is_primary FROM accounts_contactpoint",
    "outside ids": "SELECT source, value FROM accounts_externalid",
    "accounts": "SELECT name, standing FROM accounts_account",
    "employments": "SELECT title, is_current FROM accounts_employment",
    "suppressions": "SELECT channel, source FROM accounts_suppression",
    "engagements": "SELECT kind, source, points FROM leads_engagement",
    # A key names a person by her number, and PostgreSQL gives no number twice that a killed worker has taken.
    "engagement keys": (
        "SELECT key.source, replace(key.external_id, ':' || deed.person_id || ':', ':'), person.given_name, person.city"
        "  FROM leads_engagementkey key JOIN leads_engagement deed ON deed.id = key.engagement_id"
        "  JOIN accounts_person person ON person.id = deed.person_id"
    ),
    "verdicts": "SELECT answer FROM leads_verdict",
    "interest": "SELECT points FROM leads_interest",
    "search text": "SELECT text FROM accounts_searchtext",
    "releases": "SELECT state, skipped_for FROM leads_release",
    "leads": "SELECT phase, lane, origin, tier FROM leads_lead",
    "events": "SELECT verb, from_phase, to_phase FROM leads_leadevent",
    "rejected rows": "SELECT row_no, code FROM leads_importreject",
    "counts": "SELECT state, rows_total, rows_created, rows_updated, rows_duplicate, rows_rejected FROM leads_import",
}


def inject_import_kills(plan):
    for engine, make_site in (("SQLite", _sqlite_site), ("PostgreSQL", _postgresql_site)):
        undisturbed, _kills = _run(plan, make_site, kills=0)
        left, kills = _run(plan, make_site, kills=plan.pick(20, 5))
        lost = {name: rows for name in LEFT if (rows := (undisturbed[name] - left[name]).total())}
        doubled = {name: rows for name in LEFT if (rows := (left[name] - undisturbed[name]).total())}
        trials = f"{kills} kills, {undisturbed['people'].total():,} people"
        yield exactly(f"import on {engine}, worker killed: rows lost", sum(lost.values()), 0, more=_told(lost, trials))
        yield exactly(
            f"import on {engine}, worker killed: rows doubled", sum(doubled.values()), 0, more=_told(doubled, trials)
        )


def _run(plan, make_site, *, kills):
    """Import the file, killing the worker so often on the way: (what is left, how many kills hit it at work)."""
    dice = random.Random(kills)
    with make_site(plan) as (site, ask, change):
        path = longer_file(site.folder, COPIES)
        site.start_broker()
        worker = site.start_worker()
        site.start_beat()
        site.prepare("start", path)
        done = 0
        while done < kills:
            if not _wait_until_more(ask):
                break
            time.sleep(dice.uniform(0, 0.3))
            if ask(RUN)[0][0] == "done":
                break
            worker.kill()
            change(LEASE_IS_OVER)
            worker.start()
            done += 1
        _wait(lambda: ask(RUN)[0][0] == "done", site)
        return {name: Counter(map(str, ask(sql))) for name, sql in LEFT.items()}, done


def _wait_until_more(ask):
    """Whether a worker has written rows since; False when the import has ended."""
    before = ask(RUN)[0][1]
    _wait(lambda: ask(RUN)[0][0] == "done" or ask(RUN)[0][1] > before)
    return ask(RUN)[0][0] != "done"


def _wait(is_so, site=None):
    limit = time.monotonic() + SECONDS_MAX
    while not is_so():
        if time.monotonic() > limit:
            tails = "\n".join(process.last_lines() for process in site.processes) if site else ""
            raise AssertionError(f"nothing has happened for {SECONDS_MAX:.0f} seconds\n{tails}")
        time.sleep(0.02)


def _told(rows, trials):
    return ", ".join([trials, *(f"{number} {name}" for name, number in rows.items())])


@contextlib.contextmanager
def _sqlite_site(plan):
    with Site("", settings="tests.faults.settings", LOG_LEVEL="INFO") as site:
        path = site.folder / "faults.sqlite3"
        site.env["DATABASE_URL"] = f"sqlite:///{path}"
        site.manage("migrate", "--verbosity", "0")
        site.prepare("people_of_the_company")
        database = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            yield site, lambda sql: database.execute(sql).fetchall(), database.execute
        finally:
            database.close()


@contextlib.contextmanager
def _postgresql_site(plan):
    url = Databases(plan.server).empty_copy()
    with (
        Site(url, settings="tests.faults.settings", LOG_LEVEL="INFO") as site,
        psycopg.connect(url, autocommit=True) as database,
    ):
        yield site, lambda sql: database.execute(sql).fetchall(), database.execute
