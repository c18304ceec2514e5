"""How much more a track brings back than none, of those for whom a lot decided. Reads only.

Compared are only people for whom it was drawn, when they fell asleep, whether their track feeds them: whoever somebody
chose is like nobody who was left out. Each counts as drawn, whatever was done about her later ("intention to treat"),
and from the day she was put to sleep. Those of one track and one share drawn are compared with each other alone: the
tracks take different people, and who was drawn when many were left without came at another time than the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from reports.cohort import Slept
from reports.survival import Curve, Estimate, curve_of, day_of_both, difference_within

DRAWN_FED, DRAWN_HELD_OUT = "drawn_fed", "drawn_held_out"
DRAWN = {DRAWN_FED: _("Fed, as drawn by lot"), DRAWN_HELD_OUT: _("Left without, as drawn by lot")}
Pair = tuple[list[Slept], list[Slept]]


@dataclass(frozen=True)
class Lift:
    """By `day` at the latest that was asked for. Without an estimate, nobody was left without, or nobody was fed."""

    estimate: Estimate | None = None
    day: int = 0
    fed: Curve = field(default_factory=lambda: curve_of([]))
    held_out: Curve = field(default_factory=lambda: curve_of([]))
    tracks: frozenset[int] = frozenset()


def lift_of(people: Sequence[Slept], day: int) -> Lift:
    """Of these, by this day or by the last before it on which enough of both were watched."""
    found, pairs = compared(people, day)
    if not pairs:
        return Lift()
    curves = [(_curve(fed), _curve(held_out)) for fed, held_out in pairs]
    fed, held_out = (_curve([one for pair in pairs for one in pair[arm]]) for arm in (0, 1))
    estimate = difference_within(curves, found, is_reached=found == day)
    tracks = frozenset(one.draw.track for pair in pairs for one in pair[0] if one.draw)
    return Lift(estimate, found, fed, held_out, tracks)


def compared(people: Sequence[Slept], day: int) -> tuple[int, list[Pair]]:
    """By which day, and those who were fed and those who were left without, track by track.

    A track in which nobody, fed or left without, began to sleep so long ago says nothing of that day yet, and is left
    out: by when they began, never by what came of them.
    """
    strata = defaultdict[tuple[int, int], Pair](lambda: ([], []))
    for one in people:
        if one.draw is not None:
            strata[one.draw.track, one.draw.percent][one.draw.is_held_out].append(one)
    pairs = [pair for pair in strata.values() if all(pair)]
    if not pairs:
        return 0, []
    fed, held_out = (_curve([one for pair in pairs for one in pair[arm]]) for arm in (0, 1))
    day = min(day_of_both(fed, held_out, day), max(_seen(pair) for pair in pairs))
    return day, [pair for pair in pairs if _seen(pair) >= day]


def _seen(pair: Pair) -> int:
    """How many days ago the first of them fell asleep, of each arm."""
    return min(max(one.ago for one in arm) for arm in pair)


def _curve(people: Sequence[Slept]) -> Curve:
    return curve_of((one.days, one.has_converted) for one in people)
