"""Content that is asked for knows its leads by value: whether they are pursued is written down beside each voice."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from agreement.models import Phase
from content.models import ContentRequest, RequestVoice
from leads.models import Lead

BATCH = 500
PURSUED = (Phase.QUEUED, Phase.WORKING, Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED)
_IS_PURSUED = Exists(Lead.objects.in_phase(*PURSUED).filter(person=OuterRef("whose")).order_by())


def look_at_voices() -> int:
    """Up to 500 each whose person is pursued no more, or again, in that lead or a later one, also under the row that
    she was merged into; how many. Who sleeps is no pipeline until she wakes."""
    return _put(_voices().filter(_IS_PURSUED, is_pursued=False), is_pursued=True) + _put(
        _voices().filter(~_IS_PURSUED, is_pursued=True), is_pursued=False
    )


def _voices() -> QuerySet[RequestVoice]:
    """Of what is open, for some lead."""
    whose = Lead.objects.filter(pk=OuterRef("lead")).order_by().values("person")[:1]
    asked = RequestVoice.objects.filter(request__state__in=ContentRequest.OPEN_STATES, lead__isnull=False)
    return asked.alias(whose=Subquery(whose))


def _put(voices: QuerySet[RequestVoice], *, is_pursued: bool) -> int:
    ids = list(voices.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return RequestVoice.objects.filter(pk__in=ids, lead__isnull=False).update(is_pursued=is_pursued)
