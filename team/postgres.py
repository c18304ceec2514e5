"""What only PostgreSQL can do. Correctness never rests on it: SQLite runs the same rules without.

The index classes keep the migration state equal on every database and emit nothing off PostgreSQL;
a conditional migration operation is not enough, because SQLite rebuilds tables from the state.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class PgGinIndex(GinIndex):
    """A GIN index on PostgreSQL, nothing elsewhere."""

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, *args: Any, **kwargs: Any
    ) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return ""
        return super().create_sql(model, schema_editor, *args, **kwargs)

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return ""
        return super().remove_sql(model, schema_editor, **kwargs)
