"""In which order whoever writes of somebody holds what is hers: her leads by key, then she, then her addresses."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from accounts.models import Person
from leads.models import Lead


def hold_her(person_id: int, *, besides: int | None = None) -> Person:
    """All her leads, then she, until the transaction ends: whoever writes of her after this waits for nobody whom she
    keeps waiting. Also a lead that is over, with which words are kept. `besides`: one lead more.

    Before the first of them is written to or locked. Her addresses come after it: see `lock_addresses`. Returns the row
    that she is today, which whoever asks writes of: it may be another one than was asked for, as rows are merged.
    """
    return hold_them([person_id], besides=besides)[person_id]


def hold_them(people: Collection[int], *, besides: int | None = None) -> dict[int, Person]:
    """The same of several whom one transaction writes of, before it writes of the first. By row who she is today.

    Only whoever holds a row knows that it is merged no further, and that no pursuit of hers is opened. What was merged
    or opened while we waited is held, too: but not behind what we hold by then, as who holds it may wait for that. All
    is given back, by a savepoint, and taken again with it, in the one order: leads by key, then people by key. The rows
    that were merged stay among them, as whoever takes a merge back holds both.
    """
    rows = set(people)
    while True:
        theirs = Q(person__in=rows) | Q(pk=besides) if besides else Q(person__in=rows)
        leads = Lead.objects.filter(theirs).order_by("pk")
        with transaction.atomic():
            held_leads = list(leads.select_for_update(of=("self",)).values_list("pk", flat=True))
            locked = Person.objects.filter(pk__in=rows).order_by("pk").select_for_update(no_key=True)
            held = {row.pk: row for row in locked}
            into = {row.merged_into_id for row in held.values() if row.merged_into_id is not None}
            if into <= rows and not leads.exclude(pk__in=held_leads).exists():
                return {pk: _today(pk, held) for pk in people}
            transaction.set_rollback(True)
        rows |= into


def _today(pk: int, held: dict[int, Person]) -> Person:
    row = held[pk]
    return _today(row.merged_into_id, held) if row.merged_into_id is not None else row
