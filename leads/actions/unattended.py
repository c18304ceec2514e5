"""What nobody does for somebody who is away: all of it without cover, what her cover may not do, and what falls due
while her cover is away, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from agreement.models import Phase
from leads.models import Lead
from team.calendars import worktimes_of
from team.models import Absence, Membership, Role, User
from team.worktime import WorkCalendar, working_days_between

# Away longer than this many working days without cover counts as giving back.
UNCOVERED_DAYS = 2

Span = tuple[datetime, datetime]


def gaps_of(cover: User | None, *, starts_at: datetime, ends_at: datetime) -> list[Span]:
    """When nobody is there for her: all the time without a cover who works here, else while her cover is away, too."""
    if cover is None or not cover.is_active:
        return [(starts_at, ends_at)]
    return spans_away([cover], starts_at=starts_at, ends_at=ends_at).get(cover.pk, [])


def spans_away(users: Iterable[User], *, starts_at: datetime, ends_at: datetime) -> dict[int, list[Span]]:
    """When each of these is away in that time; absences that meet are one."""
    found: dict[int, list[Span]] = {}
    rows = Absence.objects.filter(user__in=users, starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("starts_at")
    for user_id, first, last in rows.values_list("user_id", "starts_at", "ends_at"):
        spans = found.setdefault(user_id, [])
        first, last = max(first, starts_at), min(last, ends_at)
        if spans and first <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], last)
        else:
            spans.append((first, last))
    return found


def too_long(hours: WorkCalendar, span: Span) -> bool:
    """Counted in days of her own: who works two days a week is away for longer than who works five."""
    return working_days_between(hours, *span) > UNCOVERED_DAYS


def to_give_back(user: User, *, starts_at: datetime, ends_at: datetime, cover: User | None, at: datetime) -> set[int]:
    """Which of the leads that she holds would go back if she were away from then until then: those of teams that her
    cover does not work for, and all of them where nobody is there for long."""
    if not user.teams_as(Role.BDR, Role.MANAGER):
        return set()
    hours = worktimes_of([user.pk], away={}, at=at)[user.pk]
    if not too_long(hours, (starts_at, ends_at)):
        return set()
    held = Lead.objects.held_by(user)
    if not any(too_long(hours, gap) for gap in gaps_of(cover, starts_at=starts_at, ends_at=ends_at)):
        held = held.exclude(team__in=cover.teams_as(Role.BDR) if cover else [])
    return set(held.values_list("pk", flat=True))


def unattended(at: datetime) -> list[tuple[Absence, list[int]]]:
    """Absences that leave leads to nobody for so long that they go back, with the teams whose leads stay hers: those
    that her cover works for, and those that gave their leads back since nobody is there. What is hers of these by now,
    somebody gave her.
    """
    absences = Absence.objects.covering(at).select_related("user", "cover").order_by("pk")
    left = absences.filter(Exists(left_by_cover()))
    alone = absences.exclude(pk__in=Absence.objects.covered(at))
    found = []
    for absence, keeps, is_first in _long_alone((alone | left).distinct(), at=at):
        if is_first or Lead.objects.held_by(absence.user).exclude(team__in=keeps).exists():
            found.append((absence, keeps))
    return found


def keeps_while_away(user: User, *, at: datetime) -> list[list[int]]:
    """Of every absence of hers in which leads go back: the teams whose leads would stay hers, if she were given one."""
    absences = Absence.objects.covering(at).filter(user=user).select_related("user", "cover").order_by("pk")
    return [keeps for _absence, keeps, _is_first in _long_alone(absences, at=at)]


def _long_alone(absences: Iterable[Absence], *, at: datetime) -> Iterator[tuple[Absence, list[int], bool]]:
    """Those of these in which nobody is there for long, with the teams whose leads stay hers nevertheless, and whether
    nothing has gone back yet."""
    of_reps = [one for one in absences if one.user.teams_as(Role.BDR, Role.MANAGER)]
    hours = worktimes_of([absence.user_id for absence in of_reps], away={}, at=at)
    for absence in of_reps:
        gaps = gaps_of(absence.cover, starts_at=absence.starts_at, ends_at=absence.ends_at)
        gap = next((gap for gap in gaps if gap[0] <= at < gap[1]), None)
        keeps = absence.cover.teams_as(Role.BDR) if absence.cover and gap is None else []
        since, until = gap or (absence.starts_at, absence.ends_at)
        if not too_long(hours[absence.user_id], (since, until)):
            continue
        if absence.released_at is None or absence.released_at < since:
            yield absence, list(keeps), True
        elif absence.released_teams is not None:
            # Her cover may work for fewer teams by now.
            yield absence, sorted({*keeps, *absence.released_teams}), False


def left_by_cover() -> QuerySet[Lead]:
    """For an absence: what she holds in teams that her cover does not work for."""
    works_there = Membership.objects.filter(user=OuterRef(OuterRef("cover")), role=Role.BDR, team=OuterRef("team"))
    held = Q(bdr=OuterRef("user"), phase__in=[Phase.QUEUED, Phase.WORKING])
    return Lead.objects.filter(held, ~Exists(works_there))
