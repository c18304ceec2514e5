"""One name in one field, as people write it: which part is the given name, which the family name.

Nothing that was written is lost but what is certainly a title: who is called Sultan, Prince, Judge or Mba keeps it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from accounts.normalise import text


class Name(NamedTuple):
    given: str
    family: str


@lru_cache(maxsize=4096)
def split_name(full: str) -> Name:
    """Given and family name, or *family, given*. One word is a given name; one word behind a title a family name."""
    parts = [part for part in (part.strip() for part in text(full).split(",")) if part]
    behind: list[str] = []
    while len(parts) > 1 and all(_is_suffix(word) for word in parts[-1].split()):
        behind.insert(0, parts.pop())
    found = _turned(parts[0], ", ".join(parts[1:])) if len(parts) > 1 else _parted("".join(parts).split())
    if not behind:
        return found
    if not found.family:
        return Name(", ".join((found.given, *behind)), "")
    return Name(found.given, ", ".join((found.family, *behind)))


def _turned(family: str, given: str) -> Name:
    """Of *Lovelace, Dr. Ada*."""
    words = given.split()
    return Name(" ".join(_without_titles(words) or words), family)


def _parted(words: Sequence[str]) -> Name:
    """Of words in the order in which they are said. The family begins at its first particle, else at the last word."""
    bare = _without_titles(words)
    if len(bare) < 2:
        return Name("", " ".join(words)) if len(words) > 1 else Name(" ".join(words), "")
    last = len(bare) - 1
    while last > 1 and _is_suffix(bare[last]):
        last -= 1
    # "Ortega y Gasset" is one family.
    begin = last - 2 if last > 2 and bare[last - 1] in _BETWEEN else last
    begin = next((at for at in range(1, begin) if bare[at].lower() in _PARTICLES), begin)
    return Name(" ".join(bare[:begin]), " ".join(bare[begin:]))


def _without_titles(words: Sequence[str]) -> Sequence[str]:
    at = 0
    while at < len(words) and _TITLE.fullmatch(words[at]):
        at += 1
    return words[at:]


def _is_suffix(word: str) -> bool:
    return _GENERATION.fullmatch(word) is not None or word in _DEGREES


_TITLE = re.compile(r"(?i:dr|prof|mr|mrs|ms)\.?")
_GENERATION = re.compile(r"(?:[Jj]r|[Ss]r|JR|SR)\.?|II|III|IV")
# As degrees are written; whoever is called Mba or Ma is not.
_DEGREES = frozenset({"PhD", "Ph.D.", "Ph.D", "MBA", "M.B.A.", "MD", "M.D.", "CPA", "Esq."})
_PARTICLES = frozenset({
    "al", "bin", "da", "dal", "das", "de", "degli", "dei", "del", "dela", "della", "delle", "der", "den",
    "di", "do", "dos", "du", "el", "ibn", "la", "le", "los", "san", "santa", "st", "st.", "ten", "ter", "van",
    "von", "vom", "zu", "zum", "zur",
})  # fmt: skip
_BETWEEN = frozenset({"y", "e", "i"})
