"""Where a lead goes that sales does not keep: back to its BDR, to sleep, to another team, or to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeGuard

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from agreement.models import Phase, Reason, ReasonRule, StepKind, in_use_for
from leads.actions.changing import MoveRefused, alter, write
from leads.actions.effects import Effects
from leads.actions.noticing import tell
from leads.actions.recycling import fall_asleep
from leads.actions.stages import connected_stage, entry_stage
from leads.bands import band_of, sweep_of_queued
from leads.cadence import CALL, EMAIL, reach_of, soon
from leads.models import Lead, LeadEvent, Notice, Step
from leads.routing import Router
from leads.waking import Facts
from team.calendars import KeptCalendars
from team.models import Absence, Membership, Role, Team, User

if TYPE_CHECKING:
    from accounts.models import Person


def send_on(
    lead: Lead,
    verb: str,
    effects: Effects,
    *,
    rule: ReasonRule,
    reason: Reason,
    by: User,
    at: datetime,
    facts: Facts | None = None,
    **data: Any,
) -> LeadEvent:
    """Where a pick sends a lead that sales refused: to its BDR, to sleep, to another team, or to its end."""
    carried = in_use_for(rule.destination_reason or reason)
    data["pick"] = reason.pk
    if rule.destination == ReasonRule.Destination.BDR:
        return back_to_bdr(lead, verb, effects, by=by, at=at, kind=StepKind.CALL, **data)
    effects.close_steps()
    if rule.destination == ReasonRule.Destination.NURTURE:
        return fall_asleep(lead, verb, effects, rule=rule, reason=carried, facts=facts or Facts(), by=by, at=at, **data)
    if rule.destination == ReasonRule.Destination.REROUTE:
        return _reroute(lead, verb, effects, by=by, at=at, **data)
    event = alter(
        lead,
        verb,
        to=Phase.CLOSED,
        by=by,
        at=at,
        closed_as=Lead.ClosedAs.DISQUALIFIED,
        reason=carried,
        data=effects.data(**data),
    )
    return write(lead, event, sweep_at=None)


def _allowed(lead: Lead) -> str:
    """A call, or what is left of it where she asked not to be called."""
    shut = reach_of(lead).shut
    ways = ((StepKind.CALL, CALL), (StepKind.EMAIL, EMAIL))
    return next((kind for kind, channel in ways if channel not in shut), StepKind.DECIDE)


def back_to_bdr(
    lead: Lead, verb: str, effects: Effects, *, by: User | None, at: datetime, kind: str, **data: Any
) -> LeadEvent:
    """To WORKING with a step due now and no new first-touch clock; an e-mail or a decision instead of a call to whom
    nobody may call. A colleague has it if its BDR left, or is away so long that what she worked was given back. Where
    no rep may work any more it ends."""
    kind = _allowed(lead) if kind == StepKind.CALL else kind
    if standing := _standing_of(lead):
        return _end(lead, verb, effects, asked=Phase.WORKING, standing=standing, by=by, at=at, **data)
    bdr = lead.bdr
    if not _goes_on_with(bdr, lead, at=at):
        reps = User.objects.active().with_role(Role.BDR, lead.team_id).order_by("pk")
        present = reps.present(at).annotate(works=Count("leads_as_bdr", filter=Q(leads_as_bdr__phase=Phase.WORKING)))
        bdr = present.order_by("works", "pk").first() or reps.first()
        if bdr is None:
            raise _nobody_takes_it()
    effects.close_steps()
    effects.make_step(
        Step(lead=lead, kind=kind, due_at=soon(at), assignee=bdr, made_by=Step.MadeBy.SYSTEM, created_at=at)
    )
    event = alter(
        lead,
        verb,
        to=Phase.WORKING,
        by=by,
        at=at,
        bdr=bdr,
        due_at=effects.next_due,
        stage=connected_stage(),
        data=effects.data(**data),
    )
    return write(lead, event, sweep_at=None)


def must_find_a_bdr(leads: Sequence[Lead], *, giving: User, at: datetime) -> None:
    """MoveRefused where `back_to_bdr` would be of one of these, `giving` being as her `held` says. Reads only."""
    here = Membership.objects.filter(role=Role.BDR, team__isnull=False, user__is_active=True).exclude(user=giving)
    teams = {*here.values_list("team", flat=True), *giving.teams_as(Role.BDR)}
    left = [lead for lead in leads if lead.team_id not in teams]
    ending = Lead.objects.filter(pk__in=[lead.pk for lead in left]).standings() if left else {}
    for lead in left:
        bdr = giving if lead.bdr_id == giving.pk else lead.bdr
        if lead.pk not in ending and not _goes_on_with(bdr, lead, at=at):
            raise _nobody_takes_it()


def _nobody_takes_it() -> MoveRefused:
    return MoveRefused(_("Nobody in the team can take it back. Give the team a BDR first."))


def _goes_on_with(bdr: User | None, lead: Lead, *, at: datetime) -> TypeGuard[User]:
    return bdr is not None and _works_for(bdr, lead.team_id) and not _is_given_up_there(bdr, lead.team_id, at=at)


def _reroute(lead: Lead, verb: str, effects: Effects, *, by: User, at: datetime, **data: Any) -> LeadEvent:
    """Wrong territory: to the pool of the team that routing names, else of the default one. Where no rep may work any
    more it ends."""
    if standing := _standing_of(lead):
        return _end(lead, verb, effects, asked=Phase.QUEUED, standing=standing, by=by, at=at, **data)
    person: Person = lead.person
    router = Router.for_batch([lead.person_id], [lead.account_id] if lead.account_id else [], at=at)
    router.workers = {}
    route = router.route(person, account_id=lead.account_id, source=lead.source, lane=lead.lane)
    others = Team.objects.filter(retired_at=None).exclude(pk=lead.team_id)
    team_id = route.team_id if route.team_id not in (None, lead.team_id) else None
    team_id = team_id or others.order_by("-is_default", "pk").values_list("pk", flat=True).first() or lead.team_id
    due_at = soon(at)
    event = alter(
        lead,
        verb,
        to=Phase.QUEUED,
        by=by,
        at=at,
        team=team_id,
        bdr=None,
        ae=None,
        due_at=due_at,
        stage=entry_stage(Phase.QUEUED),
        data=effects.data(team=team_id, **data),
    )
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    band, changes_at = band_of(lead, at=at, worktime=worktime, due_at=due_at)
    return write(lead, event, band=band, sweep_at=sweep_of_queued(lead, changes_at))


def _end(
    lead: Lead,
    verb: str,
    effects: Effects,
    *,
    asked: str,
    standing: str,
    by: User | None,
    at: datetime,
    **data: Any,
) -> LeadEvent:
    """In place of going to the reps, as if it had stood down there; its BDR is told."""
    effects.close_steps()
    effects.end_clocks(excused=True)
    event = alter(
        lead,
        verb,
        to=Phase.CLOSED,
        asked=asked,
        by=by,
        at=at,
        closed_as=Lead.ClosedAs.STANDING,
        data=effects.data(**data | {"because": standing}),
    )
    write(lead, event, sweep_at=None)
    tell(lead.bdr, lead, Notice.Kind.ENDED, by=by, at=at)
    return event


def _standing_of(lead: Lead) -> str | None:
    """What she is to us, if that is not for reps."""
    return Lead.objects.filter(pk=lead.pk).standings().get(lead.pk)


def _works_for(user: User, team_id: int) -> bool:
    return user.is_active and team_id in user.teams_as(Role.BDR, Role.MANAGER)


def _is_given_up_there(user: User, team_id: int, *, at: datetime) -> bool:
    away = Absence.objects.covering(at).filter(user=user, released_at__isnull=False)
    return away.exclude(pk__in=Absence.objects.covered_in_team(at, team_id)).exists()
