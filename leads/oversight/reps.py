"""Each rep's row: here or away, what she holds, what is due, what she did today and this week, what time is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast

from agreement.models import Phase, SLAClause
from leads.models import Activity, Clock, HandOff, Lead, LeadEvent, Step
from leads.models.handoff import BOOKED, MEETS
from leads.oversight.days import Days
from team.calendars import NoCalendar, worktimes_of
from team.models import Absence, Membership, Role, Team, User
from team.prepared import Prepared
from team.prepared_objects import PreparedObjects
from team.worktime import NeverOpen, WorkCalendar, end_of_working_day, is_working, next_opening, working_minutes_between

HELD = (Phase.QUEUED, Phase.WORKING)
# A meeting is booked at most so long before it is held and judged.
BOOKED_DAYS = 120
COUNTED = ("touches", "talks", "calls", "booked", "held", "accepted")
# What there are goals of for a calendar month.
OF_MONTH = ("booked", "accepted")
LIMITS = ("open_limit", "touches_goal", "meetings_goal", "accepted_goal")


@dataclass
class Rep:
    """One row. `today` and `week` count by name: touches, talks, calls, booked, held, accepted."""

    user: User
    absence: Absence | None = None
    # Who really covers her now.
    cover: User | None = None
    is_working: bool = False
    # When her day ends while she works, else when it begins.
    turns_at: datetime | None = None
    minutes_today: int = 0
    minutes_week: int = 0
    # What counts against her limit, of whichever of her teams, and what of it is of this one; so are her steps.
    held: int = 0
    held_here: int = 0
    due: int = 0
    overdue: int = 0
    today: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    week: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    month: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OF_MONTH, 0))
    # Leads she chose in the pool herself in thirty days, and for how many she passed over somebody in front.
    picked: int = 0
    skipped: int = 0

    @property
    def is_present(self) -> bool:
        return self.absence is None

    @property
    def free(self) -> int:
        return max(self.user.open_limit - self.held, 0)

    @property
    def load_is(self) -> str:
        if self.held > self.user.open_limit:
            return "overdue"
        return "due" if self.held * 10 >= self.user.open_limit * 9 else ""

    @property
    def shown_load(self) -> int:
        return min(self.held, self.user.open_limit)

    @property
    def connect_rate(self) -> int | None:
        """Conversations of a hundred calls this week; None before the first call."""
        return round(100 * self.week["talks"] / self.week["calls"]) if self.week["calls"] else None

    @property
    def hours_today(self) -> float:
        return round(self.minutes_today / 60, 1)

    @property
    def hours_week(self) -> int:
        return round(self.minutes_week / 60)


@dataclass
class Figures:
    """The head of the page: first touches in time of those promised in seven days, meetings of this week."""

    met: int = 0
    promised: int = 0
    meetings: int = 0

    @property
    def percent(self) -> int | None:
        return round(100 * self.met / self.promised) if self.promised else None


def reps_of(team: Team, days: Days) -> tuple[list[Rep], Figures]:
    """The reps of a team by name and the figures of its head: five statements for any number of them, and one more
    where some of them work for another team, too."""
    found: list[Any] = _REPS.objects(team=team.pk)
    reps = {user.pk: Rep(user) for user in found}
    away: dict[int, list[tuple[datetime, datetime]]] = {}
    absences = _AWAY.objects(
        team=team.pk, reps=list(reps), at=days.at, since=days.midnight, until=days.next_monday
    ) if reps else []  # fmt: skip
    for absence in absences:
        rep = reps[absence.user_id]
        away.setdefault(rep.user.pk, []).append((absence.starts_at, absence.ends_at))
        if absence.starts_at <= days.at < absence.ends_at:
            rep.absence = absence
            rep.cover = absence.cover if absence.is_covered else rep.cover
    figures = _count(reps, team, days)
    _leave_out_other_teams({user.pk: reps[user.pk] for user in found if user.is_shared}, team, days)
    _put_hours(reps, away, days)
    return list(reps.values()), figures


def _away(*, team: Any, reps: Any, at: Any, since: Any, until: Any) -> QuerySet[Absence]:
    # As cover is lent: to a rep of the team who is here, of two at once to that of the absence that ends last.
    lent = Absence.objects.covered_in_team(at, team)
    absences = Absence.objects.filter(user__in=reps, ends_at__gt=since, starts_at__lt=until)
    covered = absences.annotate(is_covered=Exists(lent.filter(pk=OuterRef("pk"))))
    return covered.select_related("cover").order_by("ends_at", "-pk")


def _reps(team: Any) -> QuerySet[User]:
    elsewhere = Membership.objects.filter(user=OuterRef("pk"), role=Role.BDR).exclude(team=team)
    reps = User.objects.active().with_role(Role.BDR, team).only("name", *LIMITS)
    return reps.annotate(is_shared=Exists(elsewhere)).order_by("name", "pk")


_REPS = PreparedObjects(_reps)
_AWAY = PreparedObjects(_away)


def sum_of(reps: Iterable[Rep]) -> Rep:
    """The last row: all of them together."""
    rows = list(reps)
    total = Rep(User(name="", **{name: sum(getattr(rep.user, name) for rep in rows) for name in LIMITS}))
    for name in ("held", "held_here", "due", "overdue", "picked", "skipped", "minutes_today", "minutes_week"):
        setattr(total, name, sum(getattr(rep, name) for rep in rows))
    for name in COUNTED:
        total.today[name] = sum(rep.today[name] for rep in rows)
        total.week[name] = sum(rep.week[name] for rep in rows)
    for name in OF_MONTH:
        total.month[name] = sum(rep.month[name] for rep in rows)
    return total


def _put_hours(reps: dict[int, Rep], away: dict[int, list[tuple[datetime, datetime]]], days: Days) -> None:
    try:
        calendars = worktimes_of(list(reps), away=away, at=days.at)
    except NoCalendar:
        return
    for user_id, rep in reps.items():
        _put_hours_of(rep, calendars[user_id], days)


def _put_hours_of(rep: Rep, calendar: WorkCalendar, days: Days) -> None:
    rep.is_working = is_working(calendar, days.at)
    rep.minutes_today = working_minutes_between(calendar, days.at, days.tomorrow)
    rep.minutes_week = working_minutes_between(calendar, days.at, days.next_monday)
    try:
        rep.turns_at = (end_of_working_day if rep.is_working else next_opening)(calendar, days.at)
    except NeverOpen:
        rep.turns_at = None


def _count(reps: dict[int, Rep], team: Team, days: Days) -> Figures:
    figures = Figures()
    rows = _COUNTS.rows(
        reps=list(reps),
        team=team.pk,
        at=days.at,
        midnight=days.midnight,
        tomorrow=days.tomorrow,
        monday=days.monday,
        next_monday=days.next_monday,
        week_ago=days.week_ago,
        month_ago=days.month_ago,
        month=days.month,
        booked_since=days.monday - timedelta(days=BOOKED_DAYS),
    )
    for what, user_id, *counts in rows:
        if what == "clocks":
            figures.met, figures.promised, *_rest = counts
        elif what == "ahead":
            figures.meetings = counts[0]
        elif user_id in reps:
            _put(reps[user_id], what, counts)
    return figures


def _put(rep: Rep, what: str, counts: list[int]) -> None:
    if what == "leads":
        rep.held = rep.held_here = counts[0]
    elif what == "steps":
        rep.due, rep.overdue, *_rest = counts
    elif what == "claims":
        rep.picked, rep.skipped, *_rest = counts
    elif what == "meetings":
        rep.today |= dict(zip(COUNTED[3:], counts[:3], strict=True))
        rep.week |= dict(zip(COUNTED[3:], counts[3:6], strict=True))
        rep.month |= dict(zip(OF_MONTH, counts[6:], strict=True))
    else:
        for name, count in zip(COUNTED[:3], counts[:3], strict=True):
            rep.week[name] += count
            if what == "did_today":
                rep.today[name] = count


def _leave_out_other_teams(reps: dict[int, Rep], team: Team, days: Days) -> None:
    """Of whoever works for other teams, too, what the lists of this team hold."""
    for rep in reps.values():
        rep.held_here = rep.due = rep.overdue = rep.picked = rep.skipped = 0
    rows = _HERE.rows(
        reps=list(reps), team=team.pk, at=days.at, tomorrow=days.tomorrow, month_ago=days.month_ago
    ) if reps else ()  # fmt: skip
    for what, user_id, *counts in rows:
        if what == "leads":
            reps[user_id].held_here = counts[0]
        else:
            _put(reps[user_id], what, counts)


def _here(*, reps: Any, team: Any, at: Any, tomorrow: Any, month_ago: Any) -> QuerySet[Any, Any]:
    first, *others = _theirs(reps, Q(team=team), Q(lead__team=team), at=at, tomorrow=tomorrow, month_ago=month_ago)
    union: QuerySet[Any, Any] = first.union(*others, all=True)
    return union


def _theirs(reps: Any, lead: Q, of_lead: Q, *, at: Any, tomorrow: Any, month_ago: Any) -> list[QuerySet[Any, Any]]:
    """What they hold, what they owe today, whom they picked: as lines."""
    leads = Lead.objects.filter(lead, bdr__in=reps, phase__in=HELD)
    steps = Step.objects.open().filter(of_lead, assignee__in=reps, due_at__lt=tomorrow)
    claims = LeadEvent.objects.filter(of_lead, verb="claim", by__in=reps, at__gte=month_ago, data__has_key="ahead")
    return [
        _line("leads", leads, "bdr", Count("bdr")),
        _line(
            "steps", steps, "assignee",
            Count("lead", distinct=True, filter=Q(due_at__gt=at)),
            Count("lead", distinct=True, filter=Q(due_at__lte=at)),
        ),
        _line("claims", claims, "by", Count("pk"), Count("pk", filter=Q(data__ahead__gt=0))),
    ]  # fmt: skip


def _counts(
    *,
    reps: Any,
    team: Any,
    at: Any,
    midnight: Any,
    tomorrow: Any,
    monday: Any,
    next_monday: Any,
    week_ago: Any,
    month_ago: Any,
    month: Any,
    booked_since: Any,
) -> QuerySet[Any, Any]:
    did = Activity.objects.filter(by__in=reps)
    done = [net(what) for what in (Q(kind__in=Activity.TOUCHES), Q(is_conversation=True), Q(kind=Activity.Kind.CALL))]
    offs = HandOff.objects.filter(bdr__in=reps, sent_at__gte=booked_since)
    clocks = Clock.objects.filter(
        kind=SLAClause.Kind.FIRST_TOUCH, due_at__gte=week_ago, due_at__lte=at, lead__team=team
    ).exclude(state=Clock.State.EXCUSED)
    ahead = HandOff.objects.filter(
        MEETS, lead__team=team, meeting_at__gte=monday, meeting_at__lt=next_monday
    ).order_by()
    first, *others = _theirs(reps, Q(), Q(), at=at, tomorrow=tomorrow, month_ago=month_ago)
    return first.union(
        *others,
        # Every row of a week is reckoned: of today's once, not twice.
        _line("did", did.filter(at__gte=monday, at__lt=midnight), "by", *done),
        _line("did_today", did.filter(at__gte=midnight), "by", *done),
        _line("meetings", offs, "bdr", *_meetings(midnight), *_meetings(monday), *_of_month(month)),
        _line(
            "clocks", clocks, "lead__team",
            Count("lead", filter=Q(state=Clock.State.MET, missed_at=None)), Count("lead"),
        ),
        _line("ahead", ahead, "lead__team", Count("pk")),
        all=True,
    )  # fmt: skip


MET = Q(state__in=[HandOff.State.QUALIFIED, HandOff.State.NOT_QUALIFIED])
SAID_YES = Q(state__in=[HandOff.State.ACCEPTED, HandOff.State.QUALIFIED, HandOff.State.NOT_QUALIFIED,
                        HandOff.State.NO_SHOW, HandOff.State.RETURNED])  # fmt: skip


def _meetings(since: Any) -> tuple[Count, Count, Count]:
    """Booked, held and accepted since then."""
    return (
        Count("pk", filter=BOOKED & Q(sent_at__gte=since)),
        Count("pk", filter=MET & Q(outcome_at__gte=since)),
        Count("pk", filter=SAID_YES & Q(answered_at__gte=since)),
    )


def _of_month(month: Any) -> tuple[Count, Count]:
    booked, _held, accepted = _meetings(month)
    return booked, accepted


def net(what_counts: Q) -> Any:
    """Rows of somebody less those that take one back; one sum, because it is reckoned for every row of a week."""
    return Sum(Case(When(what_counts & Q(reverses=None), then=1), When(what_counts, then=-1)), default=0)


WIDTH = 8


class _Always(Cast):
    """The same in every row: PostgreSQL would tell each row from the one before it by this as well."""

    def get_group_by_cols(self) -> list[Any]:
        return []

    def get_db_converters(self, _connection: Any) -> list[Any]:
        return []


def _line(what: str, rows: QuerySet[Any], of: str, *counts: Any) -> QuerySet[Any, Any]:
    """One kind of what is counted, by user: as many columns as every other kind. Count what an index has: the key of a
    row is in none."""
    numbers = [Cast(count, BigIntegerField()) for count in counts]
    numbers += [_Always(Value(0), BigIntegerField())] * (WIDTH - len(counts))
    named = {f"n{place}": number for place, number in enumerate(numbers)}
    grouped = rows.order_by().annotate(whose=Cast(F(of), BigIntegerField())).values("whose").annotate(**named)
    return grouped.values_list(_Always(Value(what), CharField()), "whose", *named)


_COUNTS, _HERE = Prepared(_counts), Prepared(_here)
