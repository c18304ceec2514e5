"""Who was declared dead: how many of those who came in, how soon, after how few attempts, and who lived on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import called
from leads.actions.closing import ATTEMPTS_ENOUGH
from leads.models import Lead, SecondLook
from reports.survival import Estimate, share_of
from team.models import Role, User

PAGE = 50
DAY = 24 * 60 * 60
DAYS_OF_MONTH = 30.4375
DEAD, HASTY, PUT_BACK, BACK, LIVED = "dead", "hasty", "put_back", "back", "lived"
WHATS = {
    DEAD: _("Declared dead"),
    HASTY: _("After fewer than three attempts"),
    PUT_BACK: _("Put back by a second look"),
    BACK: _("Came back later"),
    LIVED: _("Qualified or won later"),
}
# The heads of the tables.
SHORT = {
    DEAD: _("Dead"), HASTY: _("Few attempts"), PUT_BACK: _("Put back"), BACK: _("Came back"), LIVED: _("Lived on"),
}  # fmt: skip
BY = {"rep": "bdr", "source": "source"}


@dataclass
class Line:
    """Those of one rep, or of one source."""

    key: str
    label: str
    came: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WHATS, 0))
    days: list[int] = field(default_factory=list)

    @property
    def share(self) -> Estimate:
        return share_of(self.counts[DEAD], self.came)

    @property
    def after(self) -> int | None:
        """Days until half of them were."""
        return round(median(self.days)) if self.days else None

    @property
    def cells(self) -> list[tuple[str, int]]:
        return list(self.counts.items())


@dataclass
class GivenUp:
    all: Line
    reps: list[Line]
    sources: list[Line]


def came_in(user: User, *, months: int, at: datetime) -> QuerySet[Lead]:
    """The leads that came in during these months, not counting those who were woken: of hers, of her teams, of all."""
    leads = Lead.objects.filter(created_at__gt=at - timedelta(days=months * DAYS_OF_MONTH), created_at__lte=at)
    leads = leads.came_in().order_by()
    if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
        return leads
    seen = Q(team__in=user.teams_read(Role.MANAGER))
    if user.has_role(Role.BDR):
        seen |= Q(bdr=user)
    return leads.filter(seen)


def dead_of(leads: QuerySet[Lead]) -> QuerySet[Any]:
    """Those who were disqualified, each with what came of it."""
    later = Lead.objects.filter(person=OuterRef("person"), created_at__gte=OuterRef("closed_at")).exclude(
        pk=OuterRef("pk")
    )
    lived = later.filter(Q(closed_as=Lead.ClosedAs.WON) | Q(first_qualified_at__isnull=False))
    looked = SecondLook.objects.filter(lead=OuterRef("pk")).order_by("-pk")
    return leads.filter(closed_as=Lead.ClosedAs.DISQUALIFIED).annotate(
        looked=Subquery(looked.values("state")[:1]), later=Exists(later.order_by()), lived=Exists(lived.order_by())
    )


def narrowed(dead: QuerySet[Any], *, what: str, rep: int | None = None, source: str | None = None) -> QuerySet[Any]:
    """Those behind one figure."""
    if rep is not None:
        dead = dead.filter(bdr=rep or None)
    if source is not None:
        dead = dead.filter(source=source)
    match what:
        case "hasty":
            return dead.filter(attempts__lt=ATTEMPTS_ENOUGH)
        case "put_back":
            return dead.filter(looked=SecondLook.State.PUT_BACK)
        case "back":
            return dead.filter(later=True)
        case "lived":
            return dead.filter(lived=True)
    return dead


def given_up(user: User, *, months: int, at: datetime) -> GivenUp:
    """All figures in four statements, however many came in."""
    leads = came_in(user, months=months, at=at)
    rows = list(
        dead_of(leads).values_list(
            "bdr", "source", "created_at", "closed_at", "attempts", "looked", "later", "lived", named=True
        )
    )
    counted = {
        by: dict(leads.values_list(column).annotate(n=Count("pk")).values_list(column, "n"))
        for by, column in BY.items()
    }
    names = dict(User.objects.filter(pk__in=[pk for pk in counted["rep"] if pk]).values_list("pk", "name"))
    whole = Line("", "", sum(counted["source"].values()))
    _count(whole, rows)
    of_rep, of_source = defaultdict(list), defaultdict(list)
    for row in rows:
        of_rep[row.bdr].append(row)
        of_source[row.source].append(row)
    reps = [
        _counted(Line(str(pk or 0), names.get(pk or 0, str(_("nobody"))), n), of_rep[pk])
        for pk, n in counted["rep"].items()
    ]
    sources = [
        _counted(Line(source, source or str(_("unknown")), n), of_source[source])
        for source, n in counted["source"].items()
    ]
    for lines in (reps, sources):
        lines.sort(key=lambda line: (-line.counts[DEAD], -line.came, line.label))
    return GivenUp(whole, reps, sources)


def listed(dead: QuerySet[Any], *, after: int | None = None) -> tuple[list[dict[str, Any]], int | None]:
    """One page, the newest lead on top, and the key of the next."""
    if after is not None:
        dead = dead.filter(pk__lt=after)
    rows: list[Any] = list(
        dead.order_by("-pk").values(
            "pk", "public_id", "created_at", "closed_at", "attempts", "later", "lived",
            given=F("person__given_name"), family=F("person__family_name"), known_by=F("person__known_by"),
            company=F("account__name"), why=F("reason__label"), rep=F("bdr__name"),
        )[: PAGE + 1]
    )  # fmt: skip
    for row in rows:
        row["name"] = called(row["given"], row["family"], row["known_by"])
        row["days"] = _days(row["created_at"], row["closed_at"])
    return rows[:PAGE], rows[PAGE - 1]["pk"] if len(rows) > PAGE else None


def _counted(line: Line, rows: Iterable[Any]) -> Line:
    _count(line, rows)
    return line


def _count(line: Line, rows: Iterable[Any]) -> None:
    for row in rows:
        line.days.append(_days(row.created_at, row.closed_at))
        holds = {
            DEAD: True, HASTY: row.attempts < ATTEMPTS_ENOUGH, PUT_BACK: row.looked == SecondLook.State.PUT_BACK,
            BACK: row.later, LIVED: row.lived,
        }  # fmt: skip
        for what, is_so in holds.items():
            line.counts[what] += bool(is_so)


def _days(began: datetime, ended: datetime) -> int:
    return max(int((ended - began).total_seconds() // DAY), 0)
