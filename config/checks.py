"""What the settings must not be."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

SUPPORTED_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


def check_database(**kwargs: Any) -> list[CheckMessage]:
    return refusals_of(settings.DATABASES["default"])


def refusals_of(database: dict[str, Any]) -> list[CheckMessage]:
    """SQLite takes its write lock when a transaction begins; nothing but SQLite and PostgreSQL is used.

    In SQLite's deferred mode two workers that both read and then write fail with "database is locked".
    """
    if database["ENGINE"] not in SUPPORTED_ENGINES:
        return [Error(f"{database['ENGINE']} is not supported. Use SQLite or PostgreSQL.", id="midfield.E001")]
    if database["ENGINE"] == SUPPORTED_ENGINES[1]:
        return []
    options = database.get("OPTIONS", {})
    errors: list[CheckMessage] = []
    if options.get("transaction_mode") != "IMMEDIATE":
        errors.append(Error("SQLite must run with transaction_mode=IMMEDIATE.", id="midfield.E002"))
    if "journal_mode=wal" not in options.get("init_command", "").replace(" ", "").lower():
        errors.append(Error("SQLite must run with journal_mode=WAL.", id="midfield.E003"))
    return errors
