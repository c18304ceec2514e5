"""Filling a rep's hands from the pool, in one act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import claim_counted, limit_of, open_count
from leads.models import Lead
from team.calendars import KeptCalendars
from team.models import Role

if TYPE_CHECKING:
    from team.models import User

# As many as one act takes: a morning's work, and short enough for everybody else's writes to wait.
TAKE_MAX = 25


@dataclass
class Taken:
    """What she got, and why it is not more: empty when she got as many as one act takes."""

    leads: list[Lead] = field(default_factory=list)
    why_not_more: str = ""


@transaction.atomic
def take_many(*, by: User, at: datetime, most: int = TAKE_MAX) -> Taken:
    """The first leads of her teams' pools up to her open limit, each by a claim of its own.

    As with the next one, a lead that another rep is taking at this instant is passed over on PostgreSQL. MoveRefused
    where she takes nothing from a pool.
    """
    teams = by.teams_as(Role.BDR)
    if not teams:
        raise MoveRefused(_("Only a BDR takes leads from a pool."))
    # Her own row is locked, so that two windows cannot pass the limit together; leads that wait for it are nobody's.
    limit = limit_of(by)
    room = max(limit - open_count(by), 0)
    taken = Taken()
    pool = Lead.objects.in_pool(teams=teams, at=at).in_pool_order()
    skip = connection.features.has_select_for_update_skip_locked
    rows = pool.select_for_update(skip_locked=skip, of=("self",)).select_related("person") if skip else pool
    calendars = KeptCalendars(at=at)
    for lead in list(rows[: min(most, room)]):
        claim_counted(lead, by=by, at=at, calendars=calendars)
        taken.leads.append(lead)
    if len(taken.leads) == room:
        taken.why_not_more = ngettext(
            "You hold %(limit)s open lead, your limit.", "You hold %(limit)s open leads, your limit.", limit
        ) % {"limit": limit}
    elif len(taken.leads) < most:
        taken.why_not_more = _why_no_more(teams, at=at)
    return taken


def _why_no_more(teams: list[int], *, at: datetime) -> str:
    waiting = Lead.objects.free_for(teams=teams, at=at).filter(phase=Phase.QUEUED)[:1]
    if waiting:
        return _("Who is left in the pool waits for a meeting of a colleague, or is being taken.")
    return _("The pool is empty.")
