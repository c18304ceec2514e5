"""What has to stand before Django reads its settings: a PostgreSQL server, a folder, the names of the environment."""

import contextlib
import os
import tempfile

import django

from tests.bench.site import SECRETS
from tests.postgres import throwaway_server


@contextlib.contextmanager
def environment():
    """Give the URL of a PostgreSQL server; Django is set up to use it."""
    with contextlib.ExitStack() as stack:
        given = os.environ.get("DATABASE_URL", "")
        server = given if given.startswith("postgres") else stack.enter_context(throwaway_server())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="midfield-bench-"))
        os.environ.update(
            SECRETS, DATABASE_URL=server, VAR_DIR=folder, DEBUG="False", REDIS_URL="", LOG_LEVEL="WARNING",
            SITE_URL="http://127.0.0.1:8000", STATEMENT_TIMEOUT_SECONDS="600",
            DJANGO_SETTINGS_MODULE="config.settings",
        )  # fmt: skip
        django.setup()
        yield server
