"""Who somebody is, by whichever row she was known: rows are merged, and old letters name the old one. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import BigIntegerField, Case, F, Func, When

from accounts.models import Person


class _EndOfMerges(Func):
    """Follows the merges of one row by their keys, on either database."""

    template = (
        "(WITH RECURSIVE one(id, into_id) AS ("
        "SELECT id, merged_into_id FROM accounts_person WHERE id = %(expressions)s "
        "UNION ALL SELECT next.id, next.merged_into_id FROM accounts_person AS next JOIN one ON next.id = one.into_id"
        ") SELECT one.id FROM one WHERE one.into_id IS NULL)"
    )
    output_field = BigIntegerField()


def row_today(path: str = "person") -> Case:
    """As a column of a query: the row that whoever stands at `path` is today, however often she was merged. What came
    of somebody later, a meeting, a deal, a job, is kept there, and letters and enrolments stay with the row they were
    of."""
    hers: Any = F(f"{path}_id")
    return Case(When(**{f"{path}__merged_into": None}, then=hers), default=_EndOfMerges(hers))


def living(person: Person) -> Person:
    """The row that she is today, however often she was merged."""
    while person.merged_into is not None:
        person = person.merged_into
    return person


def living_of(people: Collection[int]) -> dict[int, int]:
    """By row the row that she is today."""
    found = {pk: pk for pk in people}
    while moved := {
        row: into
        for row, into in Person.objects.filter(pk__in=set(found.values()), merged_into__isnull=False).values_list(
            "pk", "merged_into"
        )
        if into is not None
    }:
        found = {pk: moved.get(now, now) for pk, now in found.items()}
    return found


def rows_of(people: Collection[int]) -> dict[int, int]:
    """These, and every row that was merged into one of them: by row whose it is."""
    same = {person: person for person in people}
    found_lately = list(same)
    while found_lately:
        merged = Person.objects.filter(merged_into__in=found_lately).values_list("pk", "merged_into")
        newly = {pk: same[into] for pk, into in merged if into is not None and pk not in same}
        same |= newly
        found_lately = list(newly)
    return same
