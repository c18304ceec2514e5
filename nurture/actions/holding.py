"""In which order whoever writes of somebody holds what is hers: her leads by key, then she, then her addresses."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from accounts.models import Person
from leads.models import Lead


def hold_her(person_id: int, *, besides: int | None = None) -> Person:
    """All her leads, then she, until the transaction ends: whoever writes of her after this waits for nobody whom she
    keeps waiting. Also a lead that is over, with which words are kept. `besides`: one lead more.

    Before the first of them is written to or locked. Her addresses come after it: see `lock_addresses`.
    """
    return hold_them([person_id], besides=besides)[0]


def hold_them(people: Collection[int], *, besides: int | None = None) -> list[Person]:
    """The same of several whom one transaction writes of, before it writes of the first."""
    theirs = Q(person__in=people) | Q(pk=besides) if besides else Q(person__in=people)
    list(Lead.objects.filter(theirs).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    return list(Person.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True))
