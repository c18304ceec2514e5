"""Why they sleep, and about what: what marketing has to feed them with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.db.models.functions import Coalesce

from agreement.models import Phase, ReasonRule
from content.models import Topic
from leads.models import Engagement
from nurture.knowing import INTEREST
from reports.cohort import recyclings_seen_by
from team.models import User


@dataclass
class Asleep:
    topics: list[str] = field(default_factory=list)
    # (reason, all who sleep for it, of them by topic)
    lines: list[tuple[str, int, list[tuple[str, int]]]] = field(default_factory=list)
    total: int = 0


def asleep_of(user: User, *, at: datetime) -> Asleep:
    """Who sleeps now, by reason and by what they were interested in during the last half year: three statements.

    Whoever was interested in several things stands in each of their columns.
    """
    asleep = recyclings_seen_by(user).filter(lead__phase=Phase.NURTURE).order_by()
    totals = dict(asleep.values_list("category").annotate(n=Count("pk")))
    shown = Engagement.objects.filter(
        at__gt=at - INTEREST, at__lte=at, reverses=None, person__leads__recyclings__in=asleep
    )
    about: Any = Coalesce("topic", "asset__topic")
    counted = (
        shown.order_by()
        .annotate(about=about)
        .filter(about__isnull=False)
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
            str(category.label),
            totals[category.value],
            [(label, cells[category.value].get(topic, 0)) for topic, label in topics.items()],
        )
        for category in ReasonRule.Category
        if category.value in totals
    ]
    return Asleep(list(topics.values()), lines, sum(totals.values()))
