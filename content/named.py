"""What somebody may mean who names an asset or a request by some of its words. Reads only."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_

from django.db.models import Q

from content.models import Asset, ContentRequest
from content.words import Match, query_words

SHOWN = 8


def assets_named(written: str, *, on: date) -> list[Asset]:
    """At most eight in use on this day: those that have the words in their title first, then the newest."""
    words = query_words(written)
    found: list[Asset] = []
    for in_title in (True, False) if words else ():
        rows = Match(words, in_title=in_title).newest(Asset.objects.in_use(on=on))
        found += rows[: SHOWN - len(found)]
    return found


def requests_named(written: str) -> list[ContentRequest]:
    """At most eight open ones whose need has every word, the newest first."""
    words = query_words(written)
    if not words:
        return []
    has_all = reduce(and_, (Q(need__icontains=word) for word in words))
    return list(ContentRequest.objects.open().filter(has_all).order_by("-pk")[:SHOWN])
