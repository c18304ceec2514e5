"""A manager moves leads: to a rep, to an account executive, to the pool, to another team. What cannot move says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.changing import lock_leads
from leads.actions.claiming import reassign_leads
from leads.models import Lead
from leads.models.lead import AE_PHASES
from team.models import Role

if TYPE_CHECKING:
    from team.models import Team, User

# So many leads a move: it is one transaction, and on SQLite everybody else's writes wait for it.
MOVE_MAX = 200


@dataclass(frozen=True)
class Target:
    """Where leads go: to a BDR, to an AE, or without anybody to the pool of a team."""

    user: User | None = None
    side: str = "bdr"
    team: Team | None = None


@dataclass
class Moved:
    """What was moved, and what was left with the reason."""

    leads: list[Lead] = field(default_factory=list)
    skipped: list[tuple[Lead, str]] = field(default_factory=list)


def sort_out(leads: Sequence[Lead], target: Target) -> Moved:
    """Which of these leads would move, and why the others would not. Reads nothing but the leads and the receiver."""
    moved = Moved()
    for lead in leads:
        why = _why_not(lead, target)
        if why:
            moved.skipped.append((lead, why))
        else:
            moved.leads.append(lead)
    return moved


@transaction.atomic
def move_leads(ids: Sequence[int], *, target: Target, by: User, at: datetime) -> Moved:
    """Move what can be moved; clocks run on. Looked at again under lock, so that the preview may be old."""
    moved = sort_out(lock_leads(ids[:MOVE_MAX]), target)
    reassign_leads(
        [lead.pk for lead in moved.leads],
        to=target.user,
        team=target.team if target.user is None else None,
        by=by,
        at=at,
        because="moved",
        side=target.side,
    )
    return moved


def _why_not(lead: Lead, target: Target) -> str:
    if lead.phase == Phase.CLOSED:
        return _("It is closed.")
    if target.user is not None:
        return _why_not_to(lead, target.user, target.side)
    if lead.phase in AE_PHASES:
        return _("It is with sales: move it to an account executive, or let them return it.")
    if target.team is not None and target.team.pk != lead.team_id:
        return ""
    if lead.bdr_id is None:
        return _("Nobody holds it: it is in the pool, or returns to it.")
    return ""


def _why_not_to(lead: Lead, user: User, side: str) -> str:
    if not user.is_active:
        return _("%(name)s does not work here any more.") % {"name": user}
    if side == "ae":
        if lead.phase not in AE_PHASES:
            return _("It was not handed off: only that goes to an account executive.")
        return _("%(name)s has it already.") % {"name": user} if lead.ae_id == user.pk else ""
    if lead.team_id not in user.teams_as(Role.BDR):
        return _("%(name)s is no BDR of its team.") % {"name": user}
    return _("%(name)s has it already.") % {"name": user} if lead.bdr_id == user.pk else ""
