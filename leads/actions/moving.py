"""A manager moves leads: to a rep, to an account executive, to the pool, to another team. What cannot move says why.

Many are one act done a part at a time, by a worker: a part is one transaction and moves the place in it, so that one
that dies leaves whole parts behind, and between two of them everybody else has their turn.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.acts import one_act
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import MOVED, reassign_leads
from leads.actions.reserving import WhileAway
from leads.actions.sharing import share_act
from leads.actions.undoing import undo_many
from leads.models import BulkMove, Lead, LeadEvent, SharedAct
from leads.models.lead import AE_PHASES
from team.clock import database_now
from team.models import Role

if TYPE_CHECKING:
    from team.models import Team, User

# So many leads a move, so many of them a transaction, and so many a request: of more the page shows how far it is.
MOVE_MAX, PART, AT_ONCE_MAX = 5000, 500, 500
# On SQLite everybody else's writes wait for a part.
SQLITE_PART = 100
# What is decided about each lead by itself takes no more.
MANY_MAX = 200
BUDGET_SECONDS = 60.0


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
    # By which it is taken back.
    act: SharedAct | None = None

    def take(self, more: Moved) -> None:
        self.leads += more.leads
        self.skipped += more.skipped


def sort_out(leads: Sequence[Lead], target: Target, *, at: datetime, of: Team | None = None) -> Moved:
    """Which of these leads would move, and why the others would not: of the team `of` only what is there still. Reads
    nothing but the leads, the receiver and whether she is there."""
    moved = Moved()
    away = WhileAway(target.user, at=at) if target.user is not None and target.side == "bdr" else None
    for lead in leads:
        why = _("It has gone to another team.") if of and lead.team_id != of.pk else _why_not(lead, target, away)
        if why:
            moved.skipped.append((lead, why))
        else:
            moved.leads.append(lead)
    return moved


def move_leads(ids: Sequence[int], *, target: Target, by: User, at: datetime, of: Team | None = None) -> Moved:
    """Move what can be moved, as one act with one event a lead; clocks run on. Looked at again under lock, so that the
    preview may be old: what has left the team `of` since stays where it went."""
    done, ids = Moved(), ids[:MOVE_MAX]
    with transaction.atomic(), one_act() as act:
        for first in range(0, len(ids), PART):
            done.take(_move_part(ids[first : first + PART], of=of, target=target, by=by, at=at))
        done.act = share_act(act, verb=SharedAct.Verb.MOVE, by=by, at=at)
    return done


def start_move(ids: Sequence[int], *, of: Team, target: Target, by: User, at: datetime) -> BulkMove:
    """Many leads of a team are to be moved; `carry_on_moves` does it."""
    return BulkMove.objects.create(
        by=by,
        team=of,
        to=target.user,
        side=target.side,
        to_team=target.team,
        leads=list(ids[:MOVE_MAX]),
        started_at=at,
    )


def can_take_back(move: BulkMove, *, by: User, at: datetime) -> bool:
    """Her own move of today, that has ended and moved something, and that nobody takes back yet, or has stopped
    taking back."""
    if move.ended_at is None or not move.moved or move.by_id != by.pk or move.takes_back_id is not None:
        return False
    zone = ZoneInfo(by.time_zone)
    is_of_today = move.started_at.astimezone(zone).date() == at.astimezone(zone).date()
    back = getattr(move, "taken_back_by", None)
    return is_of_today and (back is None or bool(back.error))


@transaction.atomic
def start_taking_back(move: BulkMove, *, by: User, at: datetime) -> BulkMove:
    """A move of many goes back the way it came, a part at a time, and goes on where that had stopped by an error.
    LeadConflict when it does so already, or is not hers of today."""
    held = BulkMove.objects.select_for_update(of=("self",)).get(pk=move.pk)
    if not can_take_back(held, by=by, at=at):
        raise LeadConflict(_("This was taken back already, or is not yours of today."))
    if back := BulkMove.objects.filter(takes_back=held).first():
        back.error, back.ended_at = "", None
        back.save(update_fields=["error", "ended_at"])
        return back
    return BulkMove.objects.create(
        by=by,
        team=held.team,
        to=held.to,
        side=held.side,
        to_team=held.to_team,
        takes_back=held,
        leads=held.leads[: held.place],
        started_at=at,
    )


def carry_on_moves(*, budget: float = BUDGET_SECONDS) -> int:
    """Move what waits, for at most so many seconds; returns how many leads were looked at. Run twice at once, each part
    is done by one of the two."""
    ends, looked_at = time.monotonic() + budget, 0
    for pk in list(BulkMove.objects.under_way().order_by("pk").values_list("pk", flat=True)):
        while time.monotonic() < ends and (part := _next_part(pk)):
            looked_at += part
    return looked_at


def _next_part(pk: int) -> int:
    """The next leads of this move, then as long for everybody else; 0 when it is done, or another worker has it."""
    begun = time.monotonic()
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        rows = BulkMove.objects.under_way().select_for_update(of=("self",), skip_locked=skip)
        move = rows.select_related("by", "team", "to", "to_team", "takes_back").filter(pk=pk).first()
        if move is None:
            return 0
        ids = move.leads[move.place : move.place + (PART if skip else SQLITE_PART)]
        _go_on(move, ids, at=database_now())
    time.sleep(min(time.monotonic() - begun, 1))
    return len(ids)


def _go_on(move: BulkMove, ids: Sequence[int], *, at: datetime) -> None:
    target = Target(move.to, move.side, move.to_team)
    try:
        with one_act(move.key), transaction.atomic():
            if move.takes_back is not None:
                done = _take_back_part(ids, move.takes_back, by=move.by, at=at, asked_at=move.started_at)
            else:
                done = _move_part(ids, of=move.team, target=target, by=move.by, at=at)
    except (LeadConflict, MoveRefused) as refused:
        # Of nobody of these could it be said before.
        move.error, move.ended_at = str(refused)[:500], at
    else:
        move.place += len(ids)
        move.moved += len(done.leads)
        for _lead, why in done.skipped:
            move.stayed[why] = move.stayed.get(why, 0) + 1
        move.ended_at = at if move.place >= len(move.leads) else None
    move.save(update_fields=["place", "moved", "stayed", "error", "ended_at"])


def _take_back_part(ids: Sequence[int], move: BulkMove, *, by: User, at: datetime, asked_at: datetime) -> Moved:
    """Of these leads what that move has moved, and nobody has touched since, is as before; the rest says why not. That
    it was hers of today is judged by when she asked: the worker may come to it after midnight."""
    done, leads = Moved(), {lead.pk: lead for lead in lock_leads(ids)}
    own = LeadEvent.objects.filter(lead__in=leads, verb="reassign", data__act=move.key)
    moved = dict(own.order_by("pk").values_list("lead", "pk"))
    hers = [lead for pk, lead in leads.items() if pk in moved]
    undone = undo_many(hers, moved, act=move.key, by=by, at=at, asked_at=asked_at)
    done.leads = [leads[pk] for pk in undone.corrections]
    done.skipped = [(leads[pk], str(refused)) for pk, refused in undone.refused.items()]
    return done


@transaction.atomic
def _move_part(ids: Sequence[int], *, of: Team | None, target: Target, by: User, at: datetime) -> Moved:
    moved = sort_out(lock_leads(ids), target, at=at, of=of)
    reassign_leads(
        [lead.pk for lead in moved.leads],
        to=target.user,
        team=target.team if target.user is None else None,
        by=by,
        at=at,
        because=MOVED,
        side=target.side,
    )
    return moved


def _why_not(lead: Lead, target: Target, away: WhileAway | None) -> str:
    if lead.phase == Phase.CLOSED:
        return _("It is closed.")
    if target.user is not None:
        return _why_not_to(lead, target.user, target.side) or _why_not_meanwhile(lead, target.user, away)
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


def _why_not_meanwhile(lead: Lead, user: User, away: WhileAway | None) -> str:
    """What waits in the pool for somebody who is away is everybody's at the next tick, unless somebody covers her; so
    is what she works, where nobody covers for long."""
    if away is None:
        return ""
    is_passed = lead.phase == Phase.QUEUED and away.passes_on(lead) and not away.cover_of(lead)
    if not is_passed and not (lead.phase in (Phase.QUEUED, Phase.WORKING) and away.gives_back(lead)):
        return ""
    return _("%(name)s is away and nobody covers: it would be back in the pool at once.") % {"name": user}
