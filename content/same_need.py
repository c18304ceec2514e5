"""What is asked for already and may be the same: by what it is about, or by its words."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Q
from rapidfuzz import fuzz, process

from content.actions.asking import Need
from content.alike import SMALL
from content.backlog import Asked, asked_for
from content.models import ContentRequest
from content.models.demand import ContentRequestQuerySet
from content.words import words_of

if TYPE_CHECKING:
    from team.models import User

SHOWN = 4
# Of the words of the shorter of two needs, so many are in the other, where both mean the same: two at least.
SAME_WORDS = 0.6
SHARED = 2
# Of 100: one word in the singular and the plural, or with a letter that is wrong.
SAME_WORD = 84
# What was answered so lately may be the answer to this, too.
ANSWERED = timedelta(days=180)


def same_needs(need: Need, *, by: User, at: datetime, but: int | None = None) -> list[Asked]:
    """At most four, of all that is open or was answered in the last half year: what is about the same first, then what
    shares the most of its words, then what is on the same topic, then the newest. It is asked for while somebody types:
    no search is read for it, and who looked in vain is on none of them."""
    rows = ContentRequest.objects.visible_to(by).exclude(pk=but or 0)
    lately = Q(state=ContentRequest.State.DONE, closed_at__gt=at - ANSWERED)
    rows = rows.filter(Q(state__in=ContentRequest.OPEN_STATES) | lately)
    topic = need.topic.pk if need.topic else None
    about = _about_the_same(rows, need)
    shares, on_topic = {}, set()
    said = {pk: (_said(words), its) for pk, words, its in rows.values_list("pk", "need", "topic").order_by()}
    alike = _alike(_said(need.words), {word for words, _topic in said.values() for word in words})
    for pk, (theirs, its) in said.items():
        shared = sum(not theirs.isdisjoint(words) for words in alike)
        fewest = min(len(alike), len(theirs))
        share = shared / fewest if fewest and shared >= min(SHARED, fewest) else 0.0
        if share >= SAME_WORDS or pk in about:
            shares[pk] = share
            on_topic |= {pk} if topic is not None and its == topic else set()
    best = sorted(shares, key=lambda pk: (pk in about, shares[pk], pk in on_topic, pk), reverse=True)[:SHOWN]
    if not best:
        return []
    found = asked_for(ContentRequest.objects.filter(pk__in=best), by=by, at=at, is_sought=False)
    shown = {one.request.pk: one for one in found}
    # What was joined to another since is not among these.
    return [shown[pk] for pk in best if pk in shown]


def _about_the_same(rows: ContentRequestQuerySet, need: Need) -> set[int]:
    """On the same topic, and nothing said of one that the other contradicts."""
    wanted = {label.pk for label in need.labels}
    if need.topic is None or not wanted:
        return set()
    marks: dict[int, set[int]] = defaultdict(set)
    on_topic = rows.filter(topic=need.topic).values("pk")
    links = ContentRequest.labels.through.objects.filter(contentrequest__in=on_topic)
    for pk, label in links.values_list("contentrequest", "label"):
        marks[pk].add(label)
    return {pk for pk, theirs in marks.items() if theirs == wanted}


def _alike(words: frozenset[str], known: set[str]) -> list[set[str]]:
    """For each of these words those that are known and mean it."""
    return [
        {one for one, *_score in process.extract(word, known, scorer=fuzz.ratio, score_cutoff=SAME_WORD, limit=None)}
        for word in words
    ]


# It is asked of every need at each pause of typing, and most of the time goes into taking them apart.
@lru_cache(maxsize=8192)
def _said(text: str) -> frozenset[str]:
    return frozenset(words_of(text)) - SMALL
