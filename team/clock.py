"""The database's clock, by which everything due is decided: a worker whose own clock is wrong does nothing early."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The moment now in UTC. SQLite runs inside this process and has no clock but the machine's."""
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)
