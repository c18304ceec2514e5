"""What people did besides what made them leads: they read and visit, before it and long after."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from leads.demo.year.rows import Rows
from leads.demo.year.rules import Rules
from leads.demo.year.sources import Arrival
from leads.demo.year.telling import Known
from leads.models import Engagement

Kind = Engagement.Kind
BEFORE, AFTER = timedelta(days=25), timedelta(days=150)
_QUIET = ((Kind.READ, ""), (Kind.READ, ""), (Kind.VISITED, "Pricing"), (Kind.VISITED, "Integrations"))
# Tracking tells of it a little later.
TOLD = timedelta(hours=3)


class Interests:
    """Engagements of one chunk, in the order in which they are written."""

    def __init__(self, rules: Rules, rng: Random) -> None:
        self.rules, self.rng = rules, rng
        self.done: list[Engagement] = []

    def of(self, who: Known, arrival: Arrival, rows: Rows) -> Engagement | None:
        """Everything she did; returned is what made her a lead."""
        rng, source = self.rng, arrival.source
        times = rng.randrange(2, 7) if source is None else rng.choice((0, 0, 0, 1, 1, 2, 3))
        for _time in range(times):
            self._looked(who, arrival.at - BEFORE * rng.random())
        for _time in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
            self._looked(who, arrival.at + AFTER * rng.random())
        if source is None or not source.kind:
            return None
        made = self._engagement(who, source.kind, arrival.at, source=source.key, title=arrival.title)
        made.recorded_at = arrival.at + timedelta(seconds=rng.randrange(5, 50))
        return made

    def write(self, rows: Rows) -> None:
        rows.engagements = sorted([*self.done, *rows.engagements], key=lambda one: one.recorded_at)

    def _looked(self, who: Known, at: datetime) -> None:
        if at + TOLD > self.rules.now:
            return
        kind, title = self.rng.choice(
            ((Kind.READ, ""), (Kind.READ, ""), (Kind.VISITED, "Pricing"), (Kind.VISITED, "Integrations"))
        )
        self._engagement(who, kind, at, source="website", title=title)

    def _engagement(self, who: Known, kind: str, at: datetime, *, source: str, title: str) -> Engagement:
        rules = self.rules
        if kind == Kind.ASKED:
            title = title or "Pricing"
        asset = rules.assets.get(title)
        if asset is None and kind not in (Kind.LISTED, Kind.ASKED):
            asset = self.rng.choice(rules.by_topic[who.topic])
        engagement = Engagement(
            person_id=who.person_id, account_id=who.account_id, kind=kind, at=at, recorded_at=at + TOLD,
            asset=asset, topic=asset.topic if asset else None, source=source, points=rules.points(kind),
        )  # fmt: skip
        self.done.append(engagement)
        return engagement
