"""A site with a data set behind it, and its signed-in users."""

import contextlib
import sys

import psycopg

from tests.bench import dataset
from tests.bench.client import Client
from tests.bench.databases import Databases
from tests.bench.site import Site

_described = set()


class MeasuredSite(Site):
    """A site on a database of a known size; a client for each of its users."""

    def __init__(self, url, sessions):
        super().__init__(url, settings="tests.bench.settings")
        self.url, self.sessions = url, sessions

    def client(self, email):
        return Client(self.address, self.sessions[email])

    def rep(self, number):
        return self.client(f"bdr{number}@bench.example")

    def __exit__(self, *exc):
        for line in self.processes[0].last_lines(200).splitlines() if self.processes else []:
            if "Error" in line and not line.startswith(" "):
                print(f"# {line[:300]}", file=sys.stderr)
        super().__exit__(*exc)

    def sql(self, statement, *values):
        """Ask the database, or change it, beside the product."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def measured_site(plan, *, leads=None, writes=False, processes=1):
    """Run the product and its floor on so many leads; with `writes` on a copy that may be spoiled."""
    databases = Databases(plan.server)
    url = databases.sized(leads or plan.leads)
    if url not in _described:
        _described.add(url)
        with psycopg.connect(url) as connection:
            print(f"# {dataset.describe(connection)}", flush=True)
    if writes:
        url = databases.copy(url)
    with MeasuredSite(url, databases.sessions) as site:
        site.start_web(processes=processes)
        yield site
