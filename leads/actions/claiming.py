"""The pool: taking a lead, giving it back, moving it between reps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreement.models import Cadence, Phase, Stage
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, lock_leads, settle, write, write_each
from leads.actions.effects import Effects, Together
from leads.actions.holding import (
    HELD,
    by_lead,
    due_in_pool,
    hold_planned,
    is_held,
    let_go,
    planned_from,
    settle_first_touch,
    settle_in_pool,
    stopped_promises,
)
from leads.actions.noticing import tell_of_many
from leads.actions.sliding import slid_of, slide_back
from leads.actions.stages import entry_stage
from leads.bands import band_of, given_until, kept_for_one, sweep_of_queued, sweep_of_untouched
from leads.cadence import first_step, held_until_of, reach_of, soon
from leads.clocks import first_touch_of
from leads.models import Clock, HandOff, Lead, LeadEvent, Notice, SlidStep, Step
from team.calendars import KeptCalendars, worktime_of_user
from team.models import Role, Team, User
from team.prepared import Asked, Prepared, in_one_trip
from team.worktime import WorkCalendar, end_of_working_day

# A page of the pool; whoever passes over more than that has passed over many.
AHEAD_MAX = 50
# To who covers somebody, and to her again: it stays reserved for as long as it was.
COVER, BACK = "cover", "back"
# What a manager moves to somebody else, to the pool or to another team.
MOVED = "moved"


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
    meeting at the account, or for her return, is due when it was planned, and waits again when somebody takes it; the
    promise of a first touch waits here, too.
    """
    held = lock_lead(lead)
    if held.phase != Phase.WORKING:
        raise LeadConflict(_not_worked())
    until = reach_of(held).held_until if held.first_touched_at is None else None
    effects = Effects(held, by=by, at=at)
    of_team, slid = KeptCalendars(at=at).of_team, slid_of([held], at=at)[held.pk]
    event = _release(effects, until, because=because, stage=entry_stage(Phase.QUEUED), of_team=of_team, slid=slid)
    write(held, event, band=held.band, sweep_at=held.sweep_at)
    lead.refresh_from_db()
    return event


@transaction.atomic
def release_leads(ids: Sequence[int], *, by: User | None, at: datetime, because: str = "") -> list[LeadEvent]:
    """As `release_lead` on each of these: read once for all and written once. LeadConflict when one of them is not
    being worked any more; nothing is given back then."""
    releasing = _Moving(None, None, by=by, at=at, because=because)
    for lead in releasing.read(lock_leads(ids)):
        if lead.phase != Phase.WORKING:
            raise LeadConflict(_not_worked())
        releasing.release(lead)
    releasing.write()
    return [event for _lead, event in releasing.altered]


def _release(
    effects: Effects,
    until: datetime | None,
    *,
    because: str,
    stage: Stage,
    of_team: Callable[[int], WorkCalendar],
    stopped: dict[int, Clock] | None = None,
    slid: Sequence[SlidStep] = (),
) -> LeadEvent:
    """Back to the pool, in memory; `until` a meeting at its account ends, before which nobody may try."""
    held, at = effects.lead, effects.at
    untouched = held.first_touched_at is None
    if untouched:
        effects.close_steps([step for step in effects.open_steps if not step.promised])
    effects.assign_steps(None)
    let_go(effects)
    slide_back(effects, slid)
    settle_in_pool(effects, until if untouched else None, at=at, of_team=of_team, stopped=stopped)
    due_at = (due_in_pool(effects) if untouched else effects.next_due) or soon(at)
    event = alter(
        held,
        "release",
        to=Phase.QUEUED,
        by=effects.by,
        at=at,
        bdr=None,
        due_at=due_at,
        stage=stage,
        data=effects.data(because=because, bdr=held.bdr_id),
    )
    _put_in_order(effects, of_team)
    return event


def _put_in_order(effects: Effects, of_team: Callable[[int], WorkCalendar]) -> None:
    """Where a queued lead stands in the pool of its team, and when that next changes."""
    lead = effects.lead
    step = next(iter(effects.open_steps), None)
    lead.band, changes_at = band_of(lead, at=effects.at, worktime=of_team(lead.team_id), step=step)
    lead.sweep_at = sweep_of_queued(lead, changes_at)


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
    """Move open leads to another rep, or with `team` to another team's pool; clocks and moments stay as they are, but
    what waited for the return of who had them.

    In the pool a lead is reserved for its new rep until its first touch is due, a missed one until the day is over;
    what a manager gave her, at least until the evening of her next working day, unless a person is waiting.
    `side` says whose part moves, bdr or ae; by default the AE's of accepted and qualified leads, else the BDR's.
    MoveRefused when the receiver cannot hold them; nothing is moved then.
    """
    if to is not None and not to.is_active:
        raise MoveRefused(_("%(name)s does not work here any more.") % {"name": to}, field="to")
    moving = _Moving(to, team, by=by, at=at, because=because)
    for lead in moving.read([lead for lead in lock_leads(ids) if lead.phase != Phase.CLOSED]):
        if lead.phase == Phase.WORKING and to is None:
            moving.release(lead)
        moving.reassign(lead, side or ("ae" if lead.phase in (Phase.ACCEPTED, Phase.QUALIFIED) else "bdr"))
    return moving.write()


class _Moving:
    """Many leads on their way to one receiver: what they need is read once, what comes of it is written once."""

    def __init__(self, to: User | None, team: Team | None, *, by: User | None, at: datetime, because: str) -> None:
        self.to, self.team, self.by, self.at, self.because = to, team, by, at, because
        self.of_team = cache(KeptCalendars(at=at).of_team)
        self.together = Together()
        self.altered: list[tuple[Lead, LeadEvent]] = []
        self.moved: list[LeadEvent] = []
        self.with_sales: list[int] = []

    def read(self, leads: list[Lead]) -> list[Lead]:
        """What is open of these, and of whom goes back to the pool, what may hold up whoever takes her next."""
        self.steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
        worked = [lead for lead in leads if lead.phase == Phase.WORKING]
        released = worked if self.to is None else []
        self.slid = slid_of(worked, at=self.at)
        self.held_until = held_until_of(released or [lead for lead in worked if lead.pk in self.slid])
        if released:
            self.clocks = by_lead(Clock.objects.running().filter(lead__in=released))
            self.stopped = stopped_promises(released)
            teams = Team.objects.in_bulk({lead.team_id for lead in released})
            for lead in released:
                lead.team = teams[lead.team_id]
        return leads

    def release(self, lead: Lead) -> None:
        effects = self._effects(lead)
        effects.running_clocks = self.clocks[lead.pk]
        until = self.held_until.get(lead.account_id or 0)
        event = _release(
            effects,
            until,
            because=self.because,
            stage=self.pool_stage,
            of_team=self.of_team,
            stopped=self.stopped,
            slid=self.slid[lead.pk],
        )
        self.altered.append((lead, event))

    def reassign(self, lead: Lead, side: str) -> None:
        effects = self._effects(lead)
        was = lead.ae_id if side == "ae" else lead.bdr_id
        new: dict[str, Any] = {"team": self.team} if self.team is not None else {}
        new |= self._sales(effects) if side == "ae" else self._held(effects)
        data = effects.data(because=self.because, old=was, to=self.to.pk if self.to else None)
        event = alter(lead, "reassign", by=self.by, at=self.at, data=data, **new)
        if lead.phase == Phase.QUEUED:
            _put_in_order(effects, self.of_team)
        self.altered.append((lead, event))
        self.moved.append(event)

    def write(self) -> list[LeadEvent]:
        """What the rest was noted with comes first, so that each event tells of it; each gets one of its own."""
        self.together.write()
        if self.with_sales:
            # Who holds an invitation gets a newer one, by whom she meets now; who covered the former covers no more.
            sent = HandOff.objects.open().filter(lead__in=self.with_sales).exclude(ae=self.to)
            sent.update(ae=self.to, lent_to=None, sequence=F("sequence") + 1)
        write_each(self.altered)
        if self.to is not None and self.to != self.by:
            moved = [event.lead_id for event in self.moved]
            tell_of_many(self.to.pk, moved, Notice.Kind.RETURNED, at=self.at)
        return self.moved

    def _sales(self, effects: Effects) -> dict[str, Any]:
        lead, to = effects.lead, self.to
        if to is None or not to.has_role(Role.AE):
            raise MoveRefused(_("Deals go to an account executive."), field="to")
        self.with_sales.append(lead.pk)
        effects.assign_steps(to, of=lead.ae_id)
        return {"ae": to}

    def _held(self, effects: Effects) -> dict[str, Any]:
        lead, to, was = effects.lead, self.to, effects.lead.bdr_id
        team_id = self.team.pk if self.team is not None else lead.team_id
        if to is not None and team_id not in to.teams_as(Role.BDR, Role.MANAGER):
            raise MoveRefused(_("%(name)s does not work in the team of this lead.") % {"name": to}, field="to")
        if lead.phase == Phase.QUEUED:
            effects.assign_steps(to)
            until = self._reserved_until(lead, self.of_team(team_id)) if to else None
            return {"bdr": to, "reserved_until": until}
        if to is None and lead.phase not in (Phase.NURTURE, Phase.ACCEPTED, Phase.QUALIFIED):
            return {}
        if lead.phase in (Phase.WORKING, Phase.NURTURE):
            effects.assign_steps(to)
        elif was is not None:
            # Sales has the lead; what its BDR still owes it goes to who keeps the relation now.
            effects.assign_steps(to or lead.ae, of=was)
        if lead.phase == Phase.WORKING and to is not None and to.pk != was:
            held_until = self.held_until.get(lead.account_id or 0)
            if slide_back(effects, self.slid[lead.pk], held_until=held_until):
                # What waited for her return waits for it no more.
                return {"bdr": to, "due_at": effects.next_due}
        return {"bdr": to}

    def _reserved_until(self, lead: Lead, worktime: WorkCalendar) -> datetime:
        if lead.reserved_until and self.because in (COVER, BACK):
            return kept_for_one(lead, lead.reserved_until, worktime, at=self.at)
        until = _reserved_until(lead, worktime, at=self.at)
        # A person who waits must not wait for one rep, nor from the moment on that she was promised; of the rest a rep
        # has a day to take what a manager gave her.
        if self.because != MOVED or lead.band == Lead.Band.WAITING:
            return until
        promised = [step.due_at for step in self.steps[lead.pk] if step.promised]
        return max(until, min([self.given_until, *promised]))

    @cached_property
    def pool_stage(self) -> Stage:
        return entry_stage(Phase.QUEUED)

    @cached_property
    def given_until(self) -> datetime:
        return given_until(worktime_of_user(self.to, at=self.at), self.at) if self.to else self.at

    def _effects(self, lead: Lead) -> Effects:
        effects = Effects(lead, by=self.by, at=self.at, together=self.together)
        effects.open_steps = self.steps[lead.pk]
        return effects


def _reserved_until(lead: Lead, worktime: WorkCalendar, *, at: datetime) -> datetime:
    if lead.due_at and lead.due_at > soon(at):
        return lead.due_at
    return end_of_working_day(worktime, at)


def open_count(user: User) -> int:
    """How many leads count against her open limit: what she works and what is reserved for her."""
    return _counted(_HELD.ask(user=user.pk))


def _counted(held: Asked) -> int:
    return sum(count for (count,) in held.rows())


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
    effects.read()
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
        if any(step.made_by in Step.PLANNED for step in effects.open_steps):
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
    with in_one_trip():
        limited, counted = _LIMIT.ask(user=by.pk), _HELD.ask(user=by.pk)
    limit = _limit(limited, by)
    if _counted(counted) >= limit:
        raise MoveRefused(
            ngettext(
                "You hold %(limit)s open lead, your limit. Finish or give back some first.",
                "You hold %(limit)s open leads, your limit. Finish or give back some first.",
                limit,
            )
            % {"limit": limit}
        )


def limit_of(by: User) -> int:
    """How many open leads she may hold; her row is locked. MoveRefused for whoever works here no more."""
    return _limit(_LIMIT.ask(user=by.pk), by)


def _limit(limited: Asked, by: User) -> int:
    ((limit, is_active),) = limited.rows()
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


def _not_worked() -> str:
    return _("Only a lead that is being worked can be given back.")
