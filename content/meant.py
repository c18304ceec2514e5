"""What a search that finds nothing may have meant: its words, put right by those of titles, topics and labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q
from rapidfuzz import fuzz, process

from content.models import LibraryWord
from content.words import SPELT_MIN

# Of 100: so alike are a word and the same with a letter too many, too few or two of them turned round.
NEARLY = 74


def meant(words: Sequence[str]) -> str:
    """The same words, each that begins no known one put right by the known one that is most like it; empty where none
    is. A word is taken to begin with the letter it is written with."""
    looked_up = [word for word in words if len(word) >= SPELT_MIN]
    if not looked_up:
        return ""
    begins = reduce(or_, (Q(word__startswith=letter) for letter in {word[0] for word in looked_up}))
    known = sorted(LibraryWord.objects.filter(begins).values_list("word", flat=True))
    right = [_right(word, known) if word in looked_up else word for word in words]
    return " ".join(right) if right != list(words) else ""


def _right(word: str, known: Sequence[str]) -> str:
    if any(one.startswith(word) for one in known):
        return word
    best = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=NEARLY)
    return best[0] if best else word
