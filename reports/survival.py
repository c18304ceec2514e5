"""How many have converted so many days after they were put to sleep, while many are still on their way.

One minus the product-limit estimate of Kaplan and Meier (1958, J. Am. Stat. Assoc. 53, 457-481): at each day with a
conversion the share that has not converted is multiplied by 1 - d/n, where n are those who have been watched until that
day and have not converted before, and d convert on it. Whoever has not converted counts as watched until today, and
then leaves the count: nobody is taken for a no because she fell asleep last week. On a tie the conversion comes first.

The 95 % interval is Greenwood's variance on the log-log scale ("exponential Greenwood": Kalbfleisch and Prentice, The
Statistical Analysis of Failure Time Data, 2nd ed. 2002, section 1.4), which stays between 0 and 1. As long as nobody
has converted it has no width there, and the exact binomial one of those who were watched so long is said instead
(Clopper and Pearson 1934, Biometrika 26, 404-413). All of it is computed by scipy.

That interval holds 95 % only of many; with some dozen conversions a little less. Where one curve is told from another
an interval is taken of each that holds at least as much as it says: see `Curve.bounds`.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, isnan

# What is in it is read in by the first report that asks: no other page pays for it.
import scipy

SOME = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval; an end that nobody can tell is None."""

    share: float
    low: float | None
    high: float | None
    # Who was still watched on that day without having converted before.
    at_risk: int = 0
    # Whether somebody was watched until that day: what lies beyond is not known, only that it is no less.
    is_reached: bool = True

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.high is not None


@dataclass(frozen=True, slots=True)
class Curve:
    n: int
    events: int
    # The days on which somebody converted, and what holds from each of them on.
    steps: tuple[tuple[int, Estimate], ...]
    # How long each was watched, in order.
    watched: tuple[int, ...]
    # How many converted on each of the days of `steps`.
    converted: tuple[int, ...] = ()

    @property
    def longest(self) -> int:
        return self.watched[-1] if self.watched else 0

    @property
    def last_day_of_some(self) -> int:
        """Until when a quarter of them were watched, and ten at least: what became of fewer says next to nothing."""
        return self.watched[-min(max(SOME, self.n // 4), self.n)] if self.watched else 0

    def at_risk(self, day: int) -> int:
        """Who was watched until this day or beyond it, without a conversion before."""
        return self.n - bisect_right(self.watched, day - 1)

    def at(self, day: int) -> Estimate:
        """The share that has converted by this day."""
        place = bisect_right(self.steps, day, key=lambda step: step[0])
        at_risk = self.at_risk(day)
        # Where everybody has converted nothing is left to watch. Whoever is the last to be watched and converts is not
        # everybody: what became of those who were lost from sight before is not known.
        is_all = self.events == self.n and place == len(self.steps)
        if place and is_all:
            return Estimate(1.0, *_of_all(self.n), at_risk)
        if place:
            found = self.steps[place - 1][1]
            return Estimate(found.share, found.low, found.high, at_risk, at_risk > 0)
        return Estimate(0.0, *_of_none(at_risk), at_risk, at_risk > 0)

    def bounds(self, day: int) -> tuple[float, float]:
        """The share by this day lies between these, in at least 95 of 100 cohorts however small (the beta product
        confidence procedure by moments: Fay, Brittain and Proschan 2013, Biostatistics 14, 723-736).

        Of n of whom d convert, the share that has not is a beta of (n - d + 1, d), and their product over the days one
        with the same mean and variance; the lower end waits for one more conversion, among those still watched. With
        nobody lost from sight it is the exact binomial interval of Clopper and Pearson.
        """
        mean = square = 1.0
        alive = self.at_risk(day)
        for (step, _known), converted in zip(self.steps, self.converted, strict=True):
            if step > day:
                break
            left = self.at_risk(step) - converted + 1
            mean *= left / (left + converted)
            square *= left * (left + 1) / ((left + converted) * (left + converted + 1))
            alive -= converted if step == day else 0
        high = _quantile(0.975, mean, square)
        # One more of those who are watched.
        low = _quantile(0.025, mean * alive / (alive + 1), square * alive / (alive + 2)) if alive else 0.0
        return 1 - high, 1 - low


def curve_of(observed: Iterable[tuple[int, bool]]) -> Curve:
    """From (days watched, whether that ended with a conversion) of each."""
    known = sorted(observed)
    converted = [days for days, is_event in known if is_event]
    watched = tuple(days for days, _is_event in known)
    if not converted:
        return Curve(len(known), 0, (), watched)
    # Who was not watched until the first conversion says nothing about any; there the interval would have no meaning.
    first = converted[0]
    still = [days for days, is_event in known if not is_event and days >= first]
    asleep = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=converted, right=still)).sf
    with warnings.catch_warnings():
        # Where nobody is left the formula has no value; it is told as not known.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = asleep.confidence_interval(confidence_level=0.95, method="log-log")
    days = asleep.quantiles.tolist()
    columns = (asleep.probabilities.tolist(), interval.low.probabilities.tolist(), interval.high.probabilities.tolist())
    on_a_conversion = frozenset(converted)
    steps = tuple(
        # What is not converted at most is converted at least.
        (int(day), Estimate(1 - share, _known(1 - high), _known(1 - low)))
        for day, share, low, high in zip(days, *columns, strict=True)
        if day in on_a_conversion
    )
    per_day = Counter(converted)
    return Curve(len(known), len(converted), steps, watched, tuple(per_day[day] for day, _estimate in steps))


def difference_within(strata: Sequence[tuple[Curve, Curve]], day: int, *, is_reached: bool = True) -> Estimate:
    """How much more of the one of each pair converted by this day than of the other, each pair compared by itself.

    The pairs are weighed as Mantel and Haenszel weigh risk differences (Greenland and Robins 1985, Biometrics 41,
    55-68), n1 n2 / (n1 + n2), n as they were before anything came of them: with nobody lost from sight it is their
    estimate. Where most are still on their way theirs has no variance, nor has Sato's (1989); the interval is made of
    those of the curves, each by its weight (Yan and Su 2010, Stat. Biopharm. Res. 2, 329-335; of one pair Newcombe's:
    1998, Stat. Med. 17, 873-890; for any estimates Zou and Donner 2008, Stat. Med. 27, 1693-1702). It holds a little
    more than 95 of 100, since those of `bounds` do: Greenwood's hold a little less.

    ValueError where there is no pair, or one that is empty.
    """
    weights = [one.n * other.n / (one.n + other.n) if one.n and other.n else 0.0 for one, other in strata]
    if not all(weights) or not weights:
        raise ValueError("Nothing to compare.")
    lift, below, above, at_risk = 0.0, list[float](), list[float](), 0
    for (one, other), weight in zip(strata, weights, strict=True):
        part, first, second = weight / sum(weights), one.at(day), other.at(day)
        (low_1, high_1), (low_2, high_2) = one.bounds(day), other.bounds(day)
        lift += part * (first.share - second.share)
        below += [part * (first.share - low_1), part * (high_2 - second.share)]
        above += [part * (high_1 - first.share), part * (second.share - low_2)]
        at_risk += min(first.at_risk, second.at_risk)
    return Estimate(lift, lift - hypot(*below), lift + hypot(*above), at_risk, is_reached)


def day_of_both(one: Curve, other: Curve, day: int) -> int:
    """This day, or the last before it on which enough of both were still watched."""
    return min(day, one.last_day_of_some, other.last_day_of_some)


def share_of(part: int, whole: int) -> Estimate:
    """A plain share with Wilson's interval (1927, J. Am. Stat. Assoc. 22, 209-212)."""
    if not whole:
        return Estimate(0.0, None, None, 0, False)
    interval = scipy.stats.binomtest(part, whole).proportion_ci(method="wilson")
    return Estimate(part / whole, float(interval.low), float(interval.high), whole)


def _quantile(chance: float, mean: float, square: float) -> float:
    """Of the beta distribution with this mean, and this mean of the square."""
    if mean in (0.0, 1.0):
        return mean
    weight = mean * (1 - mean) / (square - mean * mean) - 1
    return float(scipy.special.betaincinv(mean * weight, (1 - mean) * weight, chance))


def _of_none(watched: int) -> tuple[float | None, float | None]:
    """The interval where none of these has converted."""
    if not watched:
        return None, None
    interval = scipy.stats.binomtest(0, watched).proportion_ci(method="exact")
    return float(interval.low), float(interval.high)


def _of_all(n: int) -> tuple[float | None, float | None]:
    """The interval where each of them has converted; of a few that says nothing."""
    if n < SOME:
        return None, None
    interval = scipy.stats.binomtest(n, n).proportion_ci(method="exact")
    return float(interval.low), float(interval.high)


def _known(value: float) -> float | None:
    return None if isnan(value) else min(max(value, 0.0), 1.0)
