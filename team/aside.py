"""Indexes that are made and dropped while everybody works on: concurrently where the database can."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.state import ProjectState


class AddIndexAside(AddIndexConcurrently):
    """In a migration that is not atomic. On SQLite, where one writes at a time anyway, the plain operation."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        plain = schema_editor.connection.vendor != "postgresql"
        (migrations.AddIndex if plain else AddIndexConcurrently).database_forwards(
            self, app_label, schema_editor, *states
        )

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        plain = schema_editor.connection.vendor != "postgresql"
        (migrations.AddIndex if plain else AddIndexConcurrently).database_backwards(
            self, app_label, schema_editor, *states
        )


class RemoveIndexAside(RemoveIndexConcurrently):
    """As `AddIndexAside`."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        plain = schema_editor.connection.vendor != "postgresql"
        (migrations.RemoveIndex if plain else RemoveIndexConcurrently).database_forwards(
            self, app_label, schema_editor, *states
        )

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        plain = schema_editor.connection.vendor != "postgresql"
        (migrations.RemoveIndex if plain else RemoveIndexConcurrently).database_backwards(
            self, app_label, schema_editor, *states
        )
