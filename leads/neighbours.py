"""Which lead comes after this one: the next row of the list she came from, else of her queue."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from leads.models import Lead
from leads.queue import Group, entries_of, group_of, rank_of

if TYPE_CHECKING:
    from team.models import User

LEAD_PATH = re.compile(r"/leads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def lead_after(lead: Lead, *, user: User, at: datetime, path: str = "") -> UUID | None:
    """The public id of the next lead; `path` is the address of the row below, where a list knows it.

    Ask before the act that moves this lead to another place. After the last row of today comes the first again;
    None when nothing else waits.
    """
    if (match := LEAD_PATH.fullmatch(path)) and (below := _workable(UUID(match[1]), user)):
        return below
    ranked = sorted(
        (rank_of(entry, group), entry.lead_id)
        for entry in entries_of(user, at=at)
        for group in [group_of(entry, at=at)]
        if group is not Group.LATER or entry.lead_id == lead.pk
    )
    here = next((place for place, (_rank, lead_id) in enumerate(ranked) if lead_id == lead.pk), -1)
    others = [lead_id for _rank, lead_id in [*ranked[here + 1 :], *ranked[: max(here, 0)]]]
    if not others:
        return None
    found: UUID | None = Lead.objects.filter(pk=others[0]).values_list("public_id", flat=True).first()
    return found


def _workable(public_id: UUID, user: User) -> UUID | None:
    found: UUID | None = (
        Lead.objects.workable_by(user).open().filter(public_id=public_id).values_list("public_id", flat=True).first()
    )
    return found
