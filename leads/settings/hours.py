"""Hours as people write them: `8:00-12:00, 13:00-17:00`, in minutes after midnight as the calendar keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from team.worktime import MINUTES_A_DAY

type Span = tuple[int, int]

_SPAN = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.h](\d{2}))?")


class BadHours(ValueError):
    """These are no hours, with the reason in words."""


def read_hours(text: str) -> list[Span]:
    """The windows of one day in order; none where nothing is written. BadHours where they cannot be."""
    found: list[Span] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise BadHours(_("Write hours like 8:00-12:00, 13:00-17:00."))
        begin_hour, begin_minute, end_hour, end_minute = (int(number or 0) for number in match.groups())
        opens, closes = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if begin_minute > 59 or end_minute > 59 or closes > MINUTES_A_DAY:
            raise BadHours(_("A day has 24 hours of 60 minutes: %(part)s.") % {"part": part})
        if opens >= closes:
            raise BadHours(
                _("%(part)s ends before it begins. Hours past midnight belong to the next day.") % {"part": part}
            )
        found.append((opens, closes))
    found.sort()
    for (_opens, closes), (opens, _closes) in pairwise(found):
        if opens < closes:
            raise BadHours(_("These hours overlap."))
    return found


def written(spans: Sequence[Span]) -> str:
    """As somebody would type them."""
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in spans)


def hours_words(spans: Sequence[Span]) -> str:
    """As a page says them."""
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in spans)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
