"""What is asked for already and may be the same: by what it is about, or by its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from rapidfuzz import fuzz

from content.actions.asking import Need
from content.alike import SMALL
from content.backlog import Asked, asked_for
from content.models import ContentRequest
from content.words import words_of

if TYPE_CHECKING:
    from team.models import User

SHOWN = 4
LOOKED_AT = 500
# Of 100: so alike are the words of two needs that mean the same.
SAME_WORDS = 72
# What was answered so lately may be the answer to this, too.
ANSWERED = timedelta(days=180)


def same_needs(need: Need, *, by: User, at: datetime, but: int | None = None) -> list[Asked]:
    """At most four, the surest first: open ones, and what was answered in the last half year."""
    rows = ContentRequest.objects.visible_to(by).exclude(pk=but or 0)
    lately = Q(state=ContentRequest.State.DONE, closed_at__gt=at - ANSWERED)
    rows = rows.filter(Q(state__in=ContentRequest.OPEN_STATES) | lately)
    wanted, topic = {label.pk for label in need.labels}, need.topic.pk if need.topic else None
    words = _said(need.words)
    marks: dict[int, set[int]] = {}
    newest = rows.order_by("-pk")[:LOOKED_AT]
    found = {pk: (said, about) for pk, said, about in newest.values_list("pk", "need", "topic")}
    for pk, label in ContentRequest.labels.through.objects.filter(contentrequest__in=found).values_list(
        "contentrequest", "label"
    ):
        marks.setdefault(pk, set()).add(label)
    sure: dict[int, float] = {}
    for pk, (said, about) in found.items():
        like = fuzz.token_set_ratio(words, _said(said)) if words else 0.0
        theirs = marks.get(pk, set())
        # The same topic, and nothing said of one that the other contradicts.
        is_about = topic is not None and about == topic and bool(wanted) and wanted == theirs
        if like >= SAME_WORDS or is_about:
            sure[pk] = like + (50 if is_about else 0)
    best = sorted(sure, key=lambda pk: (-sure[pk], -pk))[:SHOWN]
    shown = {one.request.pk: one for one in asked_for(ContentRequest.objects.filter(pk__in=best), by=by, at=at)}
    return [shown[pk] for pk in best]


def _said(text: str) -> str:
    return " ".join(word for word in words_of(text) if word not in SMALL)
