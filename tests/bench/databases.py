"""PostgreSQL databases of the sizes asked for: an empty company is made once, and every other one is a copy.

On a throw-away server they go with it. On the server of DATABASE_URL they stay, named for what made them, so that
the next run finds them.
"""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from environ import Env

from tests.bench import company, dataset

ROOT = Path(__file__).resolve().parents[2]


class Databases:
    def __init__(self, server_url):
        self.server_url = server_url
        self.stamp = _stamp()
        self.sessions = {}

    def url(self, name):
        parts = urlsplit(self.server_url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    def sized(self, leads, **more):
        """The URL of a database with so many leads, made when it is not there yet."""
        name = "_".join(["bench", str(leads), *map(str, more.values()), self.stamp])
        if not self._exists(name):
            self._make(name, lambda url: dataset.fill(url, dataset.Shape(leads, **more)), template=self._empty())
        self._sign_in(name)
        return self.url(name)

    def empty_copy(self):
        """A company without leads, to write in."""
        return self.copy(self.url(self._empty()))

    def empty_named(self, name):
        """Nothing at all under this name, where several are measured at once."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connections.close_all()
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def fill_empty(self, url):
        """Make this database, which has nothing yet, one of a company without leads."""
        name = urlsplit(url).path.strip("/")
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._clone(self._empty(), name)

    def copy(self, url):
        """A copy to write in. The next one replaces it."""
        name = f"bench_copy_{self.stamp}"
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._clone(urlsplit(url).path.strip("/"), name)
        return self.url(name)

    def _empty(self):
        name = f"bench_empty_{self.stamp}"
        if not self._exists(name):
            self._make(name, _found, template="template1")
        return name

    def _make(self, name, fill, *, template):
        """A database gets its name when it is whole: one that was interrupted is not taken for it."""
        self._run("DROP DATABASE IF EXISTS bench_half_made WITH (FORCE)")
        self._clone(template, "bench_half_made")
        fill(self.url("bench_half_made"))
        connections.close_all()
        self._run(f"ALTER DATABASE bench_half_made RENAME TO {name}")

    def _sign_in(self, name):
        use(self.url(name))
        self.sessions = company.sign_in_all()
        connections.close_all()

    def _clone(self, source, target):
        connections.close_all()
        self._run(f"CREATE DATABASE {target} TEMPLATE {source}")

    def _exists(self, name):
        with psycopg.connect(self.server_url, autocommit=True) as server:
            return bool(server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())

    def _run(self, sql):
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(sql)


def use(url):
    """Point this process's Django at another database."""
    connections.close_all()
    where = Env.db_url_config(url)
    connection.settings_dict.update(NAME=where["NAME"], HOST=where["HOST"])
    connection.settings_dict["OPTIONS"].update(where.get("OPTIONS", {}))


def _found(url):
    use(url)
    call_command("migrate", interactive=False, verbosity=0)
    company.make_company()


def _stamp():
    """Changes with the migrations and with what writes the data."""
    files = [
        *sorted(ROOT.glob("*/migrations/0*.py")),
        *sorted(Path(dataset.__file__).parent.glob("*.py")),
        Path(company.__file__),
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    return digest.hexdigest()[:10]
