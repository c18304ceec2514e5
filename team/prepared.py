"""A list that is asked for all day is compiled once.

Building a large QuerySet and turning it into SQL costs several times what the database needs to answer it. A `Prepared`
keeps the SQL of a QuerySet and puts other values into it; what is asked stays written as a QuerySet, once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from psycopg.sql import Literal
from psycopg.types.numeric import Int8

# Values that no row and no rule has, so that each is recognised in the compiled parameters.
FIRST_NUMBER = 7_900_000_000_000
FIRST_MOMENT = datetime(1907, 3, 1, tzinfo=UTC)
MARKED_YEARS = ("1906", "1907", "1908", "1909")
# A zone where it is another day than in UTC at most moments.
FAR_AWAY = "Pacific/Kiritimati"
LIST_STEP = 8
# As many shapes of one list are kept compiled, and as many plans by one connection; the driver would keep 100.
KEPT_MAX = 200
NO_VALUE = "A prepared query compares with a value; that there is none is asked by another shape."


type Hole = tuple[int, str, int]


@dataclass
class _Compiled:
    sql: str
    params: tuple[Any, ...]
    # Where in `params` which value goes: position, name, place in its list.
    holes: tuple[Hole, ...]
    compiler: Any
    converters: Any
    # What makes objects of its rows, once it was asked for them; see PreparedObjects.
    make: Callable[[tuple[Any, ...]], Any] | None = None


@dataclass
class Asked:
    """A statement that was sent."""

    compiled: _Compiled
    cursor: Any

    def rows(self) -> list[tuple[Any, ...]]:
        """Its answer; there is one only once."""
        with self.cursor as cursor:
            found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        if self.compiled.converters:
            return [tuple(row) for row in self.compiled.compiler.apply_converters(found, self.compiled.converters)]
        return list(found)


@contextmanager
def in_one_trip() -> Iterator[None]:
    """What is asked inside is sent at once and answered in one trip to the database, where it can do that.

    Of PostgreSQL's pipeline mode: a trip saved is a tenth of a millisecond on one machine and as long as the network
    takes between two.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, cast(Any, connection.connection).pipeline():
        yield


class _PlannedOnce(psycopg.RawCursor[Any]):
    """Has the server keep its plan, and itself does not read the statement anew to number its parameters."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(_numbered(query), params, prepare=True, **options)


@lru_cache(maxsize=4 * KEPT_MAX)
def _numbered(sql: str) -> bytes:
    """As PostgreSQL itself writes parameters: $1 for the first."""
    numbers = itertools.count(1)
    return re.sub(r"%s|%%", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", sql).encode()


class Prepared:
    """`build` makes the QuerySet (of tuples) from values by name: numbers, moments, UUIDs, and lists of numbers.

    It is called once for each shape: the length of the lists, rounded up, and `shape`, whatever else it depends on.
    It must not look at the values, only pass them on; only those of `may_skip` may be left out in some shape. None is
    no value, and a day is none of a moment: it depends on the reader's zone.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *, may_skip: Iterable[str] = ()) -> None:
        self.build = build
        self.may_skip = frozenset(may_skip)
        self.kept: dict[tuple[Any, ...], _Compiled] = {}

    def rows(self, *, shape: tuple[Any, ...] = (), **values: Any) -> list[tuple[Any, ...]]:
        return self.ask(shape=shape, **values).rows()

    def ask(self, *, shape: tuple[Any, ...] = (), **values: Any) -> Asked:
        """Asks now, and has the answer when it is wanted: see `in_one_trip`."""
        values = {name: _filled(value) for name, value in values.items()}
        compiled = self._compiled(shape, values)
        params = list(compiled.params)
        for position, name, place in compiled.holes:
            value = values[name]
            params[position] = _adapted(value[place] if isinstance(value, tuple) else value, like=params[position])
        cursor = planned_cursor()
        cursor.execute(compiled.sql, params)
        return Asked(compiled, cursor)

    def _compiled(self, shape: tuple[Any, ...], values: dict[str, Any]) -> _Compiled:
        lengths = tuple(len(value) if isinstance(value, tuple) else -1 for value in values.values())
        key = (connection.vendor, shape, tuple(values), lengths)
        compiled = self.kept.get(key)
        if compiled is None:
            # Two threads that do this at the same moment write the same.
            compiled = self.kept[key] = self._compile(shape, values)
            for oldest in list(self.kept)[:-KEPT_MAX]:
                # Whoever asks for it again compiles it again.
                self.kept.pop(oldest, None)
        return compiled

    def _compile(self, shape: tuple[Any, ...], values: dict[str, Any]) -> _Compiled:
        marks: dict[str, Any] = {}
        places: dict[Any, tuple[str, int]] = {}
        count = 0
        for name, value in values.items():
            many = value if isinstance(value, tuple) else (value,)
            made = []
            for place, one in enumerate(many):
                if one is None and name not in self.may_skip:
                    raise ValueError(NO_VALUE)
                count += 1
                mark: Any = FIRST_NUMBER + count
                if isinstance(one, datetime):
                    mark = FIRST_MOMENT + timedelta(days=count)
                made.append(mark)
                places[mark] = places[str(mark)] = (name, place)
                if isinstance(one, UUID):
                    # A UUID field takes a number, and gives the database what it takes for a UUID.
                    places[UUID(int=mark)] = places[UUID(int=mark).hex] = (name, place)
                if isinstance(mark, datetime):
                    places[connection.ops.adapt_datetimefield_value(mark)] = (name, place)
            marks[name] = made if isinstance(value, tuple) else made[0]
        rows = self.build(*shape, **marks)
        with timezone.override("UTC"):
            compiler = rows.query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
        with timezone.override(FAR_AWAY):
            elsewhere = rows.query.get_compiler(connection=connection).as_sql()
        if str((sql, params)) != str(elsewhere):
            raise ValueError("A prepared query asks for moments, not for days: whose zone they are in would be kept.")
        holes = tuple(
            (position, *places[param])
            for position, param in enumerate(params)
            if isinstance(param, int | str | datetime | UUID) and not isinstance(param, bool) and param in places
        )
        if any(str(param)[:4] in MARKED_YEARS and param not in places for param in params if _is_moment(param)):
            raise ValueError("A prepared query passes its moments on; it does not reckon with them.")
        if set(values) - {name for _position, name, _place in holes} - self.may_skip:
            raise ValueError("A prepared query uses each of its values as they are given.")
        fields = [selected[0] for selected in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(fields)
        if connection.vendor == "postgresql":
            sql, params, holes = _with_constants(sql, params, holes)
            # A number is sent as a bigint, small as it may be.
            params = [Int8(param) if isinstance(param, int) else param for param in params]
        return _Compiled(sql, tuple(params), holes, compiler, converters)


def _with_constants(sql: str, params: Sequence[Any], holes: Sequence[Hole]) -> tuple[str, list[Any], tuple[Hole, ...]]:
    """What never changes is written into the statement: a kept plan can use a partial index only if it sees "open".

    A value that the statement names a dozen times is one parameter of it, except a word: the type of that is where it
    stands.
    """
    connection.ensure_connection()
    by_position = {position: (name, place) for position, name, place in holes}
    kept: list[Any] = []
    moved: list[Hole] = []
    known: dict[tuple[str, int], int] = {}
    numbers = iter(range(len(params)))

    def written(found: re.Match[str]) -> str:
        if found[0] != "%s":
            return found[0]
        position = next(numbers)
        if position in by_position:
            value, number = by_position[position], len(kept)
            if not isinstance(params[position], str):
                number = known.setdefault(value, number)
            if number == len(kept):
                moved.append((number, *value))
                kept.append(params[position])
            return f"${number + 1}"
        return Literal(params[position]).as_string(connection.connection).replace("%", "%%")

    return re.sub(r"%s|%%", written, sql), kept, tuple(moved)


def planned_cursor() -> Any:
    """A cursor under which PostgreSQL keeps its plan as well: planning these costs more than reading their rows.

    Give it one type for a parameter, always: each other one makes another plan (see `_adapted`).
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    driver = cast(Any, connection.connection)
    driver.prepared_max = KEPT_MAX
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(cast(Any, _PlannedOnce(driver)))


def _is_moment(param: Any) -> bool:
    return isinstance(param, str | datetime)


def _filled(value: Any) -> Any:
    """A list rounded up in length by what changes nothing: its last number again. One alone stays an equality."""
    if not isinstance(value, list | tuple):
        return value
    numbers = tuple(value) or (-1,)
    return numbers if len(numbers) == 1 else numbers + (numbers[-1],) * (-len(numbers) % LIST_STEP)


def _adapted(value: Any, *, like: Any) -> Any:
    """The value as the database's driver was given the one that stood there."""
    if value is None:
        raise ValueError(NO_VALUE)
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID):
        return value.hex if isinstance(like, str) else value
    return type(like)(value) if isinstance(like, int) else value
