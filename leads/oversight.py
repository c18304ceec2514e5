"""What a manager sees of her team: what is red, each rep's load, the pool by lane and band, leads to move. Reads only.

A fixed number of queries, however many reps and leads there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from agreement.models import Lane, Phase, SLAClause, StepKind
from leads.inbox import outcome_due
from leads.models import Activity, Clock, HandOff, Lead, SecondLook, Step
from team.addresses import read_moment, read_number
from team.models import Absence, Role, Team, User

FEW = 8
PAGE = 50
HELD = (Phase.QUEUED, Phase.WORKING)


@dataclass
class Red:
    """One kind of what went wrong and is still open, the oldest first."""

    key: str
    title: str | Promise
    leads: list[Lead]
    total: int


@dataclass
class Rep:
    """One row: who, here or away, what she holds, what is due, what she did today."""

    user: User
    absence: Absence | None = None
    cover: User | None = None
    held: int = 0
    due: int = 0
    overdue: int = 0
    touches: int = 0
    talks: int = 0
    meetings: int = 0

    @property
    def load_is(self) -> str:
        if self.held > self.user.open_limit:
            return "overdue"
        return "due" if self.held * 10 >= self.user.open_limit * 9 else ""

    @property
    def shown_load(self) -> int:
        return min(self.held, self.user.open_limit)


@dataclass
class PoolRow:
    lane: str
    label: str
    bands: list[int]
    oldest: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.bands)


@dataclass
class Console:
    """The console of one team."""

    team: Team
    red: list[Red]
    reps: list[Rep]
    pool: list[PoolRow]
    looks: list[SecondLook]
    looks_total: int
    sums: Rep = field(default_factory=lambda: Rep(User(name="")))

    @property
    def red_total(self) -> int:
        return sum(red.total for red in self.red)


RED: dict[str, str | Promise] = {
    "waiting": gettext_lazy("A person waits in the pool"),
    "first_touch": gettext_lazy("First touch missed"),
    "answer": gettext_lazy("Hand-off not answered"),
    "outcome": gettext_lazy("Outcome missing"),
    "rebook": gettext_lazy("No-show, not rebooked"),
}


def red_leads(key: str, *, team_id: int, at: datetime) -> QuerySet[Lead]:
    """The open leads of one kind, each with the moment since when: `since`."""
    leads = Lead.objects.filter(team=team_id)
    if key == "waiting":
        return leads.filter(phase=Phase.QUEUED, band=Lead.Band.WAITING).annotate(since=F("due_at"))
    if key == "first_touch":
        untouched = leads.filter(phase__in=HELD, first_touched_at=None)
        return _late(untouched, SLAClause.Kind.FIRST_TOUCH, at=at).exclude(phase=Phase.QUEUED, band=Lead.Band.WAITING)
    if key == "answer":
        sent = HandOff.objects.unanswered_since(at).filter(lead=OuterRef("pk"))
        handed = leads.filter(phase=Phase.HANDED_OFF).filter(Exists(sent))
        return handed.annotate(since=Subquery(sent.values("respond_by")[:1]))
    if key == "outcome":
        return _late(leads.filter(phase=Phase.ACCEPTED), SLAClause.Kind.OUTCOME, at=at)
    rebook = Step.objects.open().filter(lead=OuterRef("pk"), kind=StepKind.REBOOK, due_at__lte=at).order_by("due_at")
    shown = leads.filter(phase=Phase.WORKING).filter(Exists(rebook))
    return shown.annotate(since=Subquery(rebook.values("due_at")[:1]))


def _late(leads: QuerySet[Lead], kind: str, *, at: datetime) -> QuerySet[Lead]:
    """Those whose last clock of this kind ran out: an earlier one belongs to an earlier promise."""
    last = Clock.objects.filter(lead=OuterRef("pk"), kind=kind).order_by("-id")
    clocked = leads.annotate(since=Subquery(last.values("due_at")[:1]), clock_is=Subquery(last.values("state")[:1]))
    return clocked.filter(since__lte=at, clock_is__in=[Clock.State.RUNNING, Clock.State.MISSED])


def console_of(team: Team, *, at: datetime) -> Console:
    """Everything the manager's page shows of one team above its list of leads."""
    red = [Red(key, title, *_few(red_leads(key, team_id=team.pk, at=at))) for key, title in RED.items()]
    looks: list[Any] = list(
        SecondLook.objects.filter(team=team, state=SecondLook.State.OPEN)
        .select_related("lead__person", "lead__account", "lead__bdr", "lead__reason")
        .annotate(of=Window(Count("*")))
        .order_by("due_at", "id")[:FEW]
    )
    console = Console(
        team=team,
        red=[one for one in red if one.total],
        reps=reps_of(team, at=at),
        pool=_pool(team),
        looks=looks,
        looks_total=looks[0].of if looks else 0,
    )
    for rep in console.reps:
        for name in ("held", "due", "overdue", "touches", "talks", "meetings"):
            setattr(console.sums, name, getattr(console.sums, name) + getattr(rep, name))
    console.sums.user.open_limit = sum(rep.user.open_limit for rep in console.reps)
    console.sums.user.touches_goal = sum(rep.user.touches_goal for rep in console.reps)
    return console


def reps_of(team: Team, *, at: datetime) -> list[Rep]:
    """The reps of a team by name, in six queries for any number of them."""
    users = User.objects.active().with_role(Role.BDR, team).order_by("name", "pk")
    reps = {user.pk: Rep(user) for user in users}
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)
    # As cover is lent: to a rep of the team who is here, of two at once to that of the absence that ends last.
    lent = Absence.objects.covered(at).filter(cover__memberships__role=Role.BDR, cover__memberships__team=team)
    away = Absence.objects.covering(at).filter(user__in=reps).select_related("cover")
    for absence in away.annotate(is_covered=Exists(lent.filter(pk=OuterRef("pk")))).order_by("ends_at", "-pk"):
        rep = reps[absence.user_id]
        rep.absence = absence
        rep.cover = absence.cover if absence.is_covered else rep.cover
    held = Lead.objects.filter(bdr__in=reps, phase__in=HELD).order_by().values("bdr").annotate(held=Count("pk"))
    _put(reps, held, "bdr")
    steps = Step.objects.open().filter(assignee__in=reps, due_at__lt=tomorrow).order_by().values("assignee")
    _put(
        reps,
        steps.annotate(
            due=Count("lead", distinct=True, filter=Q(due_at__gt=at)),
            overdue=Count("lead", distinct=True, filter=Q(due_at__lte=at)),
        ),
        "assignee",
    )
    done = Activity.objects.filter(by__in=reps, at__gte=midnight).order_by().values("by")
    touch = Q(kind__in=Activity.TOUCHES)
    talk = Q(is_conversation=True)
    _put(reps, done.annotate(touches=_net(touch), talks=_net(talk)), "by")
    booked = HandOff.objects.filter(bdr__in=reps, sent_at__gte=midnight, meeting_at__isnull=False)
    booked = booked.exclude(state__in=[HandOff.State.UNDONE, HandOff.State.WITHDRAWN])
    _put(reps, booked.order_by().values("bdr").annotate(meetings=Count("pk")), "bdr")
    return list(reps.values())


def leads_of(team: Team, filters: Mapping[str, Any], *, at: datetime) -> QuerySet[Lead]:
    """The open leads of a team that these filters leave, what is due first on top."""
    if filters.get("red") in RED:
        leads = red_leads(filters["red"], team_id=team.pk, at=at)
    else:
        leads = Lead.objects.open().filter(team=team)
    rep = filters.get("rep")
    if rep == "none":
        leads = leads.filter(bdr=None)
    elif rep:
        leads = leads.filter(bdr=int(rep))
    if filters.get("phase"):
        leads = leads.filter(phase=filters["phase"])
    if filters.get("lane"):
        leads = leads.filter(lane=filters["lane"])
    if filters.get("band") not in (None, ""):
        leads = leads.filter(phase=Phase.QUEUED, band=int(filters["band"]))
    leads = leads.annotate(outcome_due=outcome_due("pk", at=at))
    due = filters.get("due")
    if due:
        midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
        tomorrow = midnight + timedelta(days=1)
        # After a meeting its outcome is what is due, and that for when it was promised.
        asked = Q(phase=Phase.ACCEPTED, outcome_due__isnull=False)
        is_late = ~Q(phase=Phase.ACCEPTED) | Q(outcome_due=None) | Q(outcome_due__lte=at)
        later = Q(due_at__gt=at, due_at__lt=tomorrow) | asked & Q(outcome_due__gt=at, outcome_due__lt=tomorrow)
        leads = leads.filter(is_late, due_at__lte=at) if due == "overdue" else leads.filter(later)
    return leads.select_related("person", "account", "bdr", "ae", "stage").order_by("due_at", "id")


def page_of(leads: QuerySet[Lead], after: str) -> tuple[list[Lead], str]:
    """One page of them by its keys, and the keys of the next."""
    place = _place(after)
    if place is not None:
        due_at, pk = place
        leads = leads.filter(Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=pk))
    rows = list(leads[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.due_at.isoformat() if last.due_at else ''}_{last.pk}"


def _place(after: str) -> tuple[datetime, int] | None:
    """None for an address that carries no place, or nonsense: the list then begins at its top."""
    moment, _bar, pk = after.rpartition("_")
    due_at, key = read_moment(moment), read_number(pk)
    return None if due_at is None or key is None else (due_at, key)


def _few(leads: QuerySet[Lead]) -> tuple[list[Lead], int]:
    rows: Any = leads.select_related("person", "account", "bdr", "ae").annotate(of=Window(Count("*")))
    found: list[Any] = list(rows.order_by("since", "id")[:FEW])
    return found, (found[0].of if found else 0)


def _pool(team: Team) -> list[PoolRow]:
    """Queued leads by lane and band, with the one that has waited longest."""
    rows = {lane.value: PoolRow(lane.value, str(lane.label), [0] * len(Lead.Band)) for lane in Lane}
    counted = Lead.objects.filter(team=team, phase=Phase.QUEUED).order_by().values("lane", "band")
    for row in counted.annotate(n=Count("pk"), oldest=Min("first_queued_at")):
        line = rows[row["lane"]]
        line.bands[row["band"]] += row["n"]
        line.oldest = min(filter(None, (line.oldest, row["oldest"])), default=None)
    return list(rows.values())


def _put(reps: dict[int, Rep], rows: Any, of: str) -> None:
    for row in rows:
        rep = reps[row.pop(of)]
        for name, value in row.items():
            setattr(rep, name, value)


def _net(what_counts: Q) -> Any:
    """Rows less those that take one back."""
    return Count("pk", filter=what_counts & Q(reverses=None)) - Count("pk", filter=what_counts & ~Q(reverses=None))
