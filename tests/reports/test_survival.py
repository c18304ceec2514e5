"""The curve is the product-limit estimate, its interval is Greenwood's, and it holds what it promises."""

from fractions import Fraction
from math import exp, log, sqrt
from random import Random

import pytest
import scipy

from reports.bands import Band, verdict_of
from reports.survival import Estimate, curve_of, day_of_both, difference_within, share_of

pytestmark = pytest.mark.once
Z = 1.959963984540054


def by_hand(observed, day):
    """The product limit in exact fractions, and the log-log interval by its formula."""
    asleep, greenwood = Fraction(1), Fraction(0)
    for moment in sorted({days for days, is_event in observed if is_event and days <= day}):
        at_risk = sum(1 for days, _is_event in observed if days >= moment)
        converted = sum(1 for days, is_event in observed if is_event and days == moment)
        asleep *= 1 - Fraction(converted, at_risk)
        greenwood += Fraction(converted, at_risk * (at_risk - converted)) if at_risk > converted else 0
    share = float(asleep)
    spread = Z * sqrt(greenwood) / log(share)
    ends = sorted(1 - share ** exp(sign * spread) for sign in (-1, 1))
    return 1 - share, *ends


def cohort(rng, size, *, daily=0.0008, watched=720):
    """Whoever converts, on a day of her own, unless we have stopped watching before."""
    for _ in range(size):
        converts, seen = int(rng.expovariate(daily)), rng.randrange(1, watched)
        yield (converts, True) if converts <= seen else (seen, False)


def test_the_curve_is_the_product_limit_and_greenwoods_interval_to_nine_digits():
    rng = Random(1958)
    for size in (12, 60, 400):
        observed = list(cohort(rng, size, daily=0.004, watched=300))
        curve = curve_of(observed)

        assert (curve.n, curve.events) == (size, sum(is_event for _days, is_event in observed))
        first = min(days for days, is_event in observed if is_event)
        for day in range(first, max(days for days, _is_event in observed), 7):
            found = curve.at(day)
            assert (found.share, found.low, found.high) == pytest.approx(by_hand(observed, day), abs=1e-9, rel=0)


def test_a_table_of_the_literature_comes_out_as_printed():
    """Remission of 21 patients on 6-MP (Gehan 1965), whose curve is printed in the textbooks: 0.627 after ten weeks
    and 0.448 after 23."""
    relapsed = [(6, True)] * 3 + [(7, True), (10, True), (13, True), (16, True), (22, True), (23, True)]
    watched = [(weeks, False) for weeks in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
    curve = curve_of(relapsed + watched)

    assert [round(1 - curve.at(week).share, 4) for week in (5, 6, 7, 10, 13, 16, 22, 23, 35)] == [
        1, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482, 0.4482,
    ]  # fmt: skip


def test_whoever_fell_asleep_last_week_is_no_refusal():
    """Ten of a hundred converted, and a thousand more have only begun to sleep: the share stays what it was."""
    old = [(100, True)] * 10 + [(400, False)] * 90
    fresh = [(7, False)] * 1000

    assert curve_of(old + fresh).at(365).share == pytest.approx(0.1)


def test_what_nobody_was_watched_for_is_not_reached():
    curve = curve_of([(10, True), (20, False)])

    assert [(curve.at(day).is_reached, curve.at(day).at_risk) for day in (5, 10, 20, 21)] == [
        (True, 2), (True, 2), (True, 1), (False, 0),
    ]  # fmt: skip
    # Where everybody has converted there is nothing more to know.
    assert curve_of([(10, True), (20, True)]).at(300).is_reached


def test_without_a_conversion_the_interval_is_that_of_those_who_were_watched():
    curve = curve_of([(400, False)] * 30 + [(10, False)] * 70)

    # 1 - 0.025 ** (1 / 30), and never lower than the fewer they are.
    assert curve.at(365) == Estimate(0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / 30), abs=1e-9), 30)
    assert curve_of([]).at(365) == Estimate(0.0, None, None, 0, False)


@pytest.mark.parametrize(
    ("low", "high", "is_reached", "verdict"),
    [
        (0.101, 0.2, True, "met"), (0.101, 0.2, False, "met"), (0.02, 0.079, True, "missed"),
        (0.02, 0.079, False, "unknown"), (0.07, 0.12, True, "unknown"), (0.1, 0.2, True, "unknown"),
        (0.02, 0.08, True, "unknown"), (0.082, 0.098, True, "inside"), (None, None, True, "unknown"),
    ],
)  # fmt: skip
def test_met_and_missed_are_said_only_where_the_interval_clears_the_band(low, high, is_reached, verdict):
    assert verdict_of(Estimate(0.09, low, high, 50, is_reached), Band("not_nurtured", 0.08, 0.10)) == verdict


def covered(rng, cohorts, *, size=400, day=365):
    """How often the true shares, and the true lift between them, lie in the intervals of simulated cohorts: of those
    who were fed 17 in a hundred convert within a year, of the others 9, most of them on their way when we look."""
    truth = {"not fed": 0.09, "fed": 0.17, "lift": 0.08}
    # Converted on day 365 is before its end.
    plain, fed = (-log(1 - truth[arm]) / (day + 1) for arm in ("not fed", "fed"))
    held = dict.fromkeys(truth, 0)
    for _ in range(cohorts):
        curves = {
            "not fed": curve_of(cohort(rng, size, daily=plain)), "fed": curve_of(cohort(rng, size, daily=fed)),
        }  # fmt: skip
        found = {arm: curve.at(day) for arm, curve in curves.items()}
        found["lift"] = difference_within([(curves["fed"], curves["not fed"])], day)
        for name, true in truth.items():
            held[name] += found[name].low <= true <= found[name].high
    return held


def test_a_planted_lift_of_eight_points_lies_in_the_interval_of_95_of_100_cohorts():
    """Of 200 cohorts, drawn twice; `./run bench yield` draws ten times as many."""
    times = [covered(Random(seed), 200) for seed in (1, 2)]
    print(f"true value inside the interval, of 200 cohorts each: {times}")

    assert sum(held["lift"] for held in times) >= 2 * 190
    assert min(min(held.values()) for held in times) >= 181


def test_the_bounds_are_the_exact_binomial_ones_where_nobody_is_lost_from_sight():
    converted = curve_of([(day, True) for day in (3, 3, 10, 40)] + [(400, False)] * 36)

    for day, k in ((2, 0), (3, 2), (39, 3), (40, 4), (365, 4)):
        exact = scipy.stats.binomtest(k, 40).proportion_ci(method="exact")
        assert converted.bounds(day) == pytest.approx((exact.low, exact.high), abs=1e-9), day
    # Fewer are watched by then: the same share is known less well, and not at all where nobody is.
    fewer = curve_of([(day, True) for day in (3, 3, 10, 40)] + [(400, False)] * 6 + [(50, False)] * 30)
    assert fewer.bounds(365)[0] == converted.bounds(365)[0]
    assert fewer.bounds(365)[1] > converted.bounds(365)[1]
    assert fewer.bounds(401)[1] == 1


def test_two_curves_are_compared_on_a_day_on_which_both_were_watched():
    young, old = curve_of([(10, True)] + [(90, False)] * 19), curve_of([(10, True), (200, True)] + [(400, False)] * 18)

    assert day_of_both(young, old, 365) == 90
    assert difference_within([(young, old)], 90).share == pytest.approx(0)
    for nothing in ([], [(curve_of([]), old)], [(young, old), (old, curve_of([]))]):
        with pytest.raises(ValueError, match="Nothing to compare"):
            difference_within(nothing, 365)


def watched_all(converted, whole):
    return curve_of([(10, True)] * converted + [(400, False)] * (whole - converted))


def test_several_pairs_are_weighed_as_mantel_and_haenszel_do():
    """With nobody lost from sight: sum of (a m0 - b m1) / n over the sum of m1 m0 / n, by hand in exact fractions."""
    tables = [(30, 200, 5, 50), (60, 100, 45, 90), (1, 20, 0, 4)]
    pairs = [(watched_all(a, m1), watched_all(b, m0)) for a, m1, b, m0 in tables]
    above = sum(Fraction(a * m0 - b * m1, m1 + m0) for a, m1, b, m0 in tables)
    below = sum(Fraction(m1 * m0, m1 + m0) for _a, m1, _b, m0 in tables)

    found = difference_within(pairs, 365)

    assert found.share == pytest.approx(float(above / below), abs=1e-12)
    assert found.low < found.share < found.high
    # A pair of twice the people narrows it; of one pair it is the plain one.
    twice = [(watched_all(2 * a, 2 * m1), watched_all(2 * b, 2 * m0)) for a, m1, b, m0 in tables]
    assert difference_within(twice, 365).high < found.high


def lots(rng, *, day=365):
    """Two tracks that each bring eight points more: one takes who seldom converts and leaves few without, the other
    who often does and leaves half of them."""
    for size, without, base in ((900, 0.1, 0.05), (500, 0.5, 0.30)):
        left = round(size * without)
        yield tuple(
            list(cohort(rng, n, daily=-log(1 - share) / (day + 1)))
            for n, share in ((size - left, base + 0.08), (left, base))
        )


def test_tracks_that_take_different_people_are_not_thrown_together():
    """Thrown together the lift would come out below nothing (Simpson): most of those left without are the others."""
    rng, cohorts, held, thrown = Random(1951), 200, 0, 0
    for _ in range(cohorts):
        found = list(lots(rng))
        within = difference_within([(curve_of(fed), curve_of(left)) for fed, left in found], 365)
        together = [curve_of([one for pair in found for one in pair[arm]]) for arm in (0, 1)]
        pooled = difference_within([tuple(together)], 365)
        held += within.low <= 0.08 <= within.high
        thrown += pooled.low <= 0.08 <= pooled.high
    print(f"true lift inside the interval, of {cohorts} cohorts: track by track {held}, thrown together {thrown}")

    assert held >= 190
    assert thrown == 0


def test_a_plain_share_has_wilsons_interval():
    found, p, z2 = share_of(40, 100), 0.4, Z * Z
    middle, spread = (p + z2 / 200) / (1 + z2 / 100), Z * sqrt(p * (1 - p) / 100 + z2 / 40000) / (1 + z2 / 100)

    assert (found.low, found.high) == pytest.approx((middle - spread, middle + spread), abs=1e-9)
    assert share_of(0, 0).low is None
    assert verdict_of(found, Band("not_ready", 0.5, 0.6)) == "missed"


def test_the_last_who_was_watched_is_not_everybody():
    """She converts, and of those who were lost from sight before nobody knows: that is not all of them."""
    curve = curve_of([(5, False), (6, False), (10, True)])

    assert (curve.at(365).share, curve.at(365).is_reached, curve.at(365).is_known) == (1.0, False, False)


def test_where_each_has_converted_the_interval_is_the_exact_one_of_enough():
    everybody = curve_of([(day, True) for day in range(20, 40)]).at(365)

    # 0.025 ** (1 / 20)
    assert everybody == Estimate(1.0, pytest.approx(0.025 ** (1 / 20), abs=1e-9), 1.0)
    assert not curve_of([(10, True)]).at(365).is_known
