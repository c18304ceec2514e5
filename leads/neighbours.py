"""Which lead comes after this one: whoever is owed a call now, the next row of the list she came from, of her queue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from agreement.models import StepKind
from leads.her_clock import weekend_of
from leads.models import Lead
from leads.models.work import PROMISE_LEAD
from leads.queue_entries import Entry, entries_of
from leads.queue_order import Group, group_in, in_order

if TYPE_CHECKING:
    from team.models import User

LEAD_PATH = re.compile(r"/leads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def lead_after(lead: Lead, *, user: User, at: datetime, path: str = "") -> UUID | None:
    """The public id of the next lead; `path` is the address of the row below, where a list knows it.

    Ask before the act that moves this lead to another place. Who waits for her now stands first, whatever list she
    came from; after the last row of today comes the first again; None when nothing else waits.
    """
    rows = [
        (entry, group_in(rank))
        for rank, entry in in_order(entries_of(user, at=at), at=at, weekend=weekend_of(user.pk, at=at))
    ]
    for entry in _owed(rows, at=at):
        if entry.lead_id != lead.pk:
            return entry.public_id
    later = {entry.lead_id for entry, group in rows if group is Group.LATER}
    below = _workable(path, user)
    if below and (below.pk not in later or lead.pk in later):
        return below.public_id
    order = [entry for entry, _group in rows if entry.lead_id == lead.pk or entry.lead_id not in later]
    here = next((place for place, entry in enumerate(order) if entry.lead_id == lead.pk), -1)
    others = [*order[here + 1 :], *order[: max(here, 0)]]
    return others[0].public_id if others else None


def owed_now(*, user: User, at: datetime) -> list[Entry]:
    """Who waits for her now, first who waits longest."""
    return _owed(
        [
            (entry, group_in(rank))
            for rank, entry in in_order(entries_of(user, at=at), at=at, weekend=weekend_of(user.pk, at=at))
        ],
        at=at,
    )


def _owed(rows: Iterable[tuple[Entry, Group]], *, at: datetime) -> list[Entry]:
    return [entry for entry, group in rows if group is Group.WAITING and _is_owed_now(entry, at=at)]


def _is_owed_now(entry: Entry, *, at: datetime) -> bool:
    """Of who waits: not a meeting, which is nobody's next call; who said "in ten minutes" once they are over."""
    if entry.kind == StepKind.MEETING:
        return False
    said_at = entry.step_created_at
    is_short = bool(entry.promised and said_at and entry.due_at - said_at < PROMISE_LEAD)
    return entry.due_at <= at or not is_short


def _workable(path: str, user: User) -> Lead | None:
    """The lead of this address, if she may work it."""
    match = LEAD_PATH.fullmatch(path)
    if match is None:
        return None
    return Lead.objects.workable_by(user).open().filter(public_id=match[1]).only("pk", "public_id").first()
