"""The picture of the report: a step curve a line with its interval, beside the sources' bands, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reports.bands import Band
from reports.outcome import DAYS_OF_MONTH, Line, days_of
from reports.survival import Estimate

# More points than a picture has dots say nothing more.
POINTS_MAX = 400
WIDTH, HEIGHT = 1000, 400
# How many times the highest share the axis reaches for what belongs to it, and where it may end.
REACH = 4
ENDS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True, slots=True)
class Shape:
    """One line as a drawing without a script: in a box of WIDTH x HEIGHT."""

    key: str
    label: str
    line: str
    area: str
    # Its interval says so little that it would cover everything else.
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A band of the sources, from top to bottom in the same box."""

    label: str
    y: int
    height: int
    # What others reached may be far above what there is to see.
    is_above: bool


@dataclass(frozen=True, slots=True)
class Picture:
    shapes: list[Shape]
    strips: list[Strip]
    # The ends of both axes in words, for the drawing; a script writes its own.
    top: str
    months: list[int]
    # What a script draws of: days, then share, low and high a line, in percent.
    data: dict[str, Any]


def drawn(lines: list[Line], *, within: int) -> Picture | None:
    """None where there is nothing to draw."""
    longest = max((line.curve.longest for line in lines), default=0)
    if not longest:
        return None
    end = max(min(longest, days_of(within)), 1)
    days = sorted({0, end} | {day for line in lines for day, _known in line.curve.steps if day <= end})
    days = _thinned(days)
    told = [[_until(line, line.curve.at(day), day) for day in days] for line in lines]
    bands = list({line.band.key: line.band for line in lines if line.band}.values())
    top = _top(told, bands)
    return Picture(
        shapes=[
            _shape(line, [(day, one) for day, one in zip(days, points, strict=True) if one], end=end, top=top)
            for line, points in zip(lines, told, strict=True)
        ],
        strips=[
            Strip(
                _("Others: %(share)s, %(which)s") % {"share": band.percents, "which": band.of},
                _y(band.high * 100, top),
                max(_y(band.low * 100, top) - _y(band.high * 100, top), 1),
                band.low * 100 >= top,
            )
            for band in bands
        ],
        top=f"{top} %",
        months=[round(end / DAYS_OF_MONTH * part / 4) for part in range(5)],
        data={
            "days": days,
            "top": top,
            "lines": [
                {
                    "key": line.key,
                    "label": str(line.label),
                    "wide": _is_wide(points, top),
                    "share": [_percent(one.share if one else None) for one in points],
                    "low": [_percent(one.low if one else None) for one in points],
                    "high": [_percent(one.high if one else None) for one in points],
                }
                for line, points in zip(lines, told, strict=True)
            ],
            "bands": [{"low": band.low * 100, "high": band.high * 100} for band in bands],
        },
    )


def _until(line: Line, one: Estimate, day: int) -> Estimate | None:
    """Nothing is drawn where nobody was watched for so long."""
    return one if one.is_reached or day <= line.curve.longest else None


def _thinned(days: list[int]) -> list[int]:
    if len(days) <= POINTS_MAX:
        return days
    step = len(days) / POINTS_MAX
    return sorted({days[int(place * step)] for place in range(POINTS_MAX)} | {days[-1]})


def _shape(line: Line, points: list[tuple[int, Estimate]], *, end: int, top: int) -> Shape:
    def path(values: list[tuple[int, float]]) -> str:
        """Level until the day of the next step, as the estimate is."""
        found, last = [], None
        for day, share in values:
            x, y = round(day / end * WIDTH), _y(share * 100, top)
            if last is not None:
                found.append(f"{x},{last}")
            found.append(f"{x},{y}")
            last = y
        return " ".join(found)

    known = [(day, one) for day, one in points if one.low is not None and one.high is not None]
    upper = path([(day, one.high or 0.0) for day, one in known])
    lower = path([(day, one.low or 0.0) for day, one in known])
    is_wide = _is_wide([one for _day, one in points], top)
    area = f"{upper} {' '.join(reversed(lower.split()))}" if known and not is_wide else ""
    return Shape(line.key, str(line.label), path([(day, one.share) for day, one in points]), area, is_wide)


def _is_wide(points: Sequence[Estimate | None], top: int) -> bool:
    """Whether its interval leaves the picture at every point."""
    ends = [one.high for one in points if one and one.high is not None]
    return bool(ends) and min(ends) * 100 > top


def _y(percent: float, top: int) -> int:
    return HEIGHT - round(min(percent, top) / top * HEIGHT)


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 2)


def _top(told: list[list[Estimate | None]], bands: list[Band]) -> int:
    """Where the axis ends, in percent: so that the lines fill the picture. An interval may leave it that says next to
    nothing, and so may others who are far away."""
    known = [one for line in told for one in line if one]
    highest = max((one.share for one in known), default=0.0)
    if not highest:
        highest = max([band.high for band in bands] or [0.1])
    ends = [highest] + [one.high for one in known if one.high is not None and one.high <= REACH * highest]
    ends += [band.high for band in bands if band.high <= REACH * highest]
    return next((end for end in ENDS if end >= max(ends) * 100), 100)
