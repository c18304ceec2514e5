"""Rows of plain values into one table, at the speed of the database.

`bulk_create` makes an object a row and asks each of its fields four times; an import writes seven rows a line of its
file. Here a row is a tuple. Constraints hold as ever; defaults of the model do not: every column is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from psycopg.types.numeric import Int8

from team.prepared import planned_cursor

ROWS_MOST = 500
# Which values of a row the database wants in another form.
Adapters = tuple[tuple[int, Callable[[Any], Any]], ...]


def rows_that_fit(rows: int, wrote: int, held_for: float, *, seconds: float, least: int, most: int) -> int:
    """How many rows to write next, where one writes at a time and others wait: what fits into so many seconds.

    `rows` were meant to be written last time, `wrote` of them held the database so long. It goes half way to what
    would have fitted: one slow commit says little.
    """
    fitting = round(wrote * seconds / max(held_for, 0.001))
    return min(max((rows + fitting) // 2, least), most)


def insert_rows(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], *, ids: bool = False
) -> list[int]:
    """Insert these rows, in this order; with `ids`, the ids they were given, in the same order."""
    if not rows:
        return []
    # One row is what an act writes, all day; many are another statement for every number of them.
    is_planned = len(rows) == 1
    table, adapters = _plan(model, columns, connection.vendor, is_planned)
    if adapters:
        rows = [_adapted(row, adapters) for row in rows]
    most = min(ROWS_MOST, (connection.features.max_query_params or 60_000) // len(columns))
    given: list[int] = []
    with planned_cursor() if is_planned else connection.cursor() as cursor:
        if connection.vendor == "sqlite" and not ids:
            cursor.executemany(f"{table} VALUES {_marks(len(columns), 1)}", rows)
            return given
        for first in range(0, len(rows), most):
            part = rows[first : first + most]
            tail = " RETURNING id" if ids else ""
            values = [value for row in part for value in row]
            cursor.execute(f"{table} VALUES {_marks(len(columns), len(part))}{tail}", values)
            if ids:
                given += [pk for (pk,) in cursor.fetchall()]
    return given


def insert_unless_there(model: type[models.Model], columns: tuple[str, ...], row: tuple[Any, ...]) -> bool:
    """Insert this row, and whether it was: what one with its key stands in the way of is no error, and needs no
    savepoint. Where another is writing that key at this moment, it waits for how that ends."""
    head, adapters = _plan(model, columns, connection.vendor, True)
    with planned_cursor() as cursor:
        cursor.execute(f"{head} VALUES {_marks(len(columns), 1)} ON CONFLICT DO NOTHING", _adapted(row, adapters))
        return bool(cursor.rowcount)


def insert_objects(objects: Sequence[models.Model]) -> None:
    """Insert these objects of one model, whose every column is set; each has its id afterwards."""
    if not objects:
        return
    model = type(objects[0])
    key, *columns = (field.attname for field in model._meta.concrete_fields)
    rows = [tuple(_plain(one.__dict__[name]) for name in columns) for one in objects]
    for one, pk in zip(objects, insert_rows(model, tuple(columns), rows, ids=True), strict=True):
        setattr(one, key, pk)
        one._state.adding = False


def _plain(value: Any) -> Any:
    """A choice is written as its value; psycopg would write its name."""
    return value.value if isinstance(value, Enum) else value


def update_row(model: type[models.Model], pk: int, values: dict[str, Any]) -> None:
    """Write these columns of one row, by the names of its attributes."""
    statement, adapters = _update_plan(model, ("id", *values), connection.vendor, True)
    row: tuple[Any, ...] = (pk, *map(_plain, values.values()))
    row = _adapted(row, adapters) if adapters else row
    with planned_cursor() as cursor:
        cursor.execute(statement, (*row[1:], row[0]))


def update_rows(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write these columns of rows that exist; the first column is the key."""
    if not rows:
        return
    statement, adapters = _update_plan(model, columns, connection.vendor, False)
    adapted = [_adapted(row, adapters) for row in rows] if adapters else rows
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*row[1:], row[0]) for row in adapted])


def _adapted(row: tuple[Any, ...], adapters: Adapters) -> tuple[Any, ...]:
    values = list(row)
    for at, adapt in adapters:
        values[at] = adapt(values[at])
    return tuple(values)


@lru_cache(maxsize=64)
def _plan(model: type[models.Model], columns: tuple[str, ...], vendor: str, is_planned: bool) -> tuple[str, Adapters]:
    """The head of the statement, and which values the database wants in another form."""
    table, names, adapters = _columns(model, columns, vendor, is_planned)
    return f"INSERT INTO {table} ({', '.join(names)})", adapters


@lru_cache(maxsize=64)
def _update_plan(
    model: type[models.Model], columns: tuple[str, ...], vendor: str, is_planned: bool
) -> tuple[str, Adapters]:
    table, (key, *names), adapters = _columns(model, columns, vendor, is_planned)
    values = ", ".join(f"{name} = %s" for name in names)
    # Only names of our own models are put into the statement.
    return f"UPDATE {table} SET {values} WHERE {key} = %s", adapters  # noqa: S608 # nosec B608


def _columns(
    model: type[models.Model], columns: tuple[str, ...], vendor: str, is_planned: bool
) -> tuple[str, list[str], Adapters]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    found = ((at, _adapter(fields[name], vendor, is_planned)) for at, name in enumerate(columns))
    adapters = tuple((at, adapt) for at, adapt in found if adapt)
    return quote(model._meta.db_table), [quote(fields[name].column or name) for name in columns], adapters


def _adapter(field: Any, vendor: str, is_planned: bool) -> Callable[[Any], Any] | None:
    if isinstance(field, models.JSONField):
        return _as_json
    if vendor == "sqlite" and isinstance(field, models.UUIDField):
        return lambda value: value.hex
    if isinstance(field, models.DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, models.DateField):
        return connection.ops.adapt_datefield_value
    if is_planned and vendor == "postgresql" and isinstance(field, models.IntegerField | models.ForeignKey):
        return _as_bigint
    return None


def _as_bigint(value: Any) -> Any:
    """One type whatever the size, so that a statement has one plan; the column takes it as it is."""
    return value if value is None else Int8(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


@lru_cache(maxsize=256)
def _marks(columns: int, rows: int) -> str:
    return ", ".join(["(" + ", ".join(["%s"] * columns) + ")"] * rows)
