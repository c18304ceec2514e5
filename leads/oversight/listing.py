"""The leads of a team that a manager asks for, to look at and to move: what is due first on top, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from agreement.models import Phase, SLAClause
from leads.inbox import outcome_due
from leads.models import Clock, Lead, Step
from leads.oversight.days import Days, days_of
from leads.oversight.pool import of_age
from leads.oversight.red import HELD, RED, red_leads
from team.addresses import read_moment, read_number
from team.models import Team

PAGE = 50


def leads_of(team: Team, filters: Mapping[str, Any], *, at: datetime) -> QuerySet[Lead]:
    """The open leads of a team that these filters leave, what is due first on top."""
    if filters.get("promise"):
        leads = promised_lately(team, days_of(at), is_met=filters["promise"] == "met")
    elif filters.get("red") in RED:
        leads = red_leads(filters["red"], team_id=team.pk, at=at)
    else:
        leads = Lead.objects.open().filter(team=team)
    rep = filters.get("rep")
    if rep == "none":
        leads = leads.filter(bdr=None)
    elif rep and filters.get("steps"):
        # Whoever she owes something, also of a colleague's lead or one that sales has.
        leads = leads.filter(pk__in=owed_by(int(rep), filters["steps"], days=days_of(at)).values("lead"))
    elif rep:
        leads = leads.filter(bdr=int(rep))
    if filters.get("phase") == "held":
        leads = leads.filter(phase__in=HELD)
    elif filters.get("phase"):
        leads = leads.filter(phase=filters["phase"])
    if filters.get("lane"):
        leads = leads.filter(lane=filters["lane"])
    if filters.get("band") not in (None, ""):
        leads = leads.filter(phase=Phase.QUEUED, band=int(filters["band"]))
    if filters.get("tier"):
        leads = leads.filter(tier__startswith=filters["tier"])
    if filters.get("age"):
        leads = leads.filter(of_age(filters["age"], days_of(at)), phase=Phase.QUEUED)
    leads = leads.annotate(outcome_due=outcome_due("pk", at=at), stands_at=Coalesce("due_at", "closed_at"))
    due = filters.get("due")
    if due:
        tomorrow = days_of(at).tomorrow
        # After a meeting its outcome is what is due, and that for when it was promised.
        asked = Q(phase=Phase.ACCEPTED, outcome_due__isnull=False)
        is_late = ~Q(phase=Phase.ACCEPTED) | Q(outcome_due=None) | Q(outcome_due__lte=at)
        later = Q(due_at__gt=at, due_at__lt=tomorrow) | asked & Q(outcome_due__gt=at, outcome_due__lt=tomorrow)
        leads = leads.filter(is_late, due_at__lte=at) if due == "overdue" else leads.filter(later)
    return leads.select_related("person", "account", "bdr", "ae", "stage").order_by("stands_at", "id")


def owed_by(rep: int, when: str, *, days: Days) -> QuerySet[Step]:
    """Her open steps that are overdue, or come later today: what stands in her row of the morning."""
    steps = Step.objects.open().filter(assignee=rep)
    return steps.filter(due_at__lte=days.at) if when == "overdue" else steps.filter(
        due_at__gt=days.at, due_at__lt=days.tomorrow
    )  # fmt: skip


def promised_lately(team: Team, days: Days, *, is_met: bool) -> QuerySet[Lead]:
    """Whose first touch was due in seven days, closed ones too: the leads behind the figure of the morning."""
    met = Q(state=Clock.State.MET, missed_at=None)
    clocks = Clock.objects.filter(
        met if is_met else ~met,
        kind=SLAClause.Kind.FIRST_TOUCH,
        due_at__gte=days.week_ago,
        due_at__lte=days.at,
        lead__team=team,
    ).exclude(state=Clock.State.EXCUSED)
    return Lead.objects.filter(team=team, pk__in=clocks.values("lead"))


def page_of(leads: QuerySet[Lead], after: str) -> tuple[list[Lead], str]:
    """One page of them by its keys, and the keys of the next."""
    place = _place(after)
    if place is not None:
        due_at, pk = place
        leads = leads.filter(Q(stands_at__gt=due_at) | Q(stands_at=due_at, id__gt=pk))
    rows: list[Any] = list(leads[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.stands_at.isoformat()}_{last.pk}"


def _place(after: str) -> tuple[datetime, int] | None:
    """None for an address that carries no place, or nonsense: the list then begins at its top."""
    moment, _bar, pk = after.rpartition("_")
    due_at, key = read_moment(moment), read_number(pk)
    return None if due_at is None or key is None else (due_at, key)
