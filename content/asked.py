"""What the pages of requests say: what is new, one request with its history, what was looked for in vain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Case, Count, Exists, Max, Min, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy

from content.actions.asking import Need
from content.backlog import Asked, asked_for, missed
from content.library import Card, cards_of
from content.models import Asset, ContentRequest, Label, LibrarySearch, News, RequestChange, RequestVoice, Topic
from content.same_need import same_needs

if TYPE_CHECKING:
    from content.forms.requests import RequestFilters
    from team.models import User

NEWS_MAX = 50
HEARD_SHOWN = 10
VOICES_SHOWN = 100
CHANGES_SHOWN = 50
OFFERED = 3
SOUGHT_PAGE = 100
Verb = RequestChange.Verb

_SAID = {
    Verb.ASK: (gettext_lazy("%(name)s asked for it"), "add"),
    Verb.ACCEPT: (gettext_lazy("%(name)s accepted it"), "done"),
    Verb.TAKE_ON: (gettext_lazy("%(name)s makes it"), "person"),
    Verb.ANSWER: (gettext_lazy("%(name)s answered it"), "done"),
    Verb.DECLINE: (gettext_lazy("%(name)s declined it"), "stop"),
    Verb.JOIN: (gettext_lazy("%(name)s joined it to another"), "merge"),
    Verb.REOPEN: (gettext_lazy("%(name)s opened it again"), "back"),
}


@dataclass(frozen=True)
class Happened:
    at: datetime
    said: str
    icon: str
    because: str
    asset: Asset | None


@dataclass(frozen=True)
class Told:
    """One line of news."""

    pk: int
    request: ContentRequest
    happened: Happened


@dataclass(frozen=True)
class NewsPage:
    lines: list[Told]
    has_more: bool
    heard: list[Told]


@dataclass(frozen=True)
class Page:
    asked: Asked
    voices: list[RequestVoice]
    mine: RequestVoice | None
    history: list[Happened]
    # What a keeper may answer with, and what asks for the same.
    fitting: list[Card]
    same: list[Asked]


@dataclass(frozen=True)
class Sought:
    """One line: a word, whoever it was for; without words, what was asked for."""

    q: str
    # What any of them asked for, and what all of them did.
    labels: list[str]
    asked: dict[str, str]
    # How many looked for it, how often they did, and when last.
    users: int
    times: int
    at: datetime


def news_of(user: User) -> NewsPage:
    rows = News.objects.of(user).select_related("change__request", "change__by", "change__asset").order_by("-pk")
    unheard = list(rows.filter(heard_at=None)[: NEWS_MAX + 1])
    heard = rows.filter(heard_at__isnull=False)[:HEARD_SHOWN]
    shown = unheard[:NEWS_MAX]
    return NewsPage(
        lines=[_told(row) for row in shown],
        has_more=len(unheard) > NEWS_MAX,
        heard=[_told(row) for row in heard],
    )


def page_of(request: ContentRequest, *, by: User, at: datetime, on: date) -> Page:
    (asked,) = asked_for(ContentRequest.objects.filter(pk=request.pk), by=by, at=at)
    voices = list(request.voices.select_related("user").order_by("pk")[:VOICES_SHOWN])
    changes = request.changes.select_related("by", "asset").order_by("-pk")[:CHANGES_SHOWN]
    need = Need(request.need, request.topic, tuple(asked.labels))
    return Page(
        asked=asked,
        voices=voices,
        mine=next((voice for voice in voices if voice.user_id == by.pk), None),
        history=[_happened(change) for change in changes],
        fitting=offered(need, by=by, on=on) if request.is_open else [],
        same=same_needs(need, by=by, at=at, but=request.pk) if request.is_open else [],
    )


def offered(need: Need, *, by: User, on: date) -> list[Card]:
    """What is there already and may do."""
    labels: dict[str, list[int]] = defaultdict(list)
    for label in need.labels:
        labels[label.dimension].append(label.pk)
    if not labels and need.topic is None:
        return []
    topics = [need.topic.pk] if need.topic else []
    rows = Asset.objects.visible_to(by).in_use(on=on).fitting(topics=topics, labels=labels)
    # Fitting by one of several marks is no answer: every label that was said, and the topic.
    for label in need.labels:
        rows = rows.filter(Exists(Asset.labels.through.objects.filter(asset=OuterRef("pk"), label=label)))
    return cards_of(list(rows.values_list("pk", flat=True)[:OFFERED]), on=on)


def in_vain(filters: RequestFilters, *, at: datetime) -> list[Sought]:
    """A page of what was looked for in vain within 90 days, each word once, and one more where there are more: what
    most looked for first. Two statements beside those of the labels, however long it is."""
    rows = _missed(filters, at=at)
    words = {(label.dimension, label.key): label.label for label in Label.objects.all()}
    words |= {("topic", topic.key): topic.label for topic in Topic.objects.all()}
    no_words = Case(When(q="", then=Cast("asked", TextField())), default=Value(""), output_field=TextField())
    rows = rows.annotate(no_words=no_words)
    found = rows.values_list("q", "no_words").annotate(
        users=Count("user", distinct=True), times=Count("pk"), last=Max("at"), first=Min("pk")
    )
    begin = (filters.read.get("page", 1) - 1) * SOUGHT_PAGE
    page = found.order_by("-users", "-times", "-last", "first")[begin : begin + SOUGHT_PAGE + 1]
    marks: dict[tuple[str, str], list[set[tuple[str, str]]]] = defaultdict(list)
    for q, key, asked in rows.filter(q__in={q for q, *_rest in page}).values_list("q", "no_words", "asked").distinct():
        marks[q, key].append(set(asked.items()))
    return [
        Sought(
            q,
            [words.get(mark, mark[1]) for mark in sorted(set().union(*marks[q, key]))],
            dict(set.intersection(*marks[q, key])),
            users,
            times,
            last,
        )
        for q, key, users, times, last, _first in page
    ]


def count_in_vain(filters: RequestFilters, *, at: datetime) -> int:
    """How many such searches there are, each who looked once a search, as the matrix counts them: two who look for the
    same are two, and one line of the list."""
    return _missed(filters, at=at).aggregate(n=Count(_search(), distinct=True))["n"] or 0


def _missed(filters: RequestFilters, *, at: datetime) -> QuerySet[LibrarySearch]:
    rows = missed(at=at)
    for name in ("topic", "persona", "stage", "objection"):
        rows = rows.filter(_asked_for(name, filters.read.get(name, "")))
    return rows


def sought_by_cell(*, at: datetime, objection: str = "") -> dict[tuple[str, str], int]:
    """How many looked in vain for something by persona and stage, each who looked once a search."""
    rows = missed(at=at).filter(_asked_for("objection", objection))
    by_cell = rows.values_list(KT("asked__persona"), KT("asked__stage")).annotate(n=Count(_search(), distinct=True))
    return {(persona or "none", stage or "none"): n for persona, stage, n in by_cell}


def _search() -> Concat:
    """Who looked, and for what."""
    key = [Cast(name, TextField()) for name in ("user", "q", "asked")]
    return Concat(key[0], Value(" "), key[1], Value(" "), key[2], output_field=TextField())


def _asked_for(name: str, key: str) -> Q:
    """Searches that asked for this mark, or, by "none", for none of its kind."""
    if not key:
        return Q()
    if key != "none":
        return Q(**{f"asked__{name}": key})
    # What was retired since says nothing any more.
    retired = Label.objects.filter(dimension=name, retired_at__isnull=False).values_list("key", flat=True)
    return ~Q(asked__has_key=name) | Q(**{f"asked__{name}__in": list(retired)})


def _told(row: News) -> Told:
    return Told(row.pk, row.change.request, _happened(row.change))


def _happened(change: RequestChange) -> Happened:
    words, icon = _SAID[Verb(change.verb)]
    return Happened(change.at, words % {"name": change.by.name}, icon, change.because, change.asset)
