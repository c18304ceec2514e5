"""How the library is searched: words of the title and of the text, and marks such as a topic, in one full-text index.

Both databases are asked for the same: every word of the query begins a word of the asset, and every mark is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from team.words import folded

QUERY_MAX = 200
WORDS_MAX = 12
# A longer run of letters is no word of anybody's.
WORD_MAX = 60
# A shorter word is meant as it is written.
SPELT_MIN = 4
# SQLite's index, a table beside ours.
FTS = "content_assettext_fts"
SQLITE = "SELECT rowid FROM content_assettext_fts WHERE content_assettext_fts MATCH %s"
# What a lexeme begins with says which of its three kinds it is.
ANYWHERE, IN_TITLE, MARK = "0", "1", "2"
Rows = TypeVar("Rows", bound=QuerySet[Any])


def words_of(text: str) -> list[str]:
    """The words of a text as the index keeps them, in their order: folded runs of letters and digits."""
    return [word[:WORD_MAX] for word in _WORD.findall(folded(_APOSTROPHES.sub("", text)))]


def query_words(q: str) -> tuple[str, ...]:
    """What is looked for, each word once."""
    return tuple(dict.fromkeys(words_of(q[:QUERY_MAX])))[:WORDS_MAX]


def spelt_words(texts: Iterable[str]) -> list[str]:
    """The words of these that are worth putting right, each once, in their order by letters: no numbers and nothing
    so short that every other word is like it."""
    words = {word for text in texts for word in words_of(text)}
    return sorted(word for word in words if len(word) >= SPELT_MIN and word.isalpha())


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
            asked = self._written("'{}':*", "'{}'", " & ", " | ", " & !")
            return rows.filter(words__vector=_Lexemes(asked))
        # The query is a parameter, the table a name of our own.
        found = RawSQL(SQLITE, [self._for_sqlite()])  # noqa: S611  # nosec B611
        return rows.filter(pk__in=found)

    def newest(self, rows: Rows, *, before: int | None = None) -> Rows:
        """The same, newest first, from behind `before` on: as many are looked at as are taken."""
        if before is not None:
            rows = rows.filter(pk__lt=before)
        if not self or connection.vendor == "postgresql":
            return self.narrow(rows).order_by("-pk")
        # Ordered by its own key, the index is read from its end and no further than the page.
        where, params = [f"{FTS} MATCH %s", f"{FTS}.rowid = content_asset.id"], [self._for_sqlite()]
        order = [f"-{FTS}.rowid"]
        return cast(Rows, rows.extra(tables=[FTS], where=where, params=params, order_by=order))  # noqa: S610  # nosec B610

    def _for_sqlite(self) -> str:
        return self._written('"{}" *', '"{}"', " AND ", " OR ", " NOT ")

    def _written(self, word: str, mark: str, all_of: str, any_of: str, but: str) -> str:
        """The same question in the language of either database."""
        title = all_of.join(word.format(IN_TITLE + one) for one in self.words)
        anywhere = all_of.join(word.format(ANYWHERE + one) for one in self.words)
        parts = [title if self.in_title else anywhere] if self.words else []
        parts += [f"({any_of.join(mark.format(MARK + one) for one in group)})" for group in self.marks]
        asked = all_of.join(parts)
        return f"({asked}){but}({title})" if self.in_title is False else asked


class _Lexemes(SearchQuery):
    """A query for PostgreSQL that is written already: its parser would take our words apart once more."""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **kwargs: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[-1])
        return f"{sql}::tsquery", params


def lexemes_of(title: Iterable[str], text: Iterable[str], marks: Iterable[str]) -> str:
    """What the index keeps of an asset: each word as one that stands anywhere, in the title, or is a mark."""
    title, text = list(title), list(text)
    anywhere = (ANYWHERE + word for word in (*title, *text))
    kept = (*(IN_TITLE + word for word in title), *anywhere, *(MARK + mark for mark in marks))
    return " ".join(dict.fromkeys(kept))


def marks_of(
    *, kind: str, topic: int | None = None, labels: Iterable[int] = (), form: str = "", language: str = ""
) -> list[str]:
    """What an asset is, one word each; the same words are what a filter asks for."""
    marks = [mark_of("kind", kind), *(mark_of("label", pk) for pk in labels)]
    marks += [mark_of("topic", topic)] if topic else []
    marks += [mark_of("form", form)] if form else []
    marks += [mark_of("language", language)] if language else []
    return marks


def mark_of(what: str, value: object) -> str:
    return f"{what[0]}{re.sub('[^a-z0-9]', '', str(value))}"


_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['’‘‛ʼʻ`′]")
