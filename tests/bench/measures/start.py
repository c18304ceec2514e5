"""From a clean clone to the login page, with whatever the package cache of this machine holds; then once more."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.report import at_most
from tests.bench.site import ROOT, free_port

FIRST_MAX, SECOND_MAX = 90, 10
SECONDS_MAX = 300


def measure_start(plan):
    folder = Path(tempfile.mkdtemp(prefix="midfield-clone-"))
    try:
        clone = folder / "midfield"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        yield at_most("./run from a clean clone to the login page", _start(clone), FIRST_MAX, unit=" s")
        yield at_most("./run again to the login page", _start(clone), SECOND_MAX, unit=" s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(clone):
    """Seconds until the login page is there."""
    port = free_port()
    # Nothing of this process may tell the clone what its own files should.
    ours = ("DATABASE_URL", "VAR_DIR", "SECRET_KEY", "SUPPRESSION_PEPPER", "DJANGO_SETTINGS_MODULE", "SITE_URL")
    env = {name: value for name, value in os.environ.items() if name not in (*ours, "STATEMENT_TIMEOUT_SECONDS")}
    begun = time.perf_counter()
    with (clone.parent / "log").open("wb") as log:
        run = subprocess.Popen(["./run", "--port", str(port)], cwd=clone, env=env, stdout=log, stderr=log)
    try:
        while not _shows_login(port):
            seconds = time.perf_counter() - begun
            if run.poll() is not None or seconds > SECONDS_MAX:
                raise AssertionError(f"./run did not serve:\n{(clone.parent / 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        return time.perf_counter() - begun
    finally:
        run.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(60)
        run.kill()


def _shows_login(port):
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        web.request("GET", "/account/login/")
        return web.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        web.close()
