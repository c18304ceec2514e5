"""The database server falls in the middle of everything (F11), and a copy of the database is started elsewhere (F35).

What was answered is there afterwards, nothing is done twice, and a copy sends nothing until somebody says so.
"""

import contextlib
import random
import subprocess
import time
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.bench.client import Client
from tests.bench.dataset.shape import FULL_REP
from tests.bench.report import at_most, exactly
from tests.faults.waking import AT_WORK, house, lines
from tests.postgres import find_binaries, own_server

# Whoever is told that it is committed finds it after a fall.
DURABLE = {"synchronous_commit": "on", "full_page_writes": "on"}
LETTERS = 60
RECOVERS_SECONDS = 5.0
# Some are looked at each second, until the last fall.
SPREAD = "UPDATE leads_lead SET sweep_at = now() + (id %% %s) * interval '1 second' WHERE sweep_at <= now()"
# On another machine beside which one was just seen, it waits instead to be let.
STOPPED = """SELECT CASE WHEN stopped_because <> '' THEN stopped_because
    WHEN EXISTS (SELECT 1 FROM nurture_sendinghost WHERE let_at IS NULL) THEN 'waits' ELSE '' END
    FROM nurture_mailrules"""
LEFT = "SELECT count(*) FROM nurture_message WHERE state = 'planned'"


def inject_database_stops(plan):
    stops, seconds, dice, waits = plan.pick(30, 5), 6, random.Random(11), []
    with (
        own_server(**DURABLE) as server,
        house(replace(plan, server=server.url), ["good"] * LETTERS * stops) as (post, night),
    ):
        post.connection = night.connection = _Steady(night.url)
        post.connection.execute("UPDATE nurture_message SET due_at = now() + interval '1 day'")
        post.connection.execute(SPREAD, [stops * seconds])
        night.site.start_worker()
        night.site.start_beat()
        night.site.start_web()
        client = Client(night.site.address, night.sessions[FULL_REP])
        for _stop in range(stops):
            post.release(LETTERS)
            _wait_for_work(post)
            time.sleep(dice.uniform(0, 0.5))
            server.stop_immediately()
            time.sleep(dice.uniform(0, 1))
            server.start()
            waits.append(_seconds_until_served(client))
            time.sleep(dice.uniform(0, seconds - 2))
        post.release(LETTERS * stops)
        night.wait_until_awake()
        post.wait_until_done()
        states = post.states()
        yield from post.lines("letters, database stopped", f"{stops} stops, {LETTERS * stops:,} letters")
        # Each of the worker's two processes may have been in the middle of one.
        yield at_most("letters, database stopped: unknown", states["unknown"], 2 * stops, more=str(dict(states)))
        yield at_most("database stopped: longest wait for a page afterwards", max(waits), RECOVERS_SECONDS, unit=" s")
        yield from lines("wakes, database stopped", f"{stops} stops", *night.verdict())


def inject_restore(plan):
    """Of what is sent after the copy was made, the copy knows nothing; on the same machine and on another one."""
    sent, stopped, moved, lost, doubled, broken, trials = 0, [], 0, 0, 0, {}, plan.pick(3, 1)
    for trial in range(trials):
        with house(plan, ["good"] * 600) as (post, night):
            night.site.start_worker()
            night.site.start_beat()
            post.wait_until(lambda post=post: len(post.sink.taken) > 100)
            copy = night.site.folder / "copy"
            _run("pg_dump", "--format=custom", f"--file={copy}", night.url)
            post.wait_until_done()
            for process in night.site.processes:
                process.kill()
            before = len(post.sink.taken)
            with own_server() as other, _restored(other, copy) as (url, connection):
                night.url, night.connection = url, connection
                moved += night.ask(LEFT)
                elsewhere = trial % 2 == 1
                _start_copy(night, elsewhere=elsewhere)
                night.wait_until_awake()
                stopped.append(night.ask(STOPPED) in ("restored", "waits" if elsewhere else "restored"))
                found = night.verdict()
                lost, doubled, broken = lost + found[0], doubled + found[1], broken | found[2]
            sent += len(post.sink.taken) - before
    said = f"{trials} copies with {moved:,} letters they take for unsent"
    yield exactly("copy of the database started: letters sent", sent, 0, more=said)
    yield exactly("copy of the database started: its mail is stopped, or waits to be let", sum(stopped), trials)
    yield from lines("wakes, copy of the database", f"{trials} copies", lost, doubled, broken)


class _Steady:
    """A connection that is made again while the server is away."""

    def __init__(self, url):
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)

    def execute(self, *statement):
        limit = time.monotonic() + 60
        while True:
            try:
                return self.connection.execute(*statement)
            except psycopg.OperationalError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.05)
                with contextlib.suppress(psycopg.OperationalError):
                    self.connection = psycopg.connect(self.url, autocommit=True)


def _wait_for_work(post):
    limit = time.monotonic() + 10
    while not post.ask(AT_WORK) and time.monotonic() < limit:
        time.sleep(0.01)


def _seconds_until_served(client):
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        with contextlib.suppress(OSError):
            if client.get("/").status == 200:
                break
        time.sleep(0.05)
    return time.monotonic() - begun


@contextlib.contextmanager
def _restored(server, copy):
    with psycopg.connect(server.url, autocommit=True) as first:
        first.execute("CREATE DATABASE restored")
    url = urlunsplit(urlsplit(server.url)._replace(path="/restored"))
    _run("pg_restore", "--exit-on-error", f"--dbname={url}", str(copy))
    with psycopg.connect(url, autocommit=True) as connection:
        yield url, connection


def _start_copy(night, *, elsewhere):
    site = night.site
    site.env["DATABASE_URL"] = night.url
    if elsewhere:
        folder = site.folder / "elsewhere"
        folder.mkdir()
        site.env["VAR_DIR"] = str(folder)
    night.broker.start()
    site.start_worker("worker_of_the_copy")
    site.start_beat("beat_of_the_copy")


def _run(program, *arguments):
    subprocess.run([find_binaries() / program, *arguments], check=True, capture_output=True, text=True)
