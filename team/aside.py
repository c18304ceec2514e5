"""Indexes and constraints that come and go while everybody works on, where the database can do that."""

from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


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


class RemoveIndexAside(_Aside, RemoveIndexConcurrently):
    """In a migration that is not atomic."""

    aside, plain = RemoveIndexConcurrently, migrations.RemoveIndex


class AddConstraintAside(_Aside, AddConstraintNotValid):
    """New rows keep to it from now on. A migration of its own looks at the old ones: see ValidateAside."""

    aside, plain = AddConstraintNotValid, migrations.AddConstraint


class ValidateAside(ValidateConstraint):
    """Looks at every row and stops nobody meanwhile. SQLite has looked when the constraint was added."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)
