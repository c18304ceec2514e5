"""Indexes that are made and dropped while everybody works on: concurrently where the database can."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class _Aside(Operation):
    """In a migration that is not atomic. On SQLite, where one writes at a time anyway, the plain operation."""

    aside: Any
    plain: Any

    def _kind(self, schema_editor: Any) -> Any:
        return self.aside if schema_editor.connection.vendor == "postgresql" else self.plain

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._kind(schema_editor).database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._kind(schema_editor).database_backwards(self, app_label, schema_editor, *states)


class AddIndexAside(_Aside, AddIndexConcurrently):
    aside, plain = AddIndexConcurrently, migrations.AddIndex


class RemoveIndexAside(_Aside, RemoveIndexConcurrently):
    aside, plain = RemoveIndexConcurrently, migrations.RemoveIndex
