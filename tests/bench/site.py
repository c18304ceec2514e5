"""A whole installation made of real processes: broker, web, workers, beat, on a folder and ports of their own."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from config import broker
from config.guard import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
FIRST_PORT = 8831
SECRETS = {
    "SECRET_KEY": "a-key-for-measuring-only-" + "0" * 40,
    "SUPPRESSION_PEPPER": "a-pepper-for-measuring-only",
}
SECONDS_TO_START = 60.0


class Process:
    """One command in a process group of its own; `kill` is kill -9 of all of it."""

    def __init__(self, name, command, env, folder):
        self.name, self.command, self.env = name, command, env
        self.log = folder / f"{name}.log"
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command, env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0, preexec_fn=_end_with_us,
            )  # fmt: skip

    def kill(self):
        self._send(signal.SIGKILL)
        self.popen.wait()

    def stop(self, seconds=10.0):
        self._send(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(seconds)
        self.kill()

    def last_lines(self, count=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def _send(self, sign):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, sign)


class Site:
    """Processes that share a database and a folder; all of them are gone when the block ends."""

    def __init__(self, database_url, *, settings="config.settings", **env):
        shared_memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the folder, mode 700
        fast = shared_memory if os.access(shared_memory, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="midfield-site-", dir=fast))
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes = []
        self.env = {
            **os.environ, **SECRETS, "DATABASE_URL": database_url, "VAR_DIR": str(self.folder), "DEBUG": "False",
            "SITE_URL": self.address, "PORT": str(self.port), "LOG_LEVEL": "WARNING", "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": settings, **env,
        }  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            put_aside(process.log, self.folder.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def say_where_workers_stand(self):
        """Celery answers SIGUSR1 in its log, with the stack of every thread; a pool process would take it otherwise."""
        for process in self.processes:
            if " worker " in " ".join(process.command):
                # One that was killed says nothing more.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.popen.pid, signal.SIGUSR1)
        time.sleep(1)

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def prepare(self, *arguments):
        """Let the product's own actions prepare this site; what they answer."""
        command = [sys.executable, "-m", "tests.bench.prepare", *map(str, arguments)]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout)

    def run(self, name, *command, **env):
        process = Process(name, [sys.executable, "-m", *command], {**self.env, **env}, self.folder)
        self.processes.append(process)
        return process

    def start_web(self, *, processes=1):
        """gunicorn as `./run` starts it, with hashed static files."""
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        web = self.run(
            "web", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--no-control-socket",
            "--workers", str(processes), "--threads", "8", "--worker-tmp-dir", str(self.folder), "--timeout", "60",
        )  # fmt: skip
        self._wait(web, lambda: answers(self.port))
        return web

    def start_broker(self):
        command = broker.server_command(broker.find_server(), self.folder)
        process = Process("broker", command, self.env, self.folder)
        self.processes.append(process)
        self.env["REDIS_URL"] = broker.url_of_own_server(self.folder)
        self._wait(process, lambda: broker.answers(self.env["REDIS_URL"], seconds=0.1))
        return process

    def start_worker(self, name="worker", *, processes=2):
        return self.run(
            name, "celery", "--app", "config", "worker", "--loglevel", "WARNING", "--hostname", f"{name}@%h",
            "--concurrency", str(processes), REMAP_SIGTERM="SIGQUIT",
        )  # fmt: skip

    def start_beat(self, name="beat"):
        return self.run(
            name, "celery", "--app", "config", "beat", "--loglevel", "WARNING",
            "--scheduler", "celery.beat.Scheduler", "--pidfile", "",
        )  # fmt: skip

    def _wait(self, process, is_ready):
        limit = time.monotonic() + SECONDS_TO_START
        while not is_ready():
            if process.popen.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"The {process.name} did not start:\n{process.last_lines()}")
            time.sleep(0.05)


def put_aside(log, site):
    """Let a log outlive its site, until somebody knows whether the run it belongs to fell short."""
    folder = output_folder() / site
    folder.mkdir(parents=True, exist_ok=True)
    shutil.move(log, folder)


def output_folder():
    """Below the folder of the whole run (tests.bench.environment)."""
    return Path(os.environ["VAR_DIR"]) / "output"


def free_port():
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


def answers(port):
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        web.request("GET", "/healthz")
        return web.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        web.close()


def _end_with_us():
    die_with_parent(signal.SIGKILL)
