"""What counts as another job, and not as the same one written otherwise. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_EMPTY = frozenset({"of", "the", "and", "for", "de", "du", "der", "und"})
# Above this likeness a title was mistyped before.
_SLIP = 0.85


def is_another_title(old: str, new: str) -> bool:
    """Whether this title says another job. Spelling, order and abbreviations do not, nor a title that was not known."""
    before, now = _words(old), _words(new)
    if not before or not now or before == now:
        return False
    if len(before) != len(now):
        return True
    if all(map(_is_short_for, before, now)):
        return False
    return SequenceMatcher(None, " ".join(before), " ".join(now)).ratio() < _SLIP


def _words(title: str) -> list[str]:
    return sorted(word for word in re.findall(r"\w+", title.casefold()) if word not in _EMPTY)


def _is_short_for(one: str, other: str) -> bool:
    """The same word, or one with letters left out: ops, operations."""
    short, long = sorted((one, other), key=len)
    letters = iter(long)
    return short[0] == long[0] and all(letter in letters for letter in short)
