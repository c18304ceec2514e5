"""What came of those we put to sleep: the curve, the figure with its interval, the same by reason and by rep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from agreement.models import ReasonRule
from leads.models import Lead, Recycling
from nurture.models import Track
from reports.bands import Band, Key, bands, verdict_of
from reports.cohort import ARMS, FED, HELD_OUT, NOT_FED, Slept, fates_of, recyclings_seen_by, with_feeding
from reports.lift import Lift, lift_of
from reports.survival import Curve, Estimate, curve_of, share_of
from team.localtime import resolve
from team.models import Role, Team, User

DAYS_OF_MONTH = 365.25 / 12
# Where the table of the curve is read.
MARKS = (1, 2, 3, 6, 9, 12, 18, 24, 36)
# Nobody answered, or nobody is there any more, says nothing about being ready.
NOT_READY_TO_BUY = (
    ReasonRule.Category.NOT_READY,
    ReasonRule.Category.MID_CONTRACT,
    ReasonRule.Category.NO_AUTHORITY,
)
BAND_OF = {FED: Key.NURTURED, NOT_FED: Key.NOT_NURTURED, HELD_OUT: Key.NOT_NURTURED}


@dataclass(frozen=True, slots=True)
class Line:
    """Some of them: how many, how many converted by the day that was asked for, and beside which band that stands."""

    key: str
    label: str | Promise
    curve: Curve
    by_then: Estimate
    band: Band | None = None

    @property
    def told(self) -> Estimate | None:
        """What is said of them: by then, or as long as enough were watched. None before that is a month."""
        if self.by_then.is_reached and self.by_then.is_known:
            return self.by_then
        early = self.curve.at(self.curve.last_day_of_some)
        return early if early.is_known and self.curve.last_day_of_some >= days_of(1) else None

    @property
    def told_months(self) -> float | None:
        """After how many months that is, where it is not by then."""
        if self.told is None or self.told is self.by_then:
            return None
        return round(self.curve.last_day_of_some / DAYS_OF_MONTH, 1)

    @property
    def verdict(self) -> str:
        return verdict_of(self.by_then, self.band) if self.band else ""


@dataclass
class Outcome:
    within: int
    all: Line
    arms: list[Line] = field(default_factory=list)
    lift: Lift = field(default_factory=Lift)
    # Of each track that leaves somebody without, where there are several.
    lifts: list[tuple[int, str, Lift]] = field(default_factory=list)
    # Whether any track leaves somebody without now.
    is_drawn: bool = False

    @property
    def lift_months(self) -> float:
        return round(self.lift.day / DAYS_OF_MONTH, 1)

    categories: list[Line] = field(default_factory=list)
    # Of those whom a track fed from the beginning.
    tracks: list[Line] = field(default_factory=list)
    reps: list[Line] = field(default_factory=list)
    # (month, what holds for each arm after so many)
    marks: list[tuple[int, list[Estimate]]] = field(default_factory=list)
    not_ready: Line | None = None


def teams_of_report(user: User) -> QuerySet[Team]:
    """Whose sleepers she may ask for."""
    if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
        return Team.objects.order_by("name")
    return Team.objects.filter(pk__in=user.teams_read(Role.BDR, Role.MANAGER)).order_by("name")


def reps_of_report(user: User) -> list[tuple[object, object]]:
    """Who put somebody to sleep, of those she may read of; nobody where that is only herself."""
    seen = recyclings_seen_by(user).filter(by__isnull=False).order_by()
    found = User.objects.filter(pk__in=seen.values("by")).order_by("name", "pk")
    reps: list[tuple[object, object]] = [
        (pk, name if is_active else _("%(name)s, who left") % {"name": name})
        for pk, name, is_active in found.values_list("pk", "name", "is_active")
    ]
    return [] if [pk for pk, _name in reps] == [user.pk] else reps


def tracks_of_report() -> QuerySet[Any, Any]:
    return Track.objects.filter(kind=Track.Kind.TRACK).order_by("position", "name").values_list("pk", "name")


def asked_for(user: User, asked: dict[str, Any]) -> QuerySet[Any]:
    """The recyclings she may read that these filters leave, each with when a track fed its lead."""
    found = recyclings_seen_by(user)
    if asked.get("team"):
        found = found.filter(lead__team=int(asked["team"]))
    if asked.get("category"):
        found = found.filter(category=asked["category"])
    if asked.get("rep"):
        found = found.filter(by=int(asked["rep"]))
    found = found.filter(_in_months("at", asked))
    return with_feeding(found, track=int(asked["track"]) if asked.get("track") else None)


def slept(user: User, asked: dict[str, Any], *, at: datetime) -> list[Slept]:
    return fates_of(asked_for(user, asked), counts_as=asked["counts"], at=at)


def outcome_of(user: User, asked: dict[str, Any], *, at: datetime) -> Outcome:
    """Everything the page says, in six statements however many there are."""
    people = slept(user, asked, at=at)
    day = days_of(asked["within"])
    outcome = Outcome(asked["within"], _line("", _("Everybody"), people, day))
    arms = _grouped(people, lambda one: one.arm)
    known = bands()
    outcome.arms = [
        _line_of(arm, label, curve_of(one.in_arm for one in arms[arm]), day, known.get(BAND_OF[arm]))
        for arm, label in ARMS.items()
        if arm in arms
    ]
    outcome.lift = lift_of(people, day)
    outcome.categories = _by_category(people, day)
    tracks = list(Track.objects.filter(kind=Track.Kind.TRACK).order_by("position", "name"))
    outcome.is_drawn = any(track.hold_out_percent for track in tracks if track.retired_at is None)
    outcome.tracks = _by_track(arms.get(FED, []), tracks, day, known.get(Key.NURTURED))
    outcome.lifts = _lifts(people, tracks, day)
    outcome.reps = _by_rep(people, day)
    longest = max(line.curve.longest for line in outcome.arms) if outcome.arms else 0
    outcome.marks = [
        (months, [line.curve.at(days_of(months)) for line in outcome.arms])
        for months in MARKS
        if days_of(months) <= longest
    ]
    outcome.not_ready = _not_ready(user, asked, known.get(Key.NOT_READY))
    return outcome


def days_of(months: int) -> int:
    return round(months * DAYS_OF_MONTH)


def _line(key: str, label: str | Promise, people: Iterable[Slept], day: int, band: Band | None = None) -> Line:
    return _line_of(key, label, curve_of((one.days, one.has_converted) for one in people), day, band)


def _line_of(key: str, label: str | Promise, curve: Curve, day: int, band: Band | None = None) -> Line:
    return Line(key, label, curve, curve.at(day), band)


def _grouped[Key: Hashable](people: Iterable[Slept], key: Callable[[Slept], Key]) -> dict[Key, list[Slept]]:
    found: dict[Key, list[Slept]] = defaultdict(list)
    for one in people:
        found[key(one)].append(one)
    return found


def _by_category(people: list[Slept], day: int) -> list[Line]:
    groups = _grouped(people, lambda one: one.category)
    return [
        _line(category.value, category.label, groups[category.value], day)
        for category in ReasonRule.Category
        if category.value in groups
    ]


def _by_track(fed: list[Slept], tracks: list[Track], day: int, band: Band | None) -> list[Line]:
    groups = _grouped(fed, lambda one: one.track)
    return [
        _line_of(str(track.pk), track.name, curve_of(one.in_arm for one in groups[track.pk]), day, band)
        for track in tracks
        if track.pk in groups
    ]


def _lifts(people: list[Slept], tracks: list[Track], day: int) -> list[tuple[int, str, Lift]]:
    """As the page of each of these tracks says it; of one alone it is said already."""
    groups = _grouped([one for one in people if one.draw], lambda one: one.draw.track if one.draw else 0)
    found = [(track.pk, track.name, lift_of(groups[track.pk], day)) for track in tracks if track.pk in groups]
    found = [one for one in found if one[2].estimate]
    return found if len(found) > 1 else []


def _by_rep(people: list[Slept], day: int) -> list[Line]:
    groups = _grouped([one for one in people if one.by is not None], lambda one: one.by)
    names = dict(User.objects.filter(pk__in=groups).values_list("pk", "name")) if groups else {}
    lines = [_line(str(pk), names.get(pk, ""), group, day) for pk, group in groups.items() if pk]
    return sorted(lines, key=lambda line: (-line.curve.n, str(line.label)))


def _not_ready(user: User, asked: dict[str, Any], band: Band | None) -> Line | None:
    """Of the leads that came in during these months, how many were put to sleep because they were not ready to buy;
    what began asleep was in no pipeline, and who was woken came in before. Whoever sees only what she put to sleep
    herself cannot ask it."""
    if not (user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER) or user.has_role(Role.MANAGER)):
        return None
    leads = Lead.objects.filter(_in_months("created_at", asked)).came_in()
    if not (user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER)):
        leads = leads.filter(team__in=user.teams_read(Role.MANAGER))
    if asked.get("team"):
        leads = leads.filter(team=int(asked["team"]))
    slept = Recycling.objects.filter(lead=OuterRef("pk"), undone_at=None, category__in=NOT_READY_TO_BUY)
    counted = leads.aggregate(
        whole=Count("pk"), part=Count("pk", filter=Q(Exists(slept), first_nurture_at__isnull=False))
    )
    share = share_of(counted["part"], counted["whole"])
    curve = Curve(counted["whole"], counted["part"], (), ())
    return Line("not_ready", _("Not ready to buy"), curve, share, band)


def _in_months(column: str, asked: dict[str, Any]) -> Q:
    """The months that were asked for, on the reader's clock."""
    found = Q()
    if asked.get("since"):
        found &= Q(**{f"{column}__gte": _midnight(asked["since"])})
    if asked.get("until"):
        month = asked["until"]
        found &= Q(**{f"{column}__lt": _midnight(date(month.year + month.month // 12, month.month % 12 + 1, 1))})
    return found


def _midnight(day: date) -> datetime:
    zone = timezone.get_current_timezone()
    return resolve(datetime.combine(day, time()), zone.key if isinstance(zone, ZoneInfo) else "UTC")
