"""The pool by lane, tier and age: how many wait in time, and how many for how long too late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import Left
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Lane, Phase
from leads.models import Lead
from leads.oversight.days import Days
from team.prepared import Prepared


class Age(models.TextChoices):
    """How long after its moment a lead still waits, in days of the reader."""

    IN_TIME = "in_time", gettext_lazy("In time")
    TODAY = "today", gettext_lazy("Today")
    ONE_DAY = "one_day", gettext_lazy("1 day late")
    FEW_DAYS = "few_days", gettext_lazy("2 to 5")
    OLDER = "older", gettext_lazy("Older")


@dataclass
class PoolRow:
    """One lane or one tier, and what its filter is called in the address."""

    name: str
    value: str
    label: str
    ages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Age.values, 0))

    @property
    def total(self) -> int:
        return sum(self.ages.values())

    @property
    def cells(self) -> list[tuple[str, str, int]]:
        return [(age.value, str(age.label), self.ages[age.value]) for age in Age]


@dataclass
class Pool:
    lanes: list[PoolRow]
    tiers: list[PoolRow]
    # Of band 3: what was missed and is to be moved, spread or recycled.
    missed: int = 0

    @property
    def total(self) -> int:
        return sum(row.total for row in self.lanes)


def of_age(age: str, days: Days) -> Q:
    """The leads of one column."""
    return _ages(days.at, days.midnight, days.midnight - timedelta(days=1), days.midnight - timedelta(days=5))[age]


def pool_of(team_id: int, days: Days) -> Pool:
    """Every queued lead of a team, counted in one statement."""
    pool = Pool(
        lanes=[PoolRow("lane", lane.value, str(lane.label)) for lane in Lane],
        tiers=[PoolRow("tier", tier, _("Tier %(tier)s") % {"tier": tier}) for tier in "ABC"],
    )
    lanes = {row.value: row for row in pool.lanes}
    tiers = {row.value: row for row in pool.tiers}
    rows = _POOL.rows(
        team=team_id,
        at=days.at,
        midnight=days.midnight,
        yesterday=days.midnight - timedelta(days=1),
        five=days.midnight - timedelta(days=5),
    )
    for lane, tier, band, age, count in rows:
        lanes[lane].ages[age] += count
        if tier in tiers:
            tiers[tier].ages[age] += count
        pool.missed += count if band == Lead.Band.MISSED else 0
    pool.tiers = [row for row in pool.tiers if row.total]
    return pool


def _ages(at: Any, midnight: Any, yesterday: Any, five: Any) -> dict[str, Q]:
    return {
        Age.IN_TIME.value: Q(due_at__gt=at),
        Age.TODAY.value: Q(due_at__gte=midnight, due_at__lte=at),
        Age.ONE_DAY.value: Q(due_at__gte=yesterday, due_at__lt=midnight),
        Age.FEW_DAYS.value: Q(due_at__gte=five, due_at__lt=yesterday),
        Age.OLDER.value: Q(due_at__lt=five),
    }


def _counted(*, team: Any, at: Any, midnight: Any, yesterday: Any, five: Any) -> QuerySet[Any, Any]:
    cases = [When(what, then=Value(age)) for age, what in _ages(at, midnight, yesterday, five).items()]
    queued = Lead.objects.filter(team=team, phase=Phase.QUEUED).order_by()
    aged = queued.annotate(letter=Left("tier", 1), age=Case(*cases, output_field=CharField()))
    return aged.values("lane", "letter", "band", "age").annotate(n=Count("pk")).values_list(
        "lane", "letter", "band", "age", "n"
    )  # fmt: skip


_POOL = Prepared(_counted)
