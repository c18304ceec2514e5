"""How leads begin: from the definition, a file, a wake, or a rep's own find. One batch is one set of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Employment, Person, Standing
from agreement.models import AgreementVersion, Cadence, Lane, Phase, SLAClause, Stage
from leads.actions.changing import LeadConflict, MoveRefused, begin
from leads.actions.stages import entry_stage
from leads.bands import band_of, kept_for_one, sweep_of_queued
from leads.cadence import first_step
from leads.clocks import start_clock
from leads.models import Clock, Lead
from leads.routing import Route, Router, why_not
from leads.scoring import judge
from team.bulk import insert_objects
from team.calendars import Calendars
from team.models import Membership, Role, Team, User


@dataclass
class NewLead:
    """What is known of a lead before it is one. A given team skips the routing; a given rep has it reserved."""

    person_id: int
    lane: str
    origin: str
    source: str = ""
    account_id: int | None = None
    evidence: list[Any] = field(default_factory=list)
    previous_id: int | None = None
    team_id: int | None = None
    bdr_id: int | None = None
    sourced_by_id: int | None = None
    because: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entered:
    """What came of a batch: the leads, and for whom there is none and why (code by person)."""

    leads: list[Lead] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def open_leads(new: Sequence[NewLead], *, by: User | None, at: datetime, as_system: bool = False) -> Entered:
    """Queue a lead for each of these people that routing lets through, with its first-touch clock running.

    Nobody queues one herself: it follows, `as_system`, from a file, a wake or a second look that was hers to decide.
    """
    entered = Entered()
    batch = _Batch(new, at=at)
    stage = entry_stage(Phase.QUEUED)
    leads: list[tuple[Lead, NewLead, Route]] = []
    for one in new:
        route = batch.route(one)
        if route.is_refused:
            entered.refused[one.person_id] = route.because
            continue
        leads.append((batch.lead(one, route, phase=Phase.QUEUED, stage=stage), one, route))

    clocks: dict[int, Clock] = {}
    for lead, _one, route in leads:
        worktime = batch.calendars.of_team(lead.team_id)
        clock = start_clock(
            lead,
            SLAClause.Kind.FIRST_TOUCH,
            calendar_id=batch.calendar_of_team(lead.team_id),
            worktime=worktime,
            at=at,
        )
        lead.due_at = clock.due_at if clock else at
        lead.first_queued_at = at
        if route.bdr_id:
            lead.bdr_id, lead.reserved_until = route.bdr_id, kept_for_one(lead, max(lead.due_at, at), worktime, at=at)
        lead.band, changes_at = band_of(lead, at=at, worktime=worktime)
        lead.sweep_at = sweep_of_queued(lead, changes_at)
        if clock:
            clocks[lead.person_id] = clock

    _write_new(
        [(lead, one.data | _routed(route)) for lead, one, route in leads], "queue", by=by, at=at, as_system=as_system
    )
    for lead, _one, _route in leads:
        if lead.person_id in clocks:
            clocks[lead.person_id].lead_id = lead.pk
    insert_objects(list(clocks.values()))
    entered.leads = [lead for lead, _one, _route in leads]
    return entered


@transaction.atomic
def add_lead(person: Person, *, by: User, at: datetime, team: Team | None = None) -> Lead:
    """A lead a rep found herself: hers at once, a Prospect, with the first attempt of the rep-sourced cadence.

    LeadConflict when the person has an open lead; MoveRefused when she is no prospect.
    """
    teams = by.teams_as(Role.BDR, Role.MANAGER)
    retired = Team.objects.filter(pk__in=teams, retired_at__isnull=False)
    teams = [pk for pk in teams if pk not in set(retired.values_list("pk", flat=True))]
    team_id = team.pk if team else next(iter(teams), None)
    if team_id is None or team_id not in teams:
        raise MoveRefused(_("Only somebody of a team can add a lead."))
    one = NewLead(person_id=person.pk, lane=Lane.REP_SOURCED, origin=Lead.Origin.REP_SOURCED, because="by_hand")
    one.sourced_by_id = by.pk
    one.previous_id = next((lead.pk for lead in last_pursuits([person.pk]).values()), None)
    batch = _Batch([one], at=at)
    route = batch.route(one)
    if route.because == "open_lead":
        raise LeadConflict(_("This person already has an open lead."))
    if route.is_refused and route.because != "no_team":
        raise MoveRefused(_("This person is not a prospect: %(why)s.") % {"why": why_not(route.because)})

    lead = batch.lead(
        one,
        Route("by_hand", team_id, by.pk),
        phase=Phase.WORKING,
        stage=entry_stage(Phase.WORKING),
    )
    lead.bdr = by
    lead.cadence = Cadence.objects.get(lane=Lane.REP_SOURCED, is_current=True)
    step = first_step(lead, assignee_id=by.pk, at=at, worktime=batch.calendars.of_user(by.pk))
    lead.due_at = step.due_at
    _write_new([(lead, {"because": "by_hand", "bdr": by.pk})], "add", by=by, at=at)
    step.lead = lead
    step.created_by = by
    step.save(force_insert=True)
    return lead


@transaction.atomic
def open_asleep(
    new: Sequence[NewLead],
    *,
    reason_id: int,
    wake_at: datetime,
    by: User | None,
    at: datetime,
    as_system: bool = False,
) -> Entered:
    """Leads that begin asleep, as a file or a lost deal says. The caller writes why, in `Recycling`."""
    entered = Entered()
    batch = _Batch(new, at=at)
    stage = entry_stage(Phase.NURTURE)
    seeds: list[tuple[Lead, dict[str, Any]]] = []
    roles = Membership.objects.filter(role__in=[Role.BDR, Role.MANAGER], user__is_active=True)
    kept = set(roles.filter(user__in={one.bdr_id for one in new}).values_list("user_id", "team_id"))
    for one in new:
        route = batch.route(one)
        if route.because == Standing.OPEN_OPPORTUNITY and one.team_id:
            # The opportunity that is open there is the one that was just lost.
            route = Route(one.because, batch.router.team_for(one.team_id))
        if route.is_refused:
            entered.refused[one.person_id] = route.because
            continue
        lead = batch.lead(one, route, phase=Phase.NURTURE, stage=stage)
        # Who knew her stays hers through her sleep, even if he is away today.
        known_by = one.bdr_id if (one.bdr_id, lead.team_id) in kept else None
        lead.bdr_id, lead.reason_id = known_by if one.bdr_id else route.bdr_id, reason_id
        lead.wake_at = lead.due_at = lead.sweep_at = wake_at
        seeds.append((lead, one.data | _routed(route)))
    _write_new(seeds, "sleep", by=by, at=at, as_system=as_system)
    entered.leads = [lead for lead, _data in seeds]
    return entered


@transaction.atomic
def open_closed(
    new: Sequence[NewLead], *, reason_id: int, by: User | None, at: datetime, as_system: bool = False
) -> Entered:
    """Pursuits that were over before we knew of them: a file says disqualified."""
    entered = Entered()
    batch = _Batch(new, at=at)
    seeds: list[tuple[Lead, dict[str, Any]]] = []
    for one in new:
        route = batch.route(one)
        if route.is_refused and route.because != "suppressed":
            entered.refused[one.person_id] = route.because
            continue
        lead = batch.lead(one, Route("file", route.team_id or batch.default_team_id), phase=Phase.CLOSED, stage=None)
        lead.closed_as, lead.closed_at, lead.reason_id = Lead.ClosedAs.DISQUALIFIED, at, reason_id
        seeds.append((lead, one.data))
    _write_new(seeds, "record", by=by, at=at, as_system=as_system)
    entered.leads = [lead for lead, _data in seeds]
    return entered


def last_pursuits(person_ids: Sequence[int]) -> dict[int, Lead]:
    """The latest closed pursuit of each person that has no successor: a new one continues it."""
    closed = Lead.objects.filter(person__in=person_ids, phase=Phase.CLOSED, next=None)
    return {lead.person_id: lead for lead in closed.exclude(closed_as=Lead.ClosedAs.MERGED).order_by("pk")}


class _Batch:
    """What every lead of one batch is judged by, read once."""

    def __init__(self, new: Sequence[NewLead], *, at: datetime) -> None:
        self.at = at
        ids = [one.person_id for one in new]
        # Locked, so that two of us cannot open a lead for one person, nor one for somebody being merged or erased.
        locked = Person.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        self.people = {person.pk: person for person in locked}
        self.version = AgreementVersion.objects.in_force()
        self.calendars = Calendars(at=at)
        self.teams = dict(Team.objects.values_list("pk", "calendar_id"))
        employed = Employment.objects.filter(person__in=ids, is_current=True, account__isnull=False)
        self.accounts = dict(employed.values_list("person_id", "account_id"))
        self.router = Router.for_batch(ids, list(self.accounts.values()), at=at)
        self.default_team_id = self.router.default_team_id
        # A pursuit that is closed in the same batch (a wake) is not in the way of its next.
        self.busy = set(Lead.objects.open().filter(person__in=ids).values_list("person_id", flat=True))
        self.tiers = judge(list(self.people.values()), version=self.version, at=at)
        self.seen: dict[int, int] = defaultdict(int)

    def calendar_of_team(self, team_id: int) -> int:
        return self.teams[team_id]

    def route(self, one: NewLead) -> Route:
        person = self.people[one.person_id]
        self.seen[person.pk] += 1
        if person.pk in self.busy or self.seen[person.pk] > 1:
            return Route("open_lead")
        routed = self.router.route(person, account_id=self._account_id(one), source=one.source, lane=one.lane)
        if one.team_id is None or (routed.is_refused and routed.because != "no_team"):
            return routed
        team_id = self.router.team_for(one.team_id)
        if one.bdr_id is None or not self.router.can_hold(one.bdr_id, team_id):
            return Route("pool" if one.because == "wake" else one.because or "pool", team_id)
        return Route(one.because or "pool", team_id, one.bdr_id, ref=one.bdr_id)

    def lead(self, one: NewLead, route: Route, *, phase: str, stage: Stage | None) -> Lead:
        judged = self.tiers[one.person_id]
        return Lead(
            person_id=one.person_id,
            account_id=self._account_id(one),
            team_id=route.team_id or self.default_team_id,
            phase=phase,
            stage=stage,
            lane=one.lane,
            origin=one.origin,
            source=one.source,
            sourced_by_id=one.sourced_by_id,
            previous_id=one.previous_id,
            agreement=self.version,
            tier=judged.tier,
            tier_parts=judged.parts,
            evidence=one.evidence,
            created_at=self.at,
        )

    def _account_id(self, one: NewLead) -> int | None:
        return one.account_id or self.accounts.get(one.person_id)


def _write_new(
    seeds: Sequence[tuple[Lead, dict[str, Any]]],
    verb: str,
    *,
    by: User | None,
    at: datetime,
    as_system: bool = False,
) -> None:
    """Write leads and their first events: two statements for a batch."""
    events = [begin(lead, verb, by=by, at=at, data=data, as_system=as_system) for lead, data in seeds]
    leads = [lead for lead, _data in seeds]
    insert_objects(leads)
    for lead, event in zip(leads, events, strict=True):
        event.lead_id = lead.pk
    insert_objects(events)


def _routed(route: Route) -> dict[str, Any]:
    return {"because": route.because, "ref": route.ref, "team": route.team_id, "bdr": route.bdr_id}
