"""Where the words that were looked for stand in a text: a short part of it, in pieces that were looked for or not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from content.words import words_of

# How many signs stand before the first of the words, and how many in all.
BEFORE, LENGTH = 60, 200
_RUN = re.compile(r"[^\W_]+(?:['’‘‛ʼʻ`′][^\W_]+)*")


def excerpt_of(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """The part of the text around the first of the words, each piece with whether it was looked for; nothing where none
    of them stands in it."""
    found = [run.span() for run in _RUN.finditer(text) if _is_found(run.group(), words)]
    if not found:
        return []
    first = found[0][0]
    begin = 0 if first <= BEFORE else text.find(" ", first - BEFORE, first) + 1 or first
    end = len(text) if len(text) <= begin + LENGTH else max(text.rfind(" ", begin, begin + LENGTH), found[0][1])
    pieces, place = [("… ", False)] if begin else [], begin
    for start, stop in found:
        if stop > end:
            break
        pieces += [(text[place:start], False), (text[start:stop], True)]
        place = stop
    pieces.append((text[place:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece[0]]


def _is_found(run: str, words: Sequence[str]) -> bool:
    return any(one.startswith(word) for one in words_of(run) for word in words)
