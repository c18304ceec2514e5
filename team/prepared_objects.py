"""Prepared lists of models: with what `select_related` and annotations bring along, compiled once a shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models.fetch_modes import FETCH_ONE
from django.db.models.query import get_related_populators

from team.prepared import Asked, Prepared


class PreparedObjects(Prepared):
    """As `Prepared`, for a QuerySet of one model."""

    def objects(self, *, shape: tuple[Any, ...] = (), **values: Any) -> list[Any]:
        return objects_of(self.ask(shape=shape, **values))


def objects_of(asked: Asked) -> list[Any]:
    """The answer to a `PreparedObjects` as objects."""
    compiled, rows = asked.compiled, asked.rows()
    if rows and compiled.make is None:
        compiled.make = _maker(compiled.compiler)
    return [compiled.make(row) for row in rows] if compiled.make else []


def _maker(compiler: Any) -> Callable[[tuple[Any, ...]], Any]:
    """What makes one object of a row, with all that comes along; the columns are told apart once."""
    info, select = compiler.klass_info, compiler.select
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    alias = connection.alias
    populators = get_related_populators(info, select, alias, FETCH_ONE)
    annotations = tuple(compiler.annotation_col_map.items())
    make = info["model"].from_db

    def made(row: tuple[Any, ...]) -> Any:
        one = make(alias, names, row[start:end])
        for populator in populators:
            populator.populate(row, one)
        for name, position in annotations:
            setattr(one, name, row[position])
        return one

    return made
