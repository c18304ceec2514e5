"""The library searched: what a hundred times as many assets cost, on both databases, over HTTP and in turns."""

import contextlib
from itertools import cycle

import psycopg

from tests.bench import dataset
from tests.bench.databases import Databases
from tests.bench.measured import MeasuredSite
from tests.bench.report import at_least, at_most
from tests.bench.shelf import KEEPERS_QUERIES, QUERIES
from tests.bench.timing import p95_in_turns

FEW, MANY = 200, 20_000
EACH = len(QUERIES) + len(KEEPERS_QUERIES)
SAMPLES = 10 * EACH


def measure_library(plan):
    for engine, make_site in (("SQLite", _sqlite_site), ("PostgreSQL", _postgresql_site)):
        with make_site(plan, FEW) as small, make_site(plan, MANY) as large:
            many, few = p95_in_turns(_asking(large), _asking(small), samples=plan.pick(SAMPLES, EACH * 2))
            yield at_most(
                f"library p95 on {engine}: {MANY:,} / {FEW} assets", many / few, 1.5,
                more=f"{many * 1000:.1f} ms / {few * 1000:.1f} ms",
            )  # fmt: skip
            shown = large.rep(1).get(QUERIES[0]).text.count('class="card"')
            yield at_least(f"library on {engine}: cards of a common word", shown, 25)


def _asking(site):
    """One call asks for the next of the searches, so that both sides are asked for the same in turn: what everybody may
    ask as a rep, whose library is the narrower, the rest as who keeps it."""
    rep, keeper = site.client(dataset.FULL_REP), site.client("marketer1@bench.example")
    asked = cycle([(rep, query) for query in QUERIES] + [(keeper, query) for query in KEEPERS_QUERIES])

    def ask():
        who, query = next(asked)
        answer = who.get(query)
        if answer.status != 200:
            raise AssertionError(f"the library answered {answer.status}")
        return answer.seconds

    return ask


@contextlib.contextmanager
def _sqlite_site(plan, assets):
    with MeasuredSite("", {}) as site:
        site.env["DATABASE_URL"] = f"sqlite:///{site.folder / 'bench.sqlite3'}"
        site.manage("migrate", "--verbosity", "0")
        site.sessions = site.prepare("library", assets)
        site.start_web()
        yield site


@contextlib.contextmanager
def _postgresql_site(plan, assets):
    url = Databases(plan.server).empty_named(f"bench_library_{assets}")
    with MeasuredSite(url, {}) as site:
        site.manage("migrate", "--verbosity", "0")
        site.sessions = site.prepare("library", assets)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        site.start_web()
        yield site
