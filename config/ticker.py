"""Due work without a broker: the same ticks, one after the other, in one thread of `./run`.

For somebody's own machine where no Valkey binary exists; production refuses it.
"""

import threading
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from celery.schedules import BaseSchedule, maybe_schedule
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from config.celery import app

logger = structlog.get_logger(__name__)
LOCK_KEY = 0x4D696466  # "Midf"


class Ticker(threading.Thread):
    """Rings every entry of the schedule when it is due, while this process alone holds the database's lock."""

    def __init__(self) -> None:
        super().__init__(name="ticker", daemon=True)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        app.loader.import_default_modules()
        schedule: dict[str, BaseSchedule] = {
            name: cast(BaseSchedule, maybe_schedule(entry["schedule"]))
            for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
        }
        last = dict.fromkeys(schedule, datetime.now(UTC))
        while not self._stopped.wait(1.0):
            close_old_connections()
            try:
                if not _holds_lock():
                    continue
            except DatabaseError as error:
                logger.warning("ticker_waits_for_database", error=str(error))
                connection.close()
                continue
            for name, due in schedule.items():
                if not self._stopped.is_set() and due.is_due(last[name]).is_due:
                    last[name] = datetime.now(UTC)
                    self._ring(settings.CELERY_BEAT_SCHEDULE[name])

    def _ring(self, entry: dict[str, Any]) -> None:
        result = app.tasks[entry["task"]].apply(args=entry.get("args", ()), kwargs=entry.get("kwargs", {}))
        if result.failed():
            logger.error("tick_failed", task=entry["task"], error=str(result.result), traceback=result.traceback)


def _holds_lock() -> bool:
    """PostgreSQL keeps an advisory lock with the session, and taking it again is free.

    SQLite's lock is that of var/, where its file lies; `./run` holds it already.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND classid = 0"
            " AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s)",
            [LOCK_KEY, LOCK_KEY],
        )
        return bool(cursor.fetchone()[0])
