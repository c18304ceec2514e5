"""Whether words name somebody who is to be forgotten, and the same words without her. Only `named` reads.

Her addresses, her numbers however they are grouped, and her whole name in either order. A name that somebody else has,
too, is not taken out where it stands by itself: it may be the other one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from django.db.models import Q

from accounts.models import ContactPoint, Person

ERASED = "[erased]"
# Of a number the last digits are compared, because its beginning is written in many ways.
DIGITS = 8
BETWEEN_DIGITS = r"[ ().\/-]{0,3}"
# Between the parts of a name: a space, a comma, the end of a cell.
BETWEEN_NAMES = r"[\W_]{1,5}"
Json = Any


@dataclass(frozen=True)
class Named:
    """`parts` are the given and family names of her rows: a cell of a file that is nothing else names her."""

    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    parts: frozenset[str] = frozenset()
    has_namesakes: bool = False

    def __bool__(self) -> bool:
        return bool(self.addresses or self.numbers or self.names)

    @property
    def pattern(self) -> re.Pattern[str]:
        found = [rf"(?<![\w.+-]){re.escape(one)}(?![\w-])" for one in self.addresses]
        found += [rf"(?:(?:\+|00)?\(?\d[\d ().\/-]{{0,9}})?{core}(?!\d)" for core in map(_spread, self.numbers)]
        for given, family in self.names if not self.has_namesakes else ():
            first, last = re.escape(given), re.escape(family)
            found.append(rf"(?<!\w)(?:{first}{BETWEEN_NAMES}{last}|{last}{BETWEEN_NAMES}{first})(?!\w)")
        return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)

    def without(self, text: str) -> str:
        return self.pattern.sub(ERASED, text)

    def without_cells(self, value: Json) -> Json:
        """The same for what a file's first rows say: a cell may be a part of her name, and nothing else."""
        if isinstance(value, str):
            return ERASED if value.strip().casefold() in self.parts else self.without(value)
        if isinstance(value, list):
            return [self.without_cells(one) for one in value]
        if isinstance(value, dict):
            return {key: self.without_cells(one) for key, one in value.items()}
        return value

    def is_in(self, text: str) -> bool:
        """Also where it is written as an address of a page writes it."""
        return bool(self.pattern.search(text) or self.pattern.search(unquote_plus(text)))

    def may_stand_in(self, column: str) -> Q:
        """What the database finds quickly: more than `is_in`, and never less but for letters it cannot fold."""
        said = [Q(**{f"{column}__icontains": form}) for one in self.addresses for form in _cases(one)]
        said += [Q(**{f"{column}__regex": _spread(one)}) for one in self.numbers]
        for given, family in self.names if not self.has_namesakes else ():
            both = [
                reduce(or_, (Q(**{f"{column}__icontains": form}) for form in _cases(one))) for one in (given, family)
            ]
            said.append(both[0] & both[1])
        return reduce(or_, said)


def named(people: Collection[int]) -> Named:
    """What these rows, which are one person, are named by."""
    points = ContactPoint.objects.filter(person__in=people)
    rows = Person.objects.filter(pk__in=people).exclude(given_name="", family_name="")
    names = list(rows.values_list("given_name", "family_name").distinct())
    whole = tuple((given, family) for given, family in names if given and family)
    others = Person.objects.filter(merged_into=None, erased_at=None).exclude(pk__in=people)
    alike = reduce(
        or_, (Q(given_name__iexact=given, family_name__iexact=family) for given, family in whole), Q(pk=None)
    )
    shared = ContactPoint.objects.exclude(person__in=people).filter(person__erased_at=None)
    addresses, numbers = set(), set()
    for kind, value, normalised in points.values_list("kind", "value", "normalised"):
        if kind not in ContactPoint.PHONES:
            addresses |= {value.lower(), normalised.lower()}
        elif not shared.filter(normalised=normalised).exists():
            # A switchboard names nobody.
            numbers.add(normalised)
    return Named(
        addresses=tuple(sorted(one for one in addresses if len(one) > 4)),
        numbers=tuple(sorted(one for one in numbers if len(_digits(one)) >= DIGITS)),
        names=whole,
        parts=frozenset(one.strip().casefold() for pair in names for one in pair if one) if whole else frozenset(),
        has_namesakes=others.filter(alike).exists(),
    )


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def _spread(number: str) -> str:
    return BETWEEN_DIGITS.join(_digits(number)[-DIGITS:])


def _cases(word: str) -> set[str]:
    """SQLite compares only letters of English without regard to case; and as an address of a page writes it."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    return forms | {quote_plus(form) for form in forms}
