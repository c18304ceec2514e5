"""What words link to that nobody is given any more, and what comes after it. Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from content.actions.keeping import successor_of
from content.models import Asset, AssetVersion

# A shorter line of a snippet may stand in any letter.
LINE = 20
_ADDRESS = re.compile(r"/c/([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})/")


@dataclass(frozen=True)
class Over:
    """An asset that is not sent any more, and the one that is instead."""

    asset: Asset
    successor: Asset | None
    words: str


def named_in(*texts: str) -> set[UUID]:
    """The assets whose addresses stand in these words."""
    return {UUID(found) for text in texts for found in _ADDRESS.findall(text)}


def over_among(public_ids: Iterable[UUID], *, on: date) -> list[Over]:
    """Of these what may not leave the house on this day: expired, retired, never approved, or only said aloud."""
    ids = set(public_ids)
    if not ids:
        return []
    named = Asset.objects.filter(public_id__in=ids)
    good = Asset.objects.sendable(on=on).filter(public_id__in=ids).values("pk")
    bad = named.exclude(pk__in=good).select_related("successor").order_by("title", "pk")
    return [_told(asset, on=on) for asset in bad]


def over_said(text: str, *, on: date) -> list[Over]:
    """The snippets that are over and whose every line stands in these words, unless one that is in use says them, too:
    what a letter says it cannot be cleared of by not naming it."""
    if not text.strip():
        return []
    current = AssetVersion.objects.filter(is_current=True, form=AssetVersion.Form.SNIPPET)
    is_over = Q(asset__expires_on__lte=on) | Q(asset__retired_at__isnull=False)
    old = _said(text, current.filter(is_over))
    if not old:
        return []
    good = _said(text, current.filter(asset__in=Asset.objects.sendable(on=on)))
    said = {pk for pk, lines in old.items() if not any(lines <= others for others in good.values())}
    bad = Asset.objects.filter(pk__in=said).select_related("successor").order_by("title", "pk")
    return [_told(asset, on=on, more=_("Its words stand in the letter.")) for asset in bad]


def lines_of(snippet: str) -> frozenset[str]:
    """The lines by which a snippet is known again: fields are filled by then."""
    lines = (line.strip() for line in snippet.splitlines())
    return frozenset(line for line in lines if len(line) >= LINE and "{{" not in line)


def _said(text: str, versions: QuerySet[AssetVersion]) -> dict[int, frozenset[str]]:
    """By asset the lines of those whose every line stands in these words."""
    found = ((pk, lines_of(words)) for pk, words in versions.values_list("asset_id", "text").iterator())
    return {pk: lines for pk, lines in found if lines and all(line in text for line in lines)}


def over_in(texts: dict[int, str], *, on: date) -> set[int]:
    """Whose words (by whatever key) link to something of that kind: one statement, or none where nobody links."""
    named = {key: named_in(text) for key, text in texts.items() if "/c/" in text}
    ids = {one for some in named.values() for one in some}
    if not ids:
        return set()
    known = set(Asset.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    bad = known - set(Asset.objects.sendable(on=on).filter(public_id__in=known).values_list("public_id", flat=True))
    return {key for key, some in named.items() if some & bad}


def _told(asset: Asset, *, on: date, more: str = "") -> Over:
    successor = successor_of(asset, on=on) if asset.is_over(on=on) else None
    if asset.retired_at is not None:
        words = _("“%(title)s” is retired: it cannot be sent.") % {"title": asset}
    elif asset.expires_on is not None and asset.is_expired(on=on):
        day = date_format(asset.expires_on, "j M Y")
        words = _("“%(title)s” expired on %(day)s: it cannot be sent.") % {"title": asset, "day": day}
    else:
        words = _("“%(title)s” is not approved, or only to be said: it cannot be sent.") % {"title": asset}
    if successor is not None:
        words = f"{words} {_('After it: “%(title)s”.') % {'title': successor}}"
    return Over(asset, successor, f"{words} {more}".rstrip())
