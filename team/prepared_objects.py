"""Prepared lists of models: with what `select_related` and annotations bring along, compiled once a shape."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models.fetch_modes import FETCH_ONE
from django.db.models.query import get_related_populators

from team.prepared import Prepared, _filled


class PreparedObjects(Prepared):
    """As `Prepared`, for a QuerySet of one model."""

    def objects(self, *, shape: tuple[Any, ...] = (), **values: Any) -> list[Any]:
        rows = self.rows(shape=shape, **values)
        if not rows:
            return []
        compiler = self._compiled(shape, {name: _filled(value) for name, value in values.items()}).compiler
        info, select = compiler.klass_info, compiler.select
        start, end = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in select[start:end]]
        populators = get_related_populators(info, select, connection.alias, FETCH_ONE)
        found = []
        for row in rows:
            one = info["model"].from_db(connection.alias, names, row[start:end])
            for populator in populators:
                populator.populate(row, one)
            for name, position in compiler.annotation_col_map.items():
                setattr(one, name, row[position])
            found.append(one)
        return found
