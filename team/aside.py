"""Indexes and constraints that come and go while everybody works on, where the database can do that.

Each can be repeated: a `migrate` that was stopped goes on where it stopped when it is run again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# What keeps a page from waiting for ever. A plain migration keeps to them too: it fails fast, and whole.
LIMITS = ("lock_timeout", "statement_timeout")


class _Aside(Operation):
    """On SQLite, where one writes at a time anyway, the plain operation."""

    aside: Any
    plain: Any

    def _kind(self, schema_editor: Any) -> Any:
        return self.aside if schema_editor.connection.vendor == "postgresql" else self.plain

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._kind(schema_editor).database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._kind(schema_editor).database_backwards(self, app_label, schema_editor, *states)


class AddIndexAside(_Aside, AddIndexConcurrently):
    """In a migration that is not atomic."""

    aside, plain = AddIndexConcurrently, migrations.AddIndex

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        with _at_leisure(schema_editor.connection):
            if not _is_there(self.index.name, schema_editor):
                super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        with _at_leisure(schema_editor.connection):
            if _is_there(self.index.name, schema_editor):
                super().database_backwards(app_label, schema_editor, *states)


class RemoveIndexAside(_Aside, RemoveIndexConcurrently):
    """In a migration that is not atomic."""

    aside, plain = RemoveIndexConcurrently, migrations.RemoveIndex

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        with _at_leisure(schema_editor.connection):
            if _is_there(self.name, schema_editor):
                super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        with _at_leisure(schema_editor.connection):
            if not _is_there(self.name, schema_editor):
                super().database_backwards(app_label, schema_editor, *states)


class AddConstraintAside(_Aside, AddConstraintNotValid):
    """New rows keep to it from now on. A migration of its own looks at the old ones: see ValidateAside."""

    aside, plain = AddConstraintNotValid, migrations.AddConstraint


class ValidateAside(ValidateConstraint):
    """Looks at every row and stops nobody meanwhile. SQLite has looked when the constraint was added.

    In a migration that is not atomic: nothing is held any longer than the look takes.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            with _at_leisure(schema_editor.connection):
                super().database_forwards(app_label, schema_editor, *states)


@contextmanager
def _at_leisure(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """It waits for who has been reading for long, and takes as long as the table is large: nobody waits for it.

    Inside a transaction the limits come back with its end.
    """
    if connection.vendor != "postgresql":
        yield
        return
    in_transaction = connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(LIMITS)])
        were = cursor.fetchall()
        for name in LIMITS:
            cursor.execute("SELECT set_config(%s, '0', %s)", [name, in_transaction])
        try:
            yield
        finally:
            if not in_transaction:
                for name, milliseconds in were:
                    cursor.execute("SELECT set_config(%s, %s, false)", [name, milliseconds])


def _is_there(index: str, schema_editor: Any) -> bool:
    """Whether an earlier try has made it; what one that was stopped left unfinished is taken away."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor != "postgresql":
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s", [index])
            return cursor.fetchone() is not None
        name = schema_editor.quote_name(index)
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
        if found and not found[0]:
            cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
        return bool(found and found[0])
