"""Interest, fit and the tier they make: a download never raises fit, and nothing here is readiness.

Interest is points from recent engagements, each halved every half-life; its rank is
log2(max(points, 1)) + at / half-life, which orders people at any later moment without being computed again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Subquery

from accounts.models import Account, CustomField, Employment, Person
from agreement.models import AgreementVersion, ScoreRule
from leads.models import Engagement, Interest
from team.models import Installation

POINTS_MAX = 200
# Older than this many half-lives, an engagement is worth less than a tenth of a point of any rule.
HALF_LIVES = 6
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Judged:
    """A tier as judged at one moment: fit A to C x interest 1 to 3, and the named parts of each."""

    tier: str
    parts: list[list[Any]] = field(default_factory=list)


def interest_rank(points: int, *, at: datetime, half_life: timedelta) -> float:
    """log2(max(points, 1)) plus the number of half-lives from a fixed moment to `at`."""
    return math.log2(max(points, 1)) + (at - EPOCH) / half_life


def recompute_interest(person_ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """Interest of these people from their recent engagements, written; returns points by person."""
    return write_interest(dict.fromkeys(person_ids, at))


def write_interest(moments: Mapping[int, datetime]) -> dict[int, int]:
    """Interest of each of these people as of her moment, by the half-life in force; returns points by person."""
    days = Installation.objects.values_list("interest_half_life_days", flat=True).get()
    half_life = timedelta(days=days)
    ends = moments.values()
    known = Engagement.objects.filter(person__in=list(moments))
    recent = known.filter(at__gt=min(ends) - HALF_LIVES * half_life, at__lte=max(ends)) if moments else known.none()
    points: dict[int, float] = defaultdict(float)
    for person_id, worth, happened_at in recent.values_list("person_id", "points", "at"):
        age = (moments[person_id] - happened_at) / half_life
        if 0 <= age < HALF_LIVES:
            points[person_id] += worth * 0.5**age
    whole = {pk: min(max(math.floor(points[pk] + 0.5), 0), POINTS_MAX) for pk in moments}
    Interest.objects.bulk_create(
        [
            Interest(
                person_id=pk,
                points=worth,
                at=moments[pk],
                rank=interest_rank(worth, at=moments[pk], half_life=half_life),
                half_life_days=days,
            )
            # One order for all: two that share people wait, and do not lock each other.
            for pk, worth in sorted(whole.items())
        ],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["points", "at", "rank", "half_life_days"],
        batch_size=500,
    )
    return whole


def points_of(kind: str, *, version_id: int) -> int:
    """What one engagement of this kind is worth, in points, under this version."""
    return sum(
        rule.points for rule in rules_of(version_id) if rule.axis == ScoreRule.Axis.INTEREST and rule.value == kind
    )


def judge(
    people: Sequence[Person], *, version: AgreementVersion, at: datetime, points: dict[int, int] | None = None
) -> dict[int, Judged]:
    """The tier of each of these people at `at`, by the rules of `version`: interest has halved since it was written."""
    ids = [person.pk for person in people]
    if points is None:
        days = Subquery(Installation.objects.values("interest_half_life_days")[:1])
        written = Interest.objects.filter(person__in=ids).annotate(days=days)
        points = {
            person_id: math.floor(worth * 0.5 ** (max(at - since, timedelta()) / timedelta(days=days)) + 0.5)
            for person_id, worth, since, days in written.values_list("person_id", "points", "at", "days")
        }
    employments = {
        row.person_id: row
        for row in Employment.objects.filter(person__in=ids, is_current=True).select_related("account")
    }
    fit_rules = _honest([rule for rule in rules_of(version.pk) if rule.axis == ScoreRule.Axis.FIT])
    return {
        person.pk: _judged(person, employments.get(person.pk), points.get(person.pk, 0), fit_rules, version)
        for person in people
    }


@lru_cache(maxsize=64)
def rules_of(version_id: int) -> tuple[ScoreRule, ...]:
    """The score rules of a version; published is immutable, so that they may be kept."""
    return tuple(ScoreRule.objects.filter(version=version_id).order_by("pk"))


def _honest(rules: list[ScoreRule]) -> list[ScoreRule]:
    """Without the rules that read a custom field which leaks the outcome: such a field is marked not for scores."""
    if not any(".custom." in rule.field for rule in rules):
        return rules
    leaking = {
        f"{entity}.custom.{key}"
        for entity, key in CustomField.objects.filter(not_for_scores=True).values_list("entity", "key")
    }
    return [rule for rule in rules if rule.field not in leaking]


def _judged(
    person: Person, employment: Employment | None, points: int, rules: list[ScoreRule], version: AgreementVersion
) -> Judged:
    account = employment.account if employment else None
    parts: list[list[Any]] = [[rule.key, rule.points] for rule in rules if _holds(rule, person, employment, account)]
    fit = sum(worth for _key, worth in parts)
    letter = "A" if fit >= version.fit_a_from else "B" if fit >= version.fit_b_from else "C"
    number = "1" if points >= version.interest_1_from else "2" if points >= version.interest_2_from else "3"
    return Judged(letter + number, [*parts, ["interest", points]])


def _holds(rule: ScoreRule, person: Person, employment: Employment | None, account: Account | None) -> bool:
    entity, _dot, name = rule.field.partition(".")
    holders: dict[str, Any] = {"person": person, "employment": employment, "account": account}
    holder = holders.get(entity)
    if holder is None:
        return False
    value = holder.custom.get(name[7:]) if name.startswith("custom.") else getattr(holder, name, None)
    if value in (None, ""):
        return False
    if rule.operator == ScoreRule.Operator.BETWEEN:
        low, high = rule.value
        return isinstance(value, int | float) and low <= value <= high
    if rule.operator == ScoreRule.Operator.IN:
        return value in rule.value
    if rule.operator == ScoreRule.Operator.CONTAINS:
        words = str(value).casefold().replace(",", " ").replace("/", " ").split()
        text = " ".join(words)
        return any((word in text) if " " in word else (word in words) for word in map(str, rule.value))
    return bool(value == rule.value)
