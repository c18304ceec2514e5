"""What others say comes of whoever is not ready, and whether ours is more, less, or not known yet.

Their figures are old and second-hand: they stand beside ours as what somebody wrote, and are no targets. An admin puts
others in their place (Settings, Benchmarks).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agreement.models import Benchmark
from reports.survival import Estimate

Key = Benchmark.Key


class Verdict(models.TextChoices):
    MET = "met", _("met")
    MISSED = "missed", _("missed")
    INSIDE = "inside", _("inside the band")
    UNKNOWN = "unknown", _("not known yet")


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` to `high`, as shares."""

    key: str
    low: float
    high: float
    source: str = ""

    @property
    def percents(self) -> str:
        if self.low == self.high:
            return f"{self.low * 100:.0f} %"
        return f"{self.low * 100:.0f}–{self.high * 100:.0f} %"

    @property
    def of(self) -> str | Promise:
        return SAID_OF[self.key][0]

    def words_of(self, verdict: str) -> str | Promise:
        """Of what is no promise, more is not met."""
        _of, above, below = SAID_OF[self.key]
        return {Verdict.MET: above, Verdict.MISSED: below}.get(Verdict(verdict), Verdict(verdict).label)

    @property
    def is_promise(self) -> bool:
        return self.key in (Key.NURTURED, Key.NOT_NURTURED)


# Of whom, and what it is called when ours lies above it, and below.
SAID_OF: dict[str, tuple[str | Promise, str | Promise, str | Promise]] = {
    Key.NOT_NURTURED: (_("not nurtured"), Verdict.MET.label, Verdict.MISSED.label),
    Key.NURTURED: (_("nurtured"), Verdict.MET.label, Verdict.MISSED.label),
    Key.NOT_READY: (_("not ready to buy"), _("more"), _("fewer")),
    Key.UNUSED_CONTENT: (_("never used in selling"), _("more"), _("fewer")),
    Key.OWN_WORDS: (_("made by sales themselves"), _("more"), _("fewer")),
}


def bands() -> dict[str, Band]:
    """As they stand in the settings."""
    rows = Benchmark.objects.values_list("key", "low", "high", "source")
    return {key: Band(key, low / 100, high / 100, source) for key, low, high, source in rows}


def verdict_of(estimate: Estimate, band: Band) -> str:
    """Met and missed only where the 95 % interval clears the band: all of it above, or all of it below. Below says
    nothing before somebody was watched for that long, since what is known of a curve only grows."""
    if estimate.low is None or estimate.high is None:
        return Verdict.UNKNOWN
    if estimate.low > band.high:
        return Verdict.MET
    if not estimate.is_reached:
        return Verdict.UNKNOWN
    if estimate.high < band.low:
        return Verdict.MISSED
    if estimate.low >= band.low and estimate.high <= band.high:
        return Verdict.INSIDE
    return Verdict.UNKNOWN
