"""In which order whoever writes of somebody holds what is hers: her leads by key, then she, then her addresses."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Person
from leads.models import Lead


def hold_her(person_id: int, *, besides: int | None = None) -> Person:
    """All her leads, then she, until the transaction ends: whoever writes of her after this waits for nobody whom she
    keeps waiting. Also a lead that is over, with which words are kept. `besides`: one lead more.

    Before the first of them is written to or locked. Her addresses come after it: see `lock_addresses`.
    """
    hers = Q(person=person_id) | Q(pk=besides) if besides else Q(person=person_id)
    list(Lead.objects.filter(hers).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    return Person.objects.select_for_update(no_key=True).get(pk=person_id)
