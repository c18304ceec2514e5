"""Who comes back when: sleeping leads by the day they wake, with the reason they sleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, FilteredRelation, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import called
from agreement.models import ReasonRule
from leads.came_back import Slept, slept_words
from leads.models import Lead
from team.addresses import read_moment, read_number
from team.models import Membership, Role, Team, User

PAGE = 50
Category = ReasonRule.Category
CATEGORIES = tuple((category.value, category.label) for category in Category if category.value)


B, MA, AE, MK, AD = Role.BDR, Role.MANAGER, Role.AE, Role.MARKETER, Role.ADMIN
# The pages of who comes back, and for whom each is.
VIEWS: tuple[tuple[str, Any, tuple[Role, ...]], ...] = (
    ("coming_back", gettext_lazy("By day"), (B, MA, AE)),
    ("return_calendar", gettext_lazy("Calendar"), (B, MA)),
    ("wake_offers", gettext_lazy("To wake"), (MA, MK, AD)),
    ("renewals", gettext_lazy("Renewals"), (B, MA, AE)),
    ("lives_again", gettext_lazy("Back to life"), (B, MA, AE, MK, AD)),
)


def views_for(user: User, here: str) -> list[tuple[str, str, bool]]:
    """The pages that are hers, each with its address, its name and whether it is this one."""
    return [
        (reverse(f"leads:{name}"), str(label), name == here)
        for name, label, roles in VIEWS
        if any(user.has_role(role) for role in roles)
    ]


@dataclass(frozen=True, slots=True)
class Sleeper:
    lead_id: int
    public_id: UUID
    version: int
    url: str
    name: str
    about: str
    why: str
    wake_at: datetime
    # Whose she is; empty when she is the reader's own.
    owner: str
    may_wake: bool


@dataclass
class Returning:
    groups: list[tuple[str, list[Sleeper]]] = field(default_factory=list)
    next_after: str = ""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of all who sleep for her, only these: of one team, of one of its reps or of its pool, on one of its days."""

    team: Team | None = None
    # None: whoever has them; 0: the pool.
    rep: int | None = None
    day: date | None = None


ALL = Narrowed()


def returning_to(
    user: User, *, category: str = "", after: str = "", at: datetime, narrowed: Narrowed = ALL
) -> Returning:
    """The leads that sleep for her, earliest wake first, by week while it is near and by month beyond."""
    leads = _narrow(Lead.objects.asleep_for(user), narrowed)
    if category:
        leads = leads.filter(recyclings__category=category, recyclings__undone_at=None)
    if (place := _read(after)) is not None:
        wake_at, pk = place
        leads = leads.filter(Q(wake_at__gt=wake_at) | Q(wake_at=wake_at, pk__gt=pk), wake_at__gte=wake_at)
    rows = list(_rows(leads))
    returning = Returning()
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        returning.next_after = f"{rows[-1]['wake_at'].isoformat()}_{rows[-1]['pk']}"
    managed = user.teams_as(Role.MANAGER)
    groups: dict[str, list[Sleeper]] = {}
    for row in rows:
        groups.setdefault(_when(row["wake_at"], at=at), []).append(_sleeper(row, user, managed, at=at))
    returning.groups = list(groups.items())
    return returning


def _narrow(leads: Any, narrowed: Narrowed) -> Any:
    if narrowed.team is not None:
        leads = leads.filter(team=narrowed.team)
    if narrowed.rep is not None and narrowed.team is not None:
        reps = Membership.objects.filter(role=Role.BDR, team=narrowed.team, user__is_active=True)
        found = reps.filter(user=narrowed.rep) if narrowed.rep else reps
        of_reps = Q(bdr__in=found.values("user"))
        leads = leads.filter(of_reps if narrowed.rep else ~of_reps | Q(bdr=None))
    if narrowed.day is not None:
        zone = (
            ZoneInfo(narrowed.team.calendar.time_zone) if narrowed.team is not None else timezone.get_current_timezone()
        )
        begin = datetime.combine(narrowed.day, time(), tzinfo=zone)
        leads = leads.filter(wake_at__gte=begin, wake_at__lt=begin + timedelta(days=1))
    return leads


def _rows(leads: Any) -> Any:
    return (
        leads.annotate(
            job=FilteredRelation("person__employments", condition=Q(person__employments__is_current=True)),
            sleep=FilteredRelation("recyclings", condition=Q(recyclings__undone_at=None)),
        )
        .order_by("wake_at", "pk")
        .values(
            "pk", "public_id", "version", "wake_at", "bdr_id", "team_id",
            given=F("person__given_name"), family=F("person__family_name"), known_by=F("person__known_by"),
            company=F("account__name"), title=F("job__title"), owner=F("bdr__name"), team_name=F("team__name"),
            reason_label=F("reason__label"), category=F("sleep__category"), since=F("sleep__at"),
            vendor=F("sleep__vendor"), ends_on=F("sleep__contract_ends_on"), precision=F("sleep__precision"),
            missing=F("sleep__missing__label"), satisfaction=F("sleep__satisfaction"),
        )[: PAGE + 1]
    )  # fmt: skip


def _sleeper(row: dict[str, Any], user: User, managed: Sequence[int], *, at: datetime) -> Sleeper:
    why = row["reason_label"] or ""
    if row["category"]:
        slept = Slept(
            row["category"],
            row["since"],
            row["vendor"],
            row["ends_on"],
            row["precision"],
            row["missing"] or "",
            row["satisfaction"],
        )
        why = slept_words(slept, now=at)
    is_mine, has_name = row["bdr_id"] == user.pk, bool(row["given"] or row["family"])
    return Sleeper(
        lead_id=row["pk"],
        public_id=row["public_id"],
        version=row["version"],
        url=reverse("leads:lead", args=[row["public_id"]]),
        name=called(row["given"], row["family"], row["known_by"]),
        about=" · ".join(part for part in (row["company"], row["title"]) if part) if has_name else _("no name yet"),
        why=why,
        wake_at=row["wake_at"],
        owner="" if is_mine else row["owner"] or _("pool of %(team)s") % {"team": row["team_name"]},
        may_wake=is_mine or row["team_id"] in managed,
    )


def _when(wake_at: datetime, *, at: datetime) -> str:
    """The heading a day stands under."""
    day, today = timezone.localtime(wake_at).date(), timezone.localtime(at).date()
    monday = today - timedelta(days=today.weekday())
    if day <= today:
        return _("Today")
    if day < monday + timedelta(days=7):
        return _("This week")
    if day < monday + timedelta(days=14):
        return _("Next week")
    return date_format(day, pgettext("date format: month and year", "F Y"))


def _read(text: str) -> tuple[datetime, int] | None:
    """None where the address carries no place, or nonsense: then the list begins at its top."""
    try:
        moment, pk = text.split("_")
    except ValueError:
        return None
    wake_at, key = read_moment(moment), read_number(pk)
    return None if wake_at is None or key is None else (wake_at, key)
