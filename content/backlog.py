"""What is asked for, in the order in which it is worth making.

rank = demand x (1 + pipeline / 1000)

*demand* is how many of us need it: who asked, and who looked in the library for something like it within 90 days and
found nothing. *pipeline* is what the leads for which it was asked are worth, as who asked said, each lead once, in
whole units of money: of whoever is pursued now, and in the currency in which most of these leads are said. Nothing is
added to another currency; what is said in another one stands beside it and moves nothing. Without a figure, demand
alone decides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Max, QuerySet

from content.models import ContentRequest, Label, LibrarySearch, RequestVoice
from content.models.demand import ContentRequestQuerySet
from content.words import words_of

if TYPE_CHECKING:
    from team.models import User

SEARCHED = timedelta(days=90)
# Of what somebody looked for in vain, each once for who looked, so much counts: what was looked for most often first.
SEARCHES_MAX = 10_000
LAST_LETTER = chr(0x10FFFF)
PAGE = 50
MINOR = 100


@dataclass
class Asked:
    """One request as the list shows it."""

    request: ContentRequest
    labels: list[Label] = field(default_factory=list)
    askers: set[int] = field(default_factory=set)
    seekers: set[int] = field(default_factory=set)
    # Minor units by currency, each lead once.
    worth: dict[str, int] = field(default_factory=dict)
    # The one that counts.
    currency: str = ""
    is_mine: bool = False
    # Whether more was looked for in vain than is counted.
    is_cut: bool = False
    # The leads for which she who looks asked for it, by value.
    my_leads: set[int] = field(default_factory=set)

    @property
    def demand(self) -> int:
        return len(self.askers | self.seekers)

    @property
    def only_seekers(self) -> int:
        return len(self.seekers - self.askers)

    @property
    def pipeline(self) -> int:
        return self.worth.get(self.currency, 0) // MINOR

    @property
    def rank(self) -> int:
        """In thousandths, so that two requests are never put in order by rounding."""
        return self.demand * (1000 + self.pipeline)

    @property
    def sums(self) -> list[str]:
        return [f"{minor // MINOR:,} {currency}".replace(",", " ") for currency, minor in sorted(self.worth.items())]


@dataclass(frozen=True)
class Sought:
    """Somebody looked for this in vain."""

    user: int
    words: tuple[str, ...]
    asked: dict[str, str]


class Searches:
    """The searches without result of the last 90 days, each of who looked once."""

    DIMENSIONS = ("topic", *Label.Dimension.values)

    def __init__(self, *, at: datetime) -> None:
        self.at = at

    @cached_property
    def is_cut(self) -> bool:
        """Whether there are more than are counted."""
        return len(self._found) > SEARCHES_MAX

    @cached_property
    def _found(self) -> list[tuple[int, str, dict[str, str]]]:
        """What was looked for most often first, and one more than is counted, where there are more."""
        rows = missed(at=self.at).values_list("user", "q", "asked").annotate(n=Count("pk"), last=Max("at"))
        found = rows.order_by("-n", "-last")[: SEARCHES_MAX + 1]
        return [(user, q, asked) for user, q, asked, _n, _last in found]

    @cached_property
    def rows(self) -> list[Sought]:
        found: dict[tuple[int, str, str], Sought] = {}
        for user, q, asked in self._found[:SEARCHES_MAX]:
            marks = {key: asked[key] for key in self.DIMENSIONS if asked.get(key)}
            words = tuple(q.split())
            if words or marks:
                found.setdefault((user, q, str(sorted(marks.items()))), Sought(user, words, marks))
        return list(found.values())

    def find_seekers(self, requests: Iterable[Asked]) -> None:
        """Who looked for something like each: every word begins one of its words, and every mark is one of its own."""
        known = {one.request.pk: one for one in requests}
        bearing: dict[tuple[str, str], set[int]] = defaultdict(set)
        said: list[tuple[str, int]] = []
        for pk, one in known.items():
            topic = one.request.topic
            for label in one.labels:
                bearing[label.dimension, label.key].add(pk)
            if topic:
                bearing["topic", topic.key].add(pk)
            words = words_of(" ".join([one.request.need, str(topic or ""), *map(str, one.labels)]))
            said += [(word, pk) for word in set(words)]
        said.sort()

        @cache
        def with_word(begun: str) -> set[int]:
            return {pk for _word, pk in said[bisect_left(said, (begun,)) : bisect_left(said, (begun + LAST_LETTER,))]}

        for search in self.rows:
            fitting = [with_word(begun) for begun in search.words]
            fitting += [bearing.get(mark, set()) for mark in search.asked.items()]
            for pk in set.intersection(*sorted(fitting, key=len)):
                known[pk].seekers.add(search.user)


def missed(*, at: datetime) -> QuerySet[LibrarySearch]:
    """The searches without result of the last 90 days."""
    return LibrarySearch.objects.filter(at__gt=at - SEARCHED, at__lte=at, followed_at=None).order_by()


def asked_for(rows: ContentRequestQuerySet, *, by: User, at: datetime, is_sought: bool = True) -> list[Asked]:
    """These requests with who needs them and what that is worth: four statements, however many there are. `is_sought`:
    with who looked for it in vain, for which the searches of 90 days are read."""
    keys = rows.order_by().values("pk")
    found = {row.pk: Asked(row) for row in rows.select_related("topic", "owner", "asset", "joined_to")}
    marks = ContentRequest.labels.through.objects.filter(contentrequest__in=keys).select_related("label")
    for mark in marks.order_by("label__dimension", "label__position"):
        if mark.contentrequest_id in found:
            found[mark.contentrequest_id].labels.append(mark.label)
    by_lead: dict[int, dict[tuple[str, int], int]] = defaultdict(dict)
    # What was asked for since the first statement is not among these.
    voices = RequestVoice.objects.filter(request__in=keys).order_by("pk")
    for pk, request, user, lead, worth, currency, is_pursued in voices.values_list(
        "pk", "request", "user", "lead", "worth", "currency", "is_pursued"
    ):
        if (one := found.get(request)) is None:
            continue
        one.askers.add(user)
        if user == by.pk:
            one.is_mine = True
            one.my_leads |= {lead} if lead is not None else set()
        if worth is not None and is_pursued:
            # Two who ask for one lead say what the same deal is worth: the larger figure counts. -pk is no lead.
            key = (currency, lead if lead is not None else -pk)
            by_lead[request][key] = max(by_lead[request].get(key, 0), worth)
    said_in = Counter(currency for worths in by_lead.values() for currency, _lead in worths)
    most = min(said_in, key=lambda currency: (-said_in[currency], currency), default="")
    for pk, one in found.items():
        one.currency = most
        for (currency, _lead), worth in by_lead[pk].items():
            one.worth[currency] = one.worth.get(currency, 0) + worth
    if is_sought:
        searches = Searches(at=at)
        searches.find_seekers(found.values())
        for one in found.values():
            one.is_cut = searches.is_cut
    return list(found.values())


def worth_of(lead: int) -> tuple[int, str] | None:
    """What was said last of this lead's worth, in minor units, and the currency."""
    said = RequestVoice.objects.filter(lead=lead, worth__isnull=False).order_by("-at", "-pk").first()
    return (said.worth, said.currency) if said and said.worth is not None else None


def ranked(rows: ContentRequestQuerySet, *, by: User, at: datetime) -> list[Asked]:
    """The backlog: what most of us need for the most pipeline first, the older of two alike before the newer."""
    return sorted(asked_for(rows, by=by, at=at), key=lambda one: (-one.rank, one.request.pk))
