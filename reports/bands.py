"""What the sources say comes of whoever is not ready, and whether ours is more, less, or not known yet.

The figures are old and second-hand: they stand beside ours as what others wrote, and are no targets.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.survival import Estimate


class Verdict(models.TextChoices):
    MET = "met", _("met")
    MISSED = "missed", _("missed")
    INSIDE = "inside", _("inside the band")
    UNKNOWN = "unknown", _("not known yet")


@dataclass(frozen=True, slots=True)
class Band:
    low: float
    high: float
    of: str | Promise
    # What it is called when ours lies above it, and below.
    above: str | Promise = Verdict.MET.label
    below: str | Promise = Verdict.MISSED.label

    def words_of(self, verdict: str) -> str:
        words = {Verdict.MET: self.above, Verdict.MISSED: self.below}
        return str(words.get(Verdict(verdict), Verdict(verdict).label))

    @property
    def percents(self) -> str:
        return f"{self.low * 100:.0f}–{self.high * 100:.0f} %"


# "8 to 10% of 'not yet ready to buy' leads will probably convert to a sale over time", and "15% to 20%" where they are
# nurtured; "30 to 50 percent of leads in a pipeline are not ready to buy".
NOT_NURTURED = Band(0.08, 0.10, _("not nurtured"))
NURTURED = Band(0.15, 0.20, _("nurtured"))
NOT_READY = Band(0.30, 0.50, _("not ready to buy"), _("more"), _("fewer"))


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
