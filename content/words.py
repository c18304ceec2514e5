"""How the library is searched: words of the title and of the text, and marks such as a topic, in one full-text index.

Both databases are asked for the same: every word of the query begins a word of the asset, and every mark is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from team.words import folded

QUERY_MAX = 200
WORDS_MAX = 12
# A longer run of letters is no word of anybody's.
WORD_MAX = 60
Rows = TypeVar("Rows", bound=QuerySet[Any])


def words_of(text: str) -> list[str]:
    """The words of a text as the index keeps them, in their order: folded runs of letters and digits."""
    return [word[:WORD_MAX] for word in _WORD.findall(folded(_APOSTROPHES.sub("", text)))]


def query_words(q: str) -> tuple[str, ...]:
    """What is looked for, each word once."""
    return tuple(dict.fromkeys(words_of(q[:QUERY_MAX])))[:WORDS_MAX]


@dataclass(frozen=True)
class Match:
    """What the index is asked for. `marks` are alternatives within a group, and every group must be met."""

    words: tuple[str, ...] = ()
    marks: tuple[tuple[str, ...], ...] = ()
    # Only what has every word in its title, or what has not.
    in_title: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.words or self.marks)

    def narrow(self, rows: Rows) -> Rows:
        """`rows` are assets."""
        if not self:
            return rows
        if connection.vendor == "postgresql":
            return rows.filter(words__vector=SearchQuery(self._for_postgresql(), search_type="raw", config="simple"))
        # The query is a parameter, the table a name of our own.
        found = RawSQL(
            "SELECT rowid FROM content_assettext_fts WHERE content_assettext_fts MATCH %s", [self._for_sqlite()]
        )  # nosec B611
        return rows.filter(pk__in=found)

    def _for_postgresql(self) -> str:
        """Weights tell the parts apart: A is the title, B the text, C the marks."""
        title = " & ".join(f"'{word}':*A" for word in self.words)
        parts = [" & ".join(f"'{word}':*AB" for word in self.words)] if self.in_title is None else []
        parts += [title] if self.in_title else []
        if self.in_title is False:
            parts += [" & ".join(f"'{word}':*AB" for word in self.words), f"!({title})"]
        parts += ["(" + " | ".join(f"'{mark}':C" for mark in group) + ")" for group in self.marks]
        return " & ".join(part for part in parts if part)

    def _for_sqlite(self) -> str:
        anywhere = [f'{{title body}} : "{word}" *' for word in self.words]
        title = [f'title : "{word}" *' for word in self.words]
        parts = title if self.in_title else anywhere
        parts = parts + ["(" + " OR ".join(f'marks : "{mark}"' for mark in group) + ")" for group in self.marks]
        found = " AND ".join(f"({part})" for part in parts)
        return f"({found}) NOT ({' AND '.join(title)})" if self.in_title is False else found


def marks_of(
    *, kind: str, topic: int | None = None, labels: Iterable[int] = (), form: str = "", language: str = ""
) -> str:
    """What an asset is, one word each; the same words are what a filter asks for."""
    marks = [mark_of("kind", kind), *(mark_of("label", pk) for pk in labels)]
    marks += [mark_of("topic", topic)] if topic else []
    marks += [mark_of("form", form)] if form else []
    marks += [mark_of("language", language)] if language else []
    return " ".join(marks)


def mark_of(what: str, value: object) -> str:
    return f"{what[0]}{re.sub('[^a-z0-9]', '', str(value))}"


_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['’‘‛ʼʻ`′]")
