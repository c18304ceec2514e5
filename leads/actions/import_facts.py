"""What is known of a file of rows, of one of them, and of those before it: read and remembered, nothing is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.actions.matching import KnownPerson, Met
from agreement.models import AgreementVersion, Lane, ReasonRule, in_use_for
from leads.actions.releasing import ReleaseDays
from leads.imports import Draft
from leads.models import Engagement, Import
from leads.scoring import HALF_LIVES, POINTS_MAX, interest_rank, points_of
from team.models import Installation


@dataclass(slots=True)
class Pursuit:
    """What is known of the leads of one person while rows are applied."""

    has_open: bool = False
    had_one: bool = False
    waits: bool = False
    had_release: bool = False


@dataclass(slots=True)
class Memory:
    """What rows have told so far. The preview keeps it for the whole file, the worker for one chunk."""

    pursuits: dict[int, Pursuit] = field(default_factory=dict)
    told: set[tuple[int, str]] = field(default_factory=set)
    # Of whom it was asked whether somebody works her.
    asked: set[int] = field(default_factory=set)
    releases: int = 0
    sleepers: int = 0


@dataclass(slots=True)
class Line:
    """One row that met somebody, and how things stood with her at that moment."""

    draft: Draft
    met: Met
    known: KnownPerson
    at: datetime
    stamp: str
    standing: str
    is_out_of_reach: bool
    is_new: bool = False
    plan: str = ""
    verdict: str = ""


class FileFacts:
    """What holds for every row of one file, read once."""

    def __init__(self, run: Import) -> None:
        self.run = run
        self.kind = run.engagement_kind or Engagement.Kind.LISTED
        self.lane = run.lane or Lane.LIST
        self.version = AgreementVersion.objects.in_force()
        self.points = points_of(self.kind, version_id=self.version.pk)
        days = Installation.objects.values_list("interest_half_life_days", flat=True).get()
        self.half_life_days, self.half_life = days, timedelta(days=days)
        self.days = ReleaseDays(run)
        rules = {one.reason_id: one for one in ReasonRule.objects.filter(version=self.version).select_related("reason")}
        # One that was retired since the file was read is given by the one that stands in its place now.
        self.rules = {one.reason.key: rules.get(in_use_for(one.reason).pk, one) for one in rules.values()}

    def suppresses(self, reason: str) -> bool:
        return reason in self.rules and self.rules[reason].suppresses

    def points_at(self, moments: Sequence[datetime], *, at: datetime) -> int:
        """As `leads.scoring.recompute_interest` counts them, for somebody nothing else is known of."""
        ages = [(at - moment) / self.half_life for moment in moments if moment <= at]
        worth = sum(self.points * 0.5**age for age in ages if age < HALF_LIVES)
        return min(max(math.floor(worth + 0.5), 0), POINTS_MAX)

    def rank(self, at: datetime) -> float:
        return interest_rank(self.points, at=at, half_life=self.half_life)
