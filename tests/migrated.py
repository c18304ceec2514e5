"""A test database that was migrated once is laid out again, by every worker and by later runs: migrating costs each
17 s of processor.

It is kept beside pytest's cache under a name made of all that decides what migrations do. What was laid out is migrated
as well, which finds nothing left to do.
"""

import ast
import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import psycopg
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.postgres import find_binaries

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".pytest_cache" / "migrated"
LOCK = ROOT / "requirements-dev.lock"


class Migrated:
    """The test database of this process. Of several workers one migrates, and the others wait for what it keeps."""

    _lock: IO[str] | None = None

    def __init__(self) -> None:
        self.path = FOLDER / f"{connection.vendor}-{_fingerprint()}"
        self.name: str = connection.creation._get_test_db_name()

    def lay_out(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._lock = (FOLDER / f"{connection.vendor}.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if not self.path.exists():
            return
        if connection.vendor == "sqlite":
            Path(self.name).write_bytes(self.path.read_bytes())
        else:
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
            _run("pg_restore", "--no-owner", "--single-transaction", "--dbname", self._url, self.path)

    def keep(self) -> None:
        """Once it is migrated, whether or not anything was laid out; the others go on."""
        if not self.path.exists():
            unfinished = FOLDER / f"unfinished-{os.getpid()}"
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM INTO %s", [str(unfinished)])
            else:
                connections.close_all()
                _run("pg_dump", "--format=custom", "--compress=0", "--file", unfinished, self._url)
            for older in FOLDER.glob(f"{connection.vendor}-*"):
                older.unlink()
            unfinished.rename(self.path)
        if self._lock:
            self._lock.close()

    @property
    def _url(self) -> str:
        return make_conninfo(os.environ["DATABASE_URL"], dbname=self.name)


def _run(program: str, *arguments: str | Path) -> None:
    subprocess.run([find_binaries() / program, *arguments], check=True)


def _fingerprint() -> str:
    """Of the migrations, of the project's modules they use and those these use, and of every version installed."""
    server = find_binaries() if connection.vendor == "postgresql" else sqlite3.sqlite_version
    found = hashlib.sha256(f"{sys.version} {server}".encode())
    for path in [LOCK, *sorted(_used_by(ROOT.glob("*/migrations/*.py")))]:
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:20]


def _used_by(paths: Iterable[Path]) -> set[Path]:
    left, found = list(paths), set[Path]()
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [one for name in _imported_in(path) for one in _files_of(name)]
    return found


def _imported_in(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files_of(name: str) -> list[Path]:
    place = ROOT.joinpath(*name.split("."))
    return [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
