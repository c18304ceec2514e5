"""The rail of every page: where this user may go, and what waits there. One query, and none for a fragment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy

from accounts.models import called
from agreement.models import StepKind
from content.models import AssetNotice, Feedback, News, PulseAsked
from leads.cadence import due_since
from leads.models import HandOff, Lead, Notice, SecondLook, Step
from leads.models.handoff import came_to
from team.models import Installation, Role, User
from team.prepared import Prepared

# A count beyond this is said as "200+": what is not looked at one by one need not be counted one by one.
COUNT_MAX = 200
BACK_DAYS = 7
IN_MAIN = 3


@dataclass(frozen=True)
class Place:
    label: str
    url: str
    icon: str
    count: str
    is_current: bool
    key: str


@dataclass(frozen=True)
class Oldest:
    """The earliest thing this user has to do; a reply that waits stands before whatever is older."""

    label: str
    url: str
    due_at: datetime
    is_reply: bool = False


@dataclass(frozen=True)
class Rail:
    main: list[Place]
    rest: list[Place]
    oldest: Oldest | None
    counts: dict[str, int]
    # Said on every page while the demo team's hours are shifted.
    shift: str


@dataclass(frozen=True)
class _Door:
    """A place before anybody stands in front of it. The first role that a user holds decides its order."""

    name: str
    label: str | Promise
    icon: str
    roles: tuple[str, ...]
    key: str = ""
    counts: str = ""
    # What lies below its address is another place.
    is_alone: bool = False


B, AE, MA, MK, AD = Role.BDR, Role.AE, Role.MANAGER, Role.MARKETER, Role.ADMIN
DOORS = (
    _Door("leads:queue", gettext_lazy("My queue"), "queue", (B,), key="g q", counts="queue"),
    _Door("leads:team", gettext_lazy("Team queues"), "team", (MA,), key="g t", counts="second_looks"),
    _Door("leads:hand_offs", gettext_lazy("Hand-offs"), "handoff", (AE, MA, B), key="g h", counts="hand_offs"),
    _Door("leads:pool", gettext_lazy("Pool"), "pool", (B, MA), key="g p", counts="pool"),
    _Door("leads:coming_back", gettext_lazy("Coming back"), "back", (B, MA, AE), key="g b", counts="back"),
    _Door("leads:imports", gettext_lazy("Imports"), "upload", (MK, MA, AD), key="g i"),
    _Door("leads:leads", gettext_lazy("Leads"), "leads", (B, AE, MA, MK, AD), key="g l", is_alone=True),
    _Door("leads:settings", gettext_lazy("Settings"), "settings", (AD,)),
    _Door("content:library", gettext_lazy("Library"), "library", (B, AE, MA, MK, AD), key="g c", counts="library"),
    _Door("content:requests", gettext_lazy("Requests"), "flag", (B, AE, MA, MK, AD), counts="requests"),
    _Door("nurture:tracks", gettext_lazy("Tracks"), "merge", (MK, MA, B, AD, AE)),
    _Door("content:feedback", gettext_lazy("Feedback"), "note", (B, AE, MA, MK, AD), counts="feedback"),
    _Door("leads:accounts", gettext_lazy("Accounts"), "accounts", (B, AE, MA, MK, AD), key="g a"),
    _Door("reports:reports", gettext_lazy("Reports"), "reports", (B, AE, MA, MK, AD)),
    _Door("nurture:mail", gettext_lazy("Mail"), "mail", (MA, MK, AD), counts="mail"),
    _Door("leads:notices", gettext_lazy("Notices"), "notice", (B, AE, MA, MK, AD), counts="notices"),
    _Door("leads:person_new", gettext_lazy("Add a person"), "add", (B, MA)),
    _Door("leads:search", gettext_lazy("Search"), "search", (B, AE, MA, MK, AD)),
)
# Where "/" leads somebody who works no queue.
HOMES = ((B, "leads:queue"), (AE, "leads:hand_offs"), (MA, "leads:team"), (MK, "leads:imports"), (AD, "leads:settings"))


def rail(request: HttpRequest) -> dict[str, Any]:
    """For every page of a signed-in user; asked for only when a page draws it."""
    # A request refused before anybody was recognised (a foreign Host) has no user, and its page no places.
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"rail": SimpleLazyObject(lambda: rail_of(user, path=request.path, at=timezone.now()))}


def rail_of(user: User, *, path: str, at: datetime) -> Rail:
    """Her places, what waits in each, and the earliest thing she has to do."""
    row = _facts(user, at=at)
    counts = {name: row[f"{name}_count"] or 0 for name in _COUNTED}
    places = [place for door in DOORS if (place := _place(door, user, path=path, counts=counts))]
    return Rail(
        main=places[:IN_MAIN],
        rest=places[IN_MAIN:],
        # Who holds no role any more is told of nobody.
        oldest=_oldest(row) if user.held else None,
        counts=counts,
        shift=row["shift"] or "",
    )


def home_of(user: User) -> str:
    """The address of the page she works in."""
    for role, name in HOMES:
        if user.has_role(role) and (url := _url(name)):
            return url
    return reverse("team:profile")


def end_of_today(at: datetime) -> datetime:
    """Midnight on the reader's clock."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def due_by(midnight: datetime) -> Q:
    """Which open steps are not for later: due by midnight, or the first touch of a lead that nobody has touched."""
    first_touch = Q(lead__first_touched_at=None, snoozed=0) & ~Q(made_by=Step.MadeBy.PERSON)
    return Q(due_at__lt=midnight) | first_touch


def _place(door: _Door, user: User, *, path: str, counts: dict[str, int]) -> Place | None:
    if not any(user.has_role(role) for role in door.roles):
        return None
    url = _url(door.name)
    if url is None:
        return None
    count = counts.get(door.counts, 0)
    shown = f"{COUNT_MAX}+" if count > COUNT_MAX else str(count or "")
    is_current = path == url if url == "/" or door.is_alone else path.startswith(url)
    return Place(str(door.label), url, door.icon, shown, is_current, door.key)


@cache
def _url(name: str) -> str | None:
    """Found once. None where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _facts(user: User, *, at: datetime) -> dict[str, Any]:
    """Everything the rail says, in one statement of subqueries that each read an index."""
    (row,) = _FACTS.rows(
        shape=(frozenset(role for role, _team in user.held), COUNT_MAX),
        user=user.pk,
        at=at,
        midnight=end_of_today(at),
        soon=at + timedelta(days=BACK_DAYS),
        pools=user.teams_as(Role.BDR, Role.MANAGER),
        managed=user.teams_as(Role.MANAGER),
    )
    facts = dict(zip(_SAID, row, strict=True))
    facts["queue_count"] = facts["queue_steps_count"] + facts["queue_reserved_count"]
    facts["feedback_count"] = facts["asked_count"] + facts["answered_count"]
    return facts


_COUNTED = ("queue", "second_looks", "hand_offs", "pool", "back", "notices", "requests", "feedback", "library", "mail")
_SAID = (
    "queue_steps_count", "queue_reserved_count", "pool_count", "back_count", "hand_offs_count", "second_looks_count",
    "notices_count", "requests_count", "asked_count", "answered_count", "library_count", "step", "reply", "reserved",
    "shift", "mail_count",
)  # fmt: skip


def _of(
    roles: frozenset[str],
    most: int,
    *,
    user: int,
    at: datetime,
    midnight: datetime,
    soon: datetime,
    pools: list[int],
    managed: list[int],
) -> QuerySet[Any, Any]:
    """One row in the order of `_SAID`, for a user of these roles."""
    steps = Step.objects.open().filter(assignee=user)
    reserved = Lead.objects.reserved_for(user, at=at)
    free = reserved.exclude(Exists(steps.filter(lead=OuterRef("pk"))))
    asleep = Lead.objects.asleep_of(user, roles, teams=pools, managed=managed)
    return User.objects.filter(pk=user).values_list(
        CountUpTo(steps.filter(due_by(midnight)), "lead", most=most),
        CountUpTo(free, most=most),
        CountUpTo(Lead.objects.free_for(teams=pools, at=at), most=most),
        CountUpTo(asleep.filter(wake_at__lt=soon), most=most),
        CountUpTo(HandOff.objects.unanswered().filter(Q(ae=user) | came_to(user, sells=Role.AE in roles)), most=most),
        CountUpTo(SecondLook.objects.filter(state=SecondLook.State.OPEN, team__in=managed), most=most),
        CountUpTo(Notice.objects.filter(user=user, seen_at=None), most=most),
        CountUpTo(News.objects.filter(user=user, heard_at=None), most=most),
        CountUpTo(PulseAsked.objects.filter(user=user, answered_on=None), most=most),
        CountUpTo(Feedback.objects.unheard_by(user), most=most),
        CountUpTo(AssetNotice.objects.unheard(user, roles=roles), most=most),
        # One subquery a row: each would be built and planned anew for every column of it.
        _First(steps.order_by("due_at", "id"), due="due_at", lead="lead__public_id", name="lead__person"),
        _First(
            steps.filter(kind=StepKind.REPLY, due_at__lt=midnight).order_by("due_at", "id"),
            due="due_at",
            lead="lead__public_id",
            name="lead__person",
        ),
        _First(reserved.order_by("due_at", "id"), due="due_at", lead="public_id", name="person"),
        Subquery(Installation.objects.values("calendar_shift")[:1]),
        Subquery(Installation.objects.values("mail_aside")[:1]),
    )


# Who has nobody coming back asks for no moment, and who manages nobody for no team.
_FACTS = Prepared(_of, may_skip=("soon", "managed"))


class CountUpTo(Subquery):
    """How many rows, up to one more than is said, so that a large table costs no more than a small one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any], column: str = "pk", *, most: int) -> None:
        rows = rows.order_by().values(column)
        super().__init__((rows if column == "pk" else rows.distinct())[: most + 1])


class _First(Subquery):
    """The first of these rows as one value: when, which lead, whose."""

    def __init__(self, rows: QuerySet[Any], *, due: str, lead: str, name: str) -> None:
        told = JSONObject(
            due=due,
            made="created_at",
            lead=lead,
            given=f"{name}__given_name",
            family=f"{name}__family_name",
            known_by=f"{name}__known_by",
        )
        super().__init__(rows.values(told=told)[:1])


def _oldest(row: dict[str, Any]) -> Oldest | None:
    found = [
        Oldest(
            called(one["given"], one["family"], one["known_by"]),
            reverse("leads:lead", args=[UUID(one["lead"])]),
            due_since(moment_told(one["due"]), moment_told(one["made"])),
            is_reply=kind == "reply",
        )
        for kind in ("step", "reply", "reserved")
        if (one := row[kind])
    ]
    return min(found, key=lambda one: (not one.is_reply, one.due_at), default=None)


def moment_told(told: str) -> datetime:
    """A moment inside JSON is as the database writes it: SQLite without its zone, which is UTC."""
    moment = datetime.fromisoformat(told)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
