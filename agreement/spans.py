"""Lengths of working time as an agreement says them: so many minutes, hours of 60, days of 8 hours."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

HOUR_MINUTES = 60
# A working day of the agreement, however long a day is at a team.
DAY_MINUTES = 8 * HOUR_MINUTES
# Nobody promises further ahead than a working year.
SPAN_MAX = 250 * DAY_MINUTES

UNITS = {"m": 1, "h": HOUR_MINUTES, "d": DAY_MINUTES}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*(min(?:ute)?s?|m|h(?:ours?)?|hrs?|d(?:ays?)?)(?![a-z])[\s,]*")


def said_span(minutes: int) -> str:
    """`5 min`, `4 h`, `2 d`, `1 d 4 h`; what `read_span` reads."""
    days, rest = divmod(minutes, DAY_MINUTES)
    hours, rest = divmod(rest, HOUR_MINUTES)
    parts = []
    if days:
        parts.append(_("%(days)s d") % {"days": days})
    if hours:
        parts.append(_("%(hours)s h") % {"hours": hours})
    if rest or not parts:
        parts.append(_("%(minutes)s min") % {"minutes": rest})
    return " ".join(parts)


def read_span(text: str) -> int:
    """The working minutes of what was typed. ValueError unless every part of it names its unit, or for too many."""
    text = text.strip().lower()
    minutes, at = 0.0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise ValueError(text)
        minutes += float(part[1].replace(",", ".")) * UNITS[part[2][0]]
        at = part.end()
    if not text or minutes > SPAN_MAX or minutes != int(minutes):
        raise ValueError(text)
    return int(minutes)
