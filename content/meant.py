"""What a search that finds nothing may have meant: its words, put right by those of titles, topics and labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q
from rapidfuzz import fuzz, process

from content.models import LibraryWord
from content.words import SPELT_MIN

# Of 100: so alike are a word and the same with a letter too many, too few or two of them turned round.
NEARLY = 74


def meant(words: Sequence[str]) -> str:
    """The same words, two that are known as one written as one, and each that begins no known one taken apart into two
    that are known, or put right by the known one that is most like it; empty where none is. A word is taken to begin
    with the letter it is written with."""
    known = _known(words)
    right = [_right(word, known) if len(word) >= SPELT_MIN else word for word in _joined(words, known)]
    return " ".join(right) if right != list(words) else ""


def is_put_right(was: Sequence[str], now: Sequence[str]) -> bool:
    """Whether these are the same words, spelt right, with another space or typed on: each that differs was none that is
    known, and is like what stands in its place, which is. A word with a digit means what it says."""
    if "".join(was) == "".join(now):
        return True
    differing = [(old, new) for old, new in zip(was, now, strict=False) if old != new]
    if len(was) != len(now) or not all(old.isalpha() and new.isalpha() for old, new in differing):
        return False
    spelt = [(old, new) for old, new in differing if not new.startswith(old)]
    if not all(len(old) >= SPELT_MIN and old[0] == new[0] and _is_near(old, new) for old, new in spelt):
        return False
    known = _known([old for old, _new in spelt])
    return not any(_is_known(old, known) for old, _new in spelt) and all(_is_known(new, known) for _old, new in spelt)


def _known(words: Collection[str]) -> list[str]:
    """The words of the library that begin with a letter of these, in their order."""
    letters = sorted({word[0] for word in words})
    if not letters:
        return []
    begins = reduce(or_, (Q(word__startswith=letter) for letter in letters))
    return sorted(LibraryWord.objects.filter(begins).values_list("word", flat=True))


def _is_known(word: str, known: Sequence[str]) -> bool:
    return any(one.startswith(word) for one in known)


def _is_near(one: str, other: str) -> bool:
    return fuzz.ratio(one, other) >= NEARLY


def _joined(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """Of two words that begin a known one together, that."""
    found: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if rest and len(both := word + rest[0]) >= SPELT_MIN and _is_known(both, known):
            rest.pop(0)
            word = both
        found.append(word)
    return found


def _apart(word: str, known: Sequence[str]) -> str:
    """The two words it is made of, the first as it is known, the second as one begins; empty where it is not."""
    places = range(len(word) - SPELT_MIN, SPELT_MIN - 1, -1)
    cuts = [(word[:place], word[place:]) for place in places if word[:place] in known]
    others = _known([second for _first, second in cuts])
    return next((f"{first} {second}" for first, second in cuts if _is_known(second, others)), "")


def _right(word: str, known: Sequence[str]) -> str:
    if _is_known(word, known):
        return word
    if two := _apart(word, known):
        return two
    best = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=NEARLY)
    return best[0] if best else word
