"""Rows are compared with what we know before the transaction; in it, what they change must still be as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.actions.matching.circle import Circle, Values, columns_of
from accounts.models import Account, Employment, Person


def is_as_read(circle: Circle) -> bool:
    """Lock what the rows change, in id order, and say whether nobody has changed it since it was read.

    What is added instead of changed is watched by unique constraints.
    """
    accounts = {known.row.pk: known.as_read for known in circle.changed_accounts}
    people = {known.row.pk: known.as_read for known in circle.changed_people}
    jobs = {
        known.job_as_read[0]: known.job_as_read
        for known in circle.changed_people
        if known.job_as_read and (known.job_is_changed or known.left)
    }
    asked = ((Account, accounts), (Person, people), (Employment, jobs))
    return all(dict(_now(model, was)) == was for model, was in asked if was)


def _now(model: Any, was: dict[int, Values]) -> Iterator[tuple[int, Values]]:
    rows = model.objects.select_for_update().filter(pk__in=was).order_by("pk")
    for values in rows.values_list(*columns_of(model)):
        yield values[0], values
