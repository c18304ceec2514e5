"""What others count on somebody for: whom she backs up, whom she covers, what is reserved for her. It goes on when she
leaves, and comes back with her as far as nobody has given it to others since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from team.models import Absence, Role, Territory, User


@dataclass
class Duties:
    """What comes back to her; and what stays where somebody has put it since."""

    backs_up: list[User] = field(default_factory=list)
    covers: list[Absence] = field(default_factory=list)
    territories: list[Territory] = field(default_factory=list)
    backed_up_otherwise: list[User] = field(default_factory=list)
    covered_otherwise: list[Absence] = field(default_factory=list)
    reserved_otherwise: list[Territory] = field(default_factory=list)


def pass_on_duties(
    user: User, *, successor: User | None, ae_successor: User | None, at: datetime
) -> dict[str, list[list[Any]]]:
    """Where the one who comes after her may. Returns what went to whom, as `duties_of` reads it."""
    theirs = successor.teams_as(Role.BDR) if successor else []
    backed_up = [
        (one.pk, ae_successor.pk if ae_successor and one != ae_successor else None)
        for one in User.objects.filter(backup=user).order_by("pk")
    ]
    covered = []
    for absence in Absence.objects.filter(cover=user, ends_at__gt=at).select_related("user").order_by("pk"):
        heir = ae_successor if absence.user.has_role(Role.AE) else successor
        covered.append((absence.pk, heir.pk if heir and heir != absence.user else None))
    reserved = [
        (one.pk, successor.pk if successor and one.team_id in theirs else None)
        for one in Territory.objects.filter(bdr=user).order_by("pk")
    ]
    for pk, heir_id in backed_up:
        User.objects.filter(pk=pk).update(backup=heir_id)
    for pk, heir_id in covered:
        Absence.objects.filter(pk=pk).update(cover=heir_id)
    for pk, heir_id in reserved:
        Territory.objects.filter(pk=pk).update(bdr=heir_id)
    went = {"backs_up": backed_up, "covers": covered, "territories": reserved}
    return {name: [list(pair) for pair in pairs] for name, pairs in went.items()}


def duties_of(user: User, *, at: datetime) -> Duties:
    """What would come back to somebody who left, were she here again."""
    found = Duties()
    went: dict[str, dict[int, int | None]] = {name: dict(pairs) for name, pairs in user.passed_on.items()}
    backs_up = went.get("backs_up", {})
    for one in User.objects.filter(pk__in=backs_up).order_by("name", "pk"):
        (found.backs_up if one.backup_id == backs_up[one.pk] else found.backed_up_otherwise).append(one)
    covers = went.get("covers", {})
    away = Absence.objects.filter(pk__in=covers, ends_at__gt=at).exclude(user=user)
    for absence in away.select_related("user").order_by("starts_at", "pk"):
        (found.covers if absence.cover_id == covers[absence.pk] else found.covered_otherwise).append(absence)
    reserved = went.get("territories", {})
    for territory in Territory.objects.filter(pk__in=reserved).order_by("position", "pk"):
        is_as_left = territory.bdr_id == reserved[territory.pk]
        (found.territories if is_as_left else found.reserved_otherwise).append(territory)
    return found


def take_duties_back(user: User, *, at: datetime) -> Duties:
    """Whom she backed up and covered is hers to back up and cover again; what was reserved for her is a setting."""
    found = duties_of(user, at=at)
    User.objects.filter(pk__in=[one.pk for one in found.backs_up]).update(backup=user)
    Absence.objects.filter(pk__in=[one.pk for one in found.covers]).update(cover=user)
    return found
