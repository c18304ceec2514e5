"""Why they sleep, and about what: what marketing has to feed them with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import called
from agreement.models import Phase, ReasonRule
from content.models import Topic
from leads.models import Engagement
from nurture.knowing import INTEREST
from reports.cohort import recyclings_seen_by
from team.models import User

PAGE = 50


@dataclass
class Asleep:
    topics: list[str] = field(default_factory=list)
    # (reason as its key and in words, all who sleep for it, of them by topic: its key, its name, how many)
    lines: list[tuple[str, str, int, list[tuple[int, str, int]]]] = field(default_factory=list)
    total: int = 0


def asleep_of(user: User, *, at: datetime) -> Asleep:
    """Who sleeps now, by reason and by what they were interested in during the last half year: three statements.

    Whoever was interested in several things stands in each of their columns.
    """
    asleep = sleeps_of(user)
    totals = dict(asleep.values_list("category").annotate(n=Count("pk")))
    counted = (
        _interest(at)
        .filter(person__leads__recyclings__in=asleep)
        .values_list("person__leads__recyclings__category", "about")
        .annotate(n=Count("person", distinct=True))
    )
    cells: dict[str, dict[int, int]] = defaultdict(dict)
    for category, topic, number in counted:
        cells[category][topic] = number
    known = {topic for line in cells.values() for topic in line}
    topics = dict(Topic.objects.filter(pk__in=known).values_list("pk", "label")) if known else {}
    lines = [
        (
            category.value,
            str(category.label),
            totals[category.value],
            [(topic, label, cells[category.value].get(topic, 0)) for topic, label in topics.items()],
        )
        for category in ReasonRule.Category
        if category.value in totals
    ]
    return Asleep(list(topics.values()), lines, sum(totals.values()))


def sleeps_of(user: User, *, category: str = "", topic: int | None = None, at: datetime | None = None) -> QuerySet[Any]:
    """Whom she may see of those who sleep now; those whom one cell of the table counts."""
    asleep = recyclings_seen_by(user).filter(lead__phase=Phase.NURTURE).order_by()
    if category:
        asleep = asleep.filter(category=category)
    if topic is not None and at is not None:
        asleep = asleep.filter(lead__person__in=_interest(at).filter(about=topic).values("person"))
    return asleep


def sleepers(sleeps: QuerySet[Any], *, after: int | None = None) -> tuple[list[dict[str, Any]], int | None]:
    """One page of these, who fell asleep last on top: one statement, and the key of the next page."""
    if after is not None:
        sleeps = sleeps.filter(pk__lt=after)
    rows = list(
        sleeps.order_by("-pk").values(
            "pk", "at", "category", public_id=F("lead__public_id"), wakes=F("lead__wake_at"),
            given=F("lead__person__given_name"), family=F("lead__person__family_name"),
            known_by=F("lead__person__known_by"), company=F("lead__account__name"), owner=F("lead__bdr__name"),
            team=F("lead__team__name"),
        )[: PAGE + 1]
    )  # fmt: skip
    for row in rows:
        row["name"] = called(row["given"], row["family"], row["known_by"])
        row["why"] = str(ReasonRule.Category(row["category"]).label)
    return rows[:PAGE], rows[PAGE - 1]["pk"] if len(rows) > PAGE else None


def _interest(at: datetime) -> QuerySet[Any]:
    """What was done about a topic during the last half year."""
    about: Any = Coalesce("topic", "asset__topic")
    shown = Engagement.objects.standing().filter(at__gt=at - INTEREST, at__lte=at)
    return shown.order_by().annotate(about=about).filter(about__isnull=False)
