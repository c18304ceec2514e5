"""What is in the library already and may be the same: by address, by file, by the words of its title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from content.models import Asset, AssetVersion
from content.words import Match, words_of
from team.models import Upload

if TYPE_CHECKING:
    from team.models import User

SHOWN = 5
LOOKED_AT = 200
# Of the words of both titles, so many in both.
SAME_WORDS = 0.6
# Says nothing of what a title is about.
SMALL = frozenset(words_of("a an and at by for from how in is it of on or our the their this to what why with your"))


@dataclass(frozen=True)
class Alike:
    """One that may be the same. No asset where somebody else has handed it in and nobody has decided: that there is one
    is said, and nothing of it."""

    asset: Asset | None
    because: str


def alike(*, title: str, url: str = "", upload: Upload | None = None, text: str = "", by: User) -> list[Alike]:
    """At most five, the surest first; what is over too, because it may only need a new version."""
    found: dict[int, str] = {}
    versions = AssetVersion.objects.order_by("-pk")
    if url:
        for pk in versions.filter(url__in=_spellings(url)).values_list("asset", flat=True)[:SHOWN]:
            found.setdefault(pk, _("leads to the same address"))
    if upload is not None:
        for pk in versions.filter(upload__sha256=upload.sha256).values_list("asset", flat=True)[:SHOWN]:
            found.setdefault(pk, _("is the same file"))
    if text:
        for pk in versions.filter(text=text).values_list("asset", flat=True)[:SHOWN]:
            found.setdefault(pk, _("says the same"))
    for pk in _titled_like(title):
        found.setdefault(pk, _("has a title like it"))
    seen = Asset.objects.visible_to(by).in_bulk(found)
    waiting = set(Asset.objects.waiting().filter(pk__in=found.keys() - seen.keys()).values_list("pk", flat=True))
    lines = [Alike(seen.get(pk), because) for pk, because in found.items() if pk in seen or pk in waiting]
    # Of several that she may not see, those that are alike for one reason are one line.
    return list(dict.fromkeys(lines))[:SHOWN]


def _spellings(url: str) -> list[str]:
    """With and without what makes no difference to who follows it."""
    rest = url.partition("://")[2].rstrip("/")
    return [f"{scheme}://{rest}{end}" for scheme in ("https", "http") for end in ("", "/")]


def _titled_like(title: str) -> list[int]:
    words = _said(title)
    if not words:
        return []
    # Two titles that share so many words share the longest or the next: few hold both, and each is a rare word.
    rarest = sorted(words, key=len, reverse=True)[:3]
    rows = Asset.objects.all()
    near = Q()
    for word in rarest:
        near |= Q(pk__in=rows.matching(Match((word,), in_title=True)).order_by("-pk").values("pk")[:LOOKED_AT])
    shares = []
    for pk, other in rows.filter(near).values_list("pk", "title")[: 3 * LOOKED_AT]:
        theirs = _said(other)
        share = len(words & theirs) / len(words | theirs)
        if share >= SAME_WORDS:
            shares.append((share, pk))
    return [pk for _share, pk in sorted(shares, reverse=True)[:SHOWN]]


def _said(title: str) -> set[str]:
    words = set(words_of(title))
    return (words - SMALL) or words
