"""One page for a talk between a manager and a rep: the week in figures, and the leads to speak about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.actions.people import suppressed_channels
from agreement.models import SLAClause
from leads.cadence import kind_words
from leads.models import Clock, Lead, LeadEvent, Recycling, Step
from leads.oversight.days import Days, days_of
from leads.oversight.red import early_recyclings
from leads.oversight.reps import Rep, reps_of
from team.models import Role, Team, User

# So many of each fit on one printed page.
MANY = 8


@dataclass
class Sheet:
    rep: Rep
    days: Days
    misses: list[Clock]
    early: list[Recycling]
    skips: list[LeadEvent]
    # With what is to be done of each.
    overdue: list[tuple[Step, str]]


def sheet_of(user: User, team: Team, *, at: datetime) -> Sheet:
    """A dozen statements, whatever she did."""
    days = days_of(at)
    reps, _figures = reps_of(team, days)
    row = next((rep for rep in reps if rep.user.pk == user.pk), Rep(user))
    misses, early = _misses(user, team, days), _early(user, team, days)
    return Sheet(row, days, misses, early, _skips(user, team, days), _overdue(user, team, days))


def teams_of(manager: User, rep: User) -> list[int]:
    """Where the one is the manager of the other."""
    return sorted(set(manager.teams_as(Role.MANAGER)) & set(rep.teams_as(Role.BDR)))


def _misses(user: User, team: Team, days: Days) -> list[Clock]:
    """Missed while she held them: they are hers still, or were taken from her and she was told."""
    hers = Q(lead__bdr=user) | Q(lead__notices__user=user, lead__notices__kind="released")
    missed = Clock.objects.filter(
        hers, lead__team=team, kind=SLAClause.Kind.FIRST_TOUCH, missed_at__gte=days.week_ago, due_at__gte=days.week_ago
    )
    return list(missed.select_related("lead__person", "lead__account").distinct().order_by("due_at", "pk")[:MANY])


def _early(user: User, team: Team, days: Days) -> list[Recycling]:
    rows = early_recyclings(since=days.month_ago).filter(by=user, lead__team=team)
    return list(rows.select_related("lead__person", "lead__account").order_by("-at")[:MANY])


def _skips(user: User, team: Team, days: Days) -> list[LeadEvent]:
    claims: Any = LeadEvent.objects.filter(
        verb="claim", by=user, at__gte=days.month_ago, data__has_key="ahead", data__ahead__gt=0, lead__team=team
    )
    return list(claims.select_related("lead__person", "lead__account").order_by("-at")[:MANY])


def _overdue(user: User, team: Team, days: Days) -> list[tuple[Step, str]]:
    """One a lead, as the column counts them: that for which somebody waits, else the earliest."""
    steps = Step.objects.open().filter(
        assignee=user, due_at__lte=days.at, lead__in=Lead.objects.open().filter(team=team)
    )
    late: dict[int, list[Step]] = defaultdict(list)
    for step in steps.select_related("lead__person", "lead__account").order_by("due_at", "pk"):
        late[step.lead_id].append(step)
    first = [min(steps, key=lambda step: step.turn(days.at)) for steps in list(late.values())[:MANY]]
    silent = suppressed_channels({step.lead.person_id for step in first})
    return [(step, step.title or kind_words(step, silent.get(step.lead.person_id, ()))) for step in first]
