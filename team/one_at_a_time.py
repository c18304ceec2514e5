"""Rows of one owner whose spans of time must not overlap: refused by the database.

PostgreSQL has a constraint for that. Of number ranges it needs no extension, as of plain numbers it would. SQLite has
triggers, which name the constraint; Django makes them anew whenever it rebuilds the table.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Statement, Table

EXCLUDE = (
    "CONSTRAINT %(name)s EXCLUDE USING gist "
    "(int8range(%(owner)s, %(owner)s, '[]') WITH &&, tstzrange(%(first)s, %(last)s) WITH &&)"
)
TRIGGER = (
    "CREATE TRIGGER {name}_{verb} BEFORE {verb} ON %(table)s WHEN EXISTS ("
    "SELECT 1 FROM %(table)s other WHERE other.{owner} = NEW.{owner} AND other.id <> COALESCE({old}, -1) "
    "AND other.{first} < NEW.{last} AND other.{last} > NEW.{first}) "
    "BEGIN SELECT RAISE(ABORT, '{name}'); END"
)


class OneAtATime(models.BaseConstraint):
    """From `first` until before `last`, of each `owner`."""

    # Tests of constraints tell by it what SQLite's refusal names.
    fields = ()

    def __init__(self, *, name: str, owner: str, first: str, last: str, **more: Any) -> None:
        super().__init__(name=name, **more)
        self.owner, self.first, self.last = owner, first, last

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """As a part of a new table; on SQLite nothing, but triggers once the table is there."""
        if schema_editor.connection.vendor == "postgresql":
            return EXCLUDE % self._names(model, schema_editor)
        schema_editor.deferred_sql += self._triggers(model, schema_editor)
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            table = schema_editor.quote_name(model._meta.db_table)
            return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"
        first, second = self._triggers(model, schema_editor)
        schema_editor.deferred_sql.append(second)
        return first

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """On SQLite the table is made anew without it."""
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """For a form that writes the row."""
        first, last = getattr(instance, self.first), getattr(instance, self.last)
        owner = getattr(instance, model._meta.get_field(self.owner).attname)
        if None in (first, last, owner) or {self.owner, self.first, self.last} & set(exclude or ()):
            return
        wanted = {self.owner: owner, f"{self.first}__lt": last, f"{self.last}__gt": first}
        if model._default_manager.using(using).filter(**wanted).exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> Any:
        _path, args, kwargs = super().deconstruct()
        more = {"owner": self.owner, "first": self.first, "last": self.last}
        return "team.one_at_a_time.OneAtATime", args, kwargs | more

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneAtATime) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((self.name, self.owner, self.first, self.last))

    def _triggers(self, model: Any, schema_editor: Any) -> list[Statement]:
        """They follow their table when it is renamed."""
        columns = {
            name: f'"{model._meta.get_field(field).column}"'
            for name, field in (("owner", self.owner), ("first", self.first), ("last", self.last))
        }
        found = []
        for verb, old in (("INSERT", "NULL"), ("UPDATE", "OLD.id")):
            text = TRIGGER.format(name=self.name, verb=verb, old=old, **columns)
            found.append(Statement(text, table=Table(model._meta.db_table, schema_editor.quote_name)))
        return found

    def _names(self, model: Any, schema_editor: Any) -> dict[str, str]:
        quote = schema_editor.quote_name
        fields = {"owner": self.owner, "first": self.first, "last": self.last}
        columns = {name: quote(model._meta.get_field(field).column) for name, field in fields.items()}
        return columns | {"name": quote(self.name)}
