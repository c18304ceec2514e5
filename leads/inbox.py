"""Hand-offs by what they ask for: to answer, to say how it went, accepted, qualified. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import SLAClause
from leads.models import Clock, HandOff
from team.models import Role

if TYPE_CHECKING:
    from team.models import User

# What is open with one AE, or one team, and shown at once; more than that is a list, and "Show all" leads to it.
OPEN_MAX = 200
FEW = 6
PAGE = 50
CAME_BACK_DAYS = 14
WORKING_WEEK = 5
# Deals: what is overdue stands first, longest of all.
DUE = ("lead__due_at", "id")


class View:
    """Whose hand-offs: those to me, those I sent, those of the teams I manage."""

    TO_ME = "to_me"
    FROM_ME = "from_me"
    TEAM = "team"


VIEWS: tuple[tuple[str, str | Promise, str], ...] = (
    (View.TO_ME, gettext_lazy("To me"), Role.AE),
    (View.FROM_ME, gettext_lazy("From me"), Role.BDR),
    (View.TEAM, gettext_lazy("Of my team"), Role.MANAGER),
)


@dataclass
class Group:
    key: str
    title: str | Promise
    items: list[HandOff] = field(default_factory=list)
    total: int = 0
    # Its items are shown to their end, a page at a time.
    next_id: int | None = None

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.items)


@dataclass
class Day:
    day: date
    at: datetime
    is_today: bool
    items: list[HandOff] = field(default_factory=list)


@dataclass
class Inbox:
    view: str
    groups: list[Group]
    days: list[Day]
    to_answer: int
    meetings: int

    @property
    def first(self) -> HandOff | None:
        """What is asked for first: an answer, then an outcome, then what comes next."""
        return next((item for group in self.groups for item in group.items), None)


def views_of(user: User) -> list[tuple[str, str | Promise]]:
    """The views this user has, the one she works in first."""
    return [(key, label) for key, label, role in VIEWS if user.has_role(role)]


def inbox_of(user: User, view: str, *, at: datetime) -> Inbox:
    """Three queries, however many hand-offs there are: what is open, what is a deal, what came back."""
    open_ones = list(_open(user, view, at=at))
    to_answer = sorted((one for one in open_ones if one.is_unanswered), key=lambda one: one.respond_by)
    accepted = [one for one in open_ones if one.is_accepted]
    over = [one for one in accepted if _is_over(one, at)]
    ahead = [one for one in accepted if not _is_over(one, at)]
    groups = [
        _whole("answer", _("Waiting for an answer") if view == View.FROM_ME else _("To answer"), to_answer),
        _whole("outcome", _("Say how it went"), sorted(over, key=_next_moment)),
        _few("accepted", _("Accepted"), sorted(ahead, key=_next_moment)),
        _counted("qualified", _("Qualified"), _of(user, view, HandOff.objects.qualified(), is_kept=True), by=DUE),
    ]
    if view != View.TO_ME:
        since = at - timedelta(days=CAME_BACK_DAYS)
        lately = HandOff.objects.came_back().filter(Q(answered_at__gte=since) | Q(outcome_at__gte=since))
        groups.append(_counted("back", _("Came back lately"), _of(user, view, lately)))
    days = _days(open_ones, at=at)
    return Inbox(
        view=view,
        groups=[group for group in groups if group.items or group.key == "answer"],
        days=days,
        to_answer=len(to_answer),
        meetings=sum(len(day.items) for day in days),
    )


def whole_list(user: User, view: str, key: str, *, before: int | None = None) -> Group | None:
    """One group to its end, newest first, of deals by when they are due, a page at a time from the row of this key on;
    None when there is no such group."""
    rows = {
        "accepted": lambda: _of(user, view, HandOff.objects.accepted()),
        "qualified": lambda: _of(user, view, HandOff.objects.qualified(), is_kept=True),
        "back": lambda: _of(user, view, HandOff.objects.came_back(), is_kept=True),
    }.get(key)
    if rows is None:
        return None
    is_by_due = key == "qualified"
    page = rows().order_by(*(DUE if is_by_due else ("-id",)))
    if before is not None and is_by_due:
        due_at = Subquery(HandOff.objects.filter(pk=before).values("lead__due_at")[:1])
        page = page.filter(Q(lead__due_at__gt=due_at) | Q(lead__due_at=due_at, id__gt=before))
    elif before is not None:
        page = page.filter(id__lt=before)
    items = list(page[: PAGE + 1])
    titles = {"accepted": _("Accepted"), "qualified": _("Qualified"), "back": _("Came back")}
    next_id = items[PAGE - 1].pk if len(items) > PAGE else None
    return Group(key, titles[key], items[:PAGE], len(items[:PAGE]), next_id)


def _of(user: User, view: str, rows: Any, *, is_kept: bool = False) -> QuerySet[HandOff]:
    """The rows of this view; `is_kept` leaves out what went on to another AE, whose it is then."""
    if view == View.TO_ME:
        rows = rows.filter(lead__ae=user) if is_kept else rows.addressed_to(user)
    elif view == View.FROM_ME:
        rows = rows.sent_by(user)
    else:
        rows = rows.of_teams(user.teams_as(Role.MANAGER))
    found: QuerySet[HandOff] = rows.with_people()
    return found


def outcome_due(lead: str, *, at: datetime) -> Subquery:
    """Once the meeting is over: for when its outcome was promised, whether that has run out or not.

    Only the clock of the meeting that stands: one of an earlier hand-off, or from before it was moved to another day,
    began earlier than this meeting. `lead` is the way to the lead from the row that asks. Inbox, brief and team say
    this one moment.
    """
    promised = Clock.objects.filter(
        lead=OuterRef(lead),
        kind=SLAClause.Kind.OUTCOME,
        state__in=[Clock.State.RUNNING, Clock.State.MISSED],
        lead__hand_offs__state=HandOff.State.ACCEPTED,
        started_at__gte=Coalesce("lead__hand_offs__meeting_at", "lead__hand_offs__sent_at"),
        started_at__lte=at,
    )
    return Subquery(promised.order_by("-id").values("due_at")[:1])


def _open(user: User, view: str, *, at: datetime) -> QuerySet[HandOff]:
    """Open ones, with the moment their outcome was promised for, and until when whose they are is away."""
    open_ones = HandOff.objects.open().with_absence(at)
    rows = _of(user, view, open_ones).annotate(outcome_due=outcome_due("lead", at=at))
    return rows.order_by("respond_by", "id")[:OPEN_MAX]


def _is_over(hand_off: HandOff, at: datetime) -> bool:
    """The meeting has ended, or the first conversation was due: somebody knows how it went."""
    return _next_moment(hand_off) <= at


def _next_moment(hand_off: HandOff) -> datetime:
    return hand_off.meeting_ends_at or hand_off.lead.due_at or hand_off.respond_by


def _whole(key: str, title: str, items: list[HandOff]) -> Group:
    return Group(key, title, items, len(items))


def _few(key: str, title: str, items: list[HandOff]) -> Group:
    return Group(key, title, items[:FEW], len(items))


def _counted(key: str, title: str, rows: QuerySet[HandOff], *, by: Sequence[str] = ("-id",)) -> Group:
    items: list[Any] = list(rows.annotate(of=Window(Count("*"))).order_by(*by)[:FEW])
    return Group(key, title, items, items[0].of if items else 0)


def _days(open_ones: list[HandOff], *, at: datetime) -> list[Day]:
    """Today and the working days to come, five in all; other days of this week where something is booked."""
    today = timezone.localtime(at).date()
    booked = {_day(one) for one in open_ones}
    days: list[Day] = []
    for offset in range(-today.weekday(), 14):
        day = today + timedelta(days=offset)
        ahead = sum(one.day >= today for one in days)
        is_shown = day in booked if offset < 0 or day.weekday() >= WORKING_WEEK else ahead < WORKING_WEEK
        if is_shown or day == today:
            items = sorted((one for one in open_ones if _day(one) == day), key=lambda one: one.meeting_at or at)
            noon = datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())
            days.append(Day(day, noon, day == today, items))
        if ahead >= WORKING_WEEK:
            break
    return days


def _day(hand_off: HandOff) -> date | None:
    return timezone.localtime(hand_off.meeting_at).date() if hand_off.meeting_at else None
