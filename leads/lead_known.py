"""What is known of a lead, as its page says it: the answers, and what somebody was interested in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.models import Answer, Engagement
from leads.naming import Code
from leads.timeline import is_taken_back

DEEDS_COUNT = timedelta(days=180)
TOPICS_SHOWN = 6


@dataclass
class Topic:
    label: str
    points: int
    deeds: list[str]


@dataclass
class Known:
    """One criterion with its newest answer."""

    criterion: Code
    answer: Answer | None = None
    evidence: str = ""
    by: str = ""

    @property
    def value(self) -> str:
        return self.answer.value if self.answer else ""

    @property
    def state(self) -> str:
        return {"yes": "done", "no": "due"}.get(self.value, "")

    @property
    def icon(self) -> str:
        return {"yes": "done", "no": "close"}.get(self.value, "unknown")


def topics_of(deeds: Iterable[Engagement], *, now: datetime) -> list[Topic]:
    """What she was interested in during the last half year: points by topic, the most first, with what stands behind
    them."""
    points: dict[str, int] = defaultdict(int)
    behind: dict[str, list[str]] = defaultdict(list)
    for deed in deeds:
        if deed.at < now - DEEDS_COUNT or deed.at > now or is_taken_back(deed):
            continue
        topic = deed.topic or (deed.asset.topic if deed.asset_id and deed.asset else None)
        kind = str(Engagement.Kind(deed.kind).label)
        label = topic.label if topic else kind
        points[label] += max(deed.points, 0)
        behind[label].append(deed.asset.title if deed.asset else kind)
    found = [Topic(label, worth, behind[label]) for label, worth in points.items()]
    return sorted(found, key=lambda topic: (-topic.points, topic.label))[:TOPICS_SHOWN]
