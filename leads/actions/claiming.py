"""The pool: taking a lead, giving it back, moving it between reps."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, F
from django.utils.translation import gettext as _

from agreement.models import Cadence, Phase
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, lock_leads, settle, write
from leads.actions.effects import Effects
from leads.actions.holding import (
    HELD,
    due_in_pool,
    hold_planned,
    is_held,
    let_go,
    planned_from,
    settle_first_touch,
    settle_in_pool,
)
from leads.actions.stages import entry_stage
from leads.bands import band_of, sweep_of_queued, sweep_of_untouched
from leads.cadence import first_step, reach_of, soon
from leads.clocks import first_touch_of
from leads.models import Lead, LeadEvent, Notice, Step
from team.calendars import KeptCalendars
from team.models import Role, User
from team.prepared import Prepared
from team.worktime import end_of_working_day

if TYPE_CHECKING:
    from team.models import Team

# A page of the pool; whoever passes over more than that has passed over many.
AHEAD_MAX = 50


@transaction.atomic
def claim_lead(lead: Lead, *, by: User, at: datetime) -> LeadEvent:
    """Give a queued lead to `by` and plan her first attempt. History keeps how many of the pool she passed over.

    Two reps often take the same row: it is locked, looked at again, and the second gets LeadConflict with the name of
    the first. MoveRefused at her open limit.
    """
    held = lock_lead(lead)
    if held.phase != Phase.QUEUED:
        raise LeadConflict(_taken(held))
    if held.reserved_until and held.reserved_until > at and held.bdr_id != by.pk:
        raise LeadConflict(_("Reserved for %(name)s.") % {"name": held.bdr})
    if held.team_id not in by.teams_as(Role.BDR):
        raise MoveRefused(_("Another team's pool."))
    event = _claim(held, by=by, at=at, calendars=KeptCalendars(at=at), ahead=_ahead(held, by=by, at=at))
    settle(lead, held)
    return event


@transaction.atomic
def take_next(*, by: User, at: datetime) -> Lead | None:
    """The first lead of her teams' pools, never one that somebody else got; None when the pool is empty.

    On PostgreSQL a row that another rep is taking at this instant is skipped, so that nobody waits. MoveRefused at her
    open limit.
    """
    teams = by.teams_as(Role.BDR)
    if not teams:
        raise MoveRefused(_("Only a BDR takes leads from a pool."))
    pool = Lead.objects.in_pool(teams=teams, at=at).in_pool_order()
    skip = connection.features.has_select_for_update_skip_locked
    found = pool.select_for_update(skip_locked=skip, of=("self",)).select_related("person")[:1] if skip else pool[:1]
    lead = next(iter(found), None)
    if lead is None:
        return None
    _claim(lead, by=by, at=at, calendars=KeptCalendars(at=at))
    return lead


@transaction.atomic
def release_lead(lead: Lead, *, by: User | None, at: datetime, because: str = "") -> LeadEvent:
    """Back to the pool of its team with its clocks running and its steps open, for whoever takes it next.

    Of a lead nobody has touched only what was promised stays: whoever takes it begins the cadence. What waited for a
    meeting at the account is due when it was planned, and waits again when somebody takes it; the promise of a first
    touch waits here, too.
    """
    held = lock_lead(lead)
    if held.phase != Phase.WORKING:
        raise LeadConflict(_("Only a lead that is being worked can be given back."))
    effects = Effects(held, by=by, at=at)
    untouched = held.first_touched_at is None
    if untouched:
        effects.close_steps([step for step in effects.open_steps if not step.promised])
    effects.assign_steps(None)
    let_go(effects)
    settle_in_pool(effects, reach_of(held).held_until if untouched else None, at=at)
    due_at = (due_in_pool(effects) if untouched else effects.next_due) or soon(at)
    event = alter(
        held,
        "release",
        to=Phase.QUEUED,
        by=by,
        at=at,
        bdr=None,
        due_at=due_at,
        stage=entry_stage(Phase.QUEUED),
        data=effects.data(because=because, bdr=held.bdr_id),
    )
    step = next(iter(effects.open_steps), None)
    worktime = KeptCalendars(at=at).of_team(held.team_id)
    held.band, changes_at = band_of(held, at=at, worktime=worktime, step=step)
    write(held, event, band=held.band, sweep_at=sweep_of_queued(held, changes_at))
    lead.refresh_from_db()
    return event


@transaction.atomic
def reassign_leads(
    ids: Sequence[int],
    *,
    to: User | None = None,
    team: Team | None = None,
    by: User | None,
    at: datetime,
    because: str = "",
    side: str = "",
) -> list[LeadEvent]:
    """Move open leads to another rep, or with `team` to another team's pool; clocks and moments stay as they are.

    In the pool a lead is reserved for its new rep until its first touch is due, a missed one until the day is over.
    `side` says whose part moves, bdr or ae; by default the AE's of accepted and qualified leads, else the BDR's.
    MoveRefused when the receiver cannot hold them; nothing is moved then.
    """
    if to is not None and not to.is_active:
        raise MoveRefused(_("%(name)s does not work here any more.") % {"name": to}, field="to")
    events = []
    calendars = KeptCalendars(at=at)
    for lead in lock_leads(ids):
        if lead.phase == Phase.CLOSED:
            continue
        if lead.phase == Phase.WORKING and to is None:
            release_lead(lead, by=by, at=at, because=because)
        moved = side or ("ae" if lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED) else "bdr")
        events.append(_reassign(lead, to=to, team=team, side=moved, by=by, at=at, because=because, calendars=calendars))
        if to is not None and to != by:
            Notice.objects.create(user=to, lead=lead, kind=Notice.Kind.RETURNED, at=at)
    return events


def _reassign(
    lead: Lead,
    *,
    to: User | None,
    team: Team | None,
    side: str,
    by: User | None,
    at: datetime,
    because: str,
    calendars: KeptCalendars,
) -> LeadEvent:
    effects = Effects(lead, by=by, at=at)
    was = lead.ae_id if side == "ae" else lead.bdr_id
    team_id = team.pk if team is not None else lead.team_id
    new: dict[str, Any] = {"team": team} if team is not None else {}
    if side != "ae" and to is not None and team_id not in to.teams_as(Role.BDR, Role.MANAGER):
        raise MoveRefused(_("%(name)s does not work in the team of this lead.") % {"name": to}, field="to")
    if side == "ae":
        if to is None or not to.has_role(Role.AE):
            raise MoveRefused(_("Deals go to an account executive."), field="to")
        new["ae"] = to
        # Who holds her invitation gets a newer one, by the one she meets now; who covered the former covers no more.
        lead.hand_offs.open().exclude(ae=to).update(ae=to, lent_to=None, sequence=F("sequence") + 1)
        effects.assign_steps(to, of=was)
    elif lead.phase == Phase.QUEUED:
        new |= {"bdr": to, "reserved_until": _reserved_until(lead, team_id, calendars, at=at) if to else None}
        effects.assign_steps(to)
    elif to is not None or lead.phase in (Phase.NURTURE, Phase.ACCEPTED, Phase.QUALIFIED):
        new["bdr"] = to
        if lead.phase in (Phase.WORKING, Phase.NURTURE):
            effects.assign_steps(to)
        elif was is not None:
            # Sales has the lead; what its BDR still owes it goes to who keeps the relation now.
            effects.assign_steps(to or lead.ae, of=was)
    data = effects.data(because=because, old=was, to=to.pk if to else None)
    event = alter(lead, "reassign", by=by, at=at, data=data, **new)
    if lead.phase == Phase.QUEUED:
        step = next(iter(effects.open_steps), None)
        lead.band, changes_at = band_of(lead, at=at, worktime=calendars.of_team(lead.team_id), step=step)
        lead.sweep_at = sweep_of_queued(lead, changes_at)
    return write(lead, event, band=lead.band, sweep_at=lead.sweep_at)


def _reserved_until(lead: Lead, team_id: int, calendars: KeptCalendars, *, at: datetime) -> datetime:
    if lead.due_at and lead.due_at > soon(at):
        return lead.due_at
    return end_of_working_day(calendars.of_team(team_id), at)


def open_count(user: User) -> int:
    """How many leads count against her open limit: what she works and what is reserved for her."""
    return sum(count for (count,) in _HELD.rows(user=user.pk))


def _ahead(lead: Lead, *, by: User, at: datetime) -> int | None:
    """How many stood before this lead in the pools she takes from, up to AHEAD_MAX. None for what was reserved for her:
    that stands in no order."""
    if lead.bdr_id == by.pk or lead.due_at is None:
        return None
    teams = by.teams_as(Role.BDR)
    rows = _BEFORE.rows(shape=(AHEAD_MAX, lead.band), teams=teams, due_at=lead.due_at, lead=lead.pk, at=at)
    return len(rows)


def _before(most: int, band: int, *, teams: Any, due_at: Any, lead: Any, at: Any) -> Any:
    """By the index that orders the pool: bands before hers, in hers what is due earlier, and of the same moment what
    came first. One condition for all three would be looked for in every row behind."""
    pool = Lead.objects.in_pool(teams=teams, at=at).values_list("pk")
    earlier = pool.filter(band=band, due_at__lt=due_at)
    same = pool.filter(band=band, due_at=due_at, pk__lt=lead)
    return pool.filter(band__lt=band).union(earlier, same, all=True)[:most]


_BEFORE = Prepared(_before)


def _claim(lead: Lead, *, by: User, at: datetime, calendars: KeptCalendars, ahead: int | None = None) -> LeadEvent:
    if lead.bdr_id != by.pk:
        _room(by)
    return claim_counted(lead, by=by, at=at, calendars=calendars, ahead=ahead)


def claim_counted(
    lead: Lead, *, by: User, at: datetime, calendars: KeptCalendars, ahead: int | None = None
) -> LeadEvent:
    """Claim a lead that is locked and for which there is room, which the caller has counted under `limit_of`."""
    effects = Effects(lead, by=by, at=at)
    new: dict[str, Any] = {"bdr": by, "stage": entry_stage(Phase.WORKING)}
    lead_for_step = lead
    if lead.cadence_id is None:
        lead_cadence = next((pk for (pk,) in _CADENCES.rows(shape=(lead.lane,))), None)
        new["cadence"] = lead_cadence
        lead_for_step = copy(lead)
        lead_for_step.cadence_id = lead_cadence
    if effects.open_steps:
        # What was planned, or what she asked for while the lead was waiting here.
        effects.assign_steps(by)
        if any(step.made_by == Step.MadeBy.CADENCE for step in effects.open_steps):
            hold_planned(effects, reach_of(lead).held_until, at=at)
    else:
        worktime = calendars.of_user(by.pk)
        planned = planned_from(effects, at=at)
        due_at = max(planned, soon(at)) if planned else None
        effects.make_step(first_step(lead_for_step, assignee_id=by.pk, at=at, worktime=worktime, due_at=due_at))
    if lead.first_touched_at is not None and lead.last_touched_at:
        new["stage"] = lead.stage if lead.stage and lead.stage.phase == Phase.WORKING else entry_stage(Phase.WORKING)
    band = lead.band
    settle_first_touch(effects, at=at, of_team=calendars.of_team)
    event = alter(
        lead,
        "claim",
        to=Phase.WORKING,
        by=by,
        at=at,
        due_at=effects.next_due,
        data=effects.data(band=band, because=HELD if is_held(effects, at=at) else "", ahead=ahead),
        **new,
    )
    clock = first_touch_of(effects.running_clocks)
    return write(lead, event, sweep_at=sweep_of_untouched(lead, clock, effects.open_steps, at=at))


def _room(by: User) -> None:
    """MoveRefused at the open limit. Her own row is locked, so that two windows cannot pass the limit together.

    Counted by a statement of its own: on PostgreSQL one that waited for the lock would count what it saw before.
    """
    limit = limit_of(by)
    if open_count(by) >= limit:
        raise MoveRefused(
            _("You hold %(limit)s open leads, your limit. Finish or give back some first.") % {"limit": limit}
        )


def limit_of(by: User) -> int:
    """How many open leads she may hold; her row is locked. MoveRefused for whoever works here no more."""
    ((limit, is_active),) = _LIMIT.rows(user=by.pk)
    if not is_active:
        raise MoveRefused(_("%(name)s does not work here any more.") % {"name": by})
    return limit


_LIMIT = Prepared(
    lambda user: User.objects.select_for_update(no_key=True).filter(pk=user).values_list("open_limit", "is_active")
)
_HELD = Prepared(
    lambda user: Lead.objects.held_by(user).order_by().values("bdr").annotate(held=Count("pk")).values_list("held")
)
_CADENCES = Prepared(lambda lane: Cadence.objects.filter(lane=lane, is_current=True).order_by().values_list("pk"))


def _taken(lead: Lead) -> str:
    if lead.phase == Phase.WORKING and lead.bdr:
        return _("%(name)s has just taken this lead.") % {"name": lead.bdr}
    return _("This lead is no longer in the pool.")
