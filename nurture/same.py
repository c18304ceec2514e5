"""Who somebody is, by whichever row she was known: rows are merged, and old letters name the old one. Reads only."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import Person


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
