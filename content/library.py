"""The library as a list: what the address asks for, in the title first and then the newest, a page by its keys.

Reads only. How words and marks are found is content/words.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from content.excerpt import excerpt_of
from content.models import Asset, AssetVersion, Label, Topic
from content.models.asset import AssetQuerySet
from content.words import Match, mark_of, query_words
from team.addresses import read_number

if TYPE_CHECKING:
    from team.models import User

PAGE = 25
DIMENSIONS = list(Label.Dimension.values)
# For whom, and when: what says neither serves everybody, always.
WIDE = (Label.Dimension.PERSONA, Label.Dimension.STAGE)
# In the title, or only elsewhere.
IN_TITLE, ELSEWHERE = 1, 2


@dataclass(frozen=True)
class Wanted:
    """What is looked for: words, and marks of each kind. `state` is which part of the library is looked through."""

    q: str = ""
    topic: Topic | None = None
    labels: tuple[Label, ...] = ()
    kind: str = ""
    form: str = ""
    language: str = ""
    state: str = ""
    days: int = 0
    # Also what is made for nobody or no time in particular, where somebody or a time is asked for.
    is_wide: bool = False
    # By which figure of what came of it; none: the title first, then the newest.
    order: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return query_words(self.q)

    @property
    def is_unreadable(self) -> bool:
        """Something was written, and no letter and no digit is in it: nothing has that."""
        return bool(self.q) and not self.words

    @property
    def marks(self) -> tuple[tuple[str, ...], ...]:
        asked: list[tuple[str, object]] = [("label", one.pk) for one in self.labels if one not in self.wide_labels]
        asked += [("topic", self.topic.pk)] if self.topic else []
        asked += [(what, value) for what in ("kind", "form", "language") if (value := getattr(self, what))]
        return tuple((mark_of(what, value),) for what, value in asked)

    @property
    def wide_labels(self) -> list[Label]:
        """Those that an asset may also say nothing of."""
        return [label for label in self.labels if self.is_wide and label.dimension in WIDE]

    @property
    def asked(self) -> dict[str, str]:
        """The same by keys, as it is kept of a search without result."""
        said = {label.dimension: label.key for label in self.labels}
        said |= {"topic": self.topic.key} if self.topic else {}
        return said | {what: value for what in ("kind", "form", "language") if (value := getattr(self, what))}


@dataclass(frozen=True)
class Card:
    """One asset as the list shows it."""

    asset: Asset
    current: AssetVersion | None
    labels: list[Label]
    is_over: bool
    # Where the words that were looked for stand in what it says, in pieces, each with whether it is one of them.
    found: list[tuple[str, bool]] = field(default_factory=list)


@dataclass
class Listed:
    cards: list[Card] = field(default_factory=list)
    next_after: str = ""


def find_assets(wanted: Wanted, *, by: User, after: str = "", at: datetime, on: date) -> Listed:
    """At most two statements find a page, each over one part: first what has the words in its title."""
    if wanted.is_unreadable:
        return Listed()
    seen = part_of(wanted, by=by, at=at, on=on)
    for label in wanted.wide_labels:
        seen = seen.serving(label)
    if wanted.order:
        return _by_figure(seen, wanted, after=after, on=on)
    tier, last = _place(after)
    found: list[tuple[int, int]] = []
    tiers = (IN_TITLE, ELSEWHERE) if wanted.words else (ELSEWHERE,)
    for one in tiers:
        if one < tier or len(found) > PAGE:
            continue
        in_title = None if not wanted.words else one == IN_TITLE
        match = Match(wanted.words, wanted.marks, in_title=in_title)
        rows = match.newest(seen, before=last if one == tier else None)
        found += [(one, pk) for pk in rows.values_list("pk", flat=True)[: PAGE + 1 - len(found)]]
    listed = Listed(cards_of([pk for _tier, pk in found[:PAGE]], on=on, words=wanted.words))
    if len(found) > PAGE:
        listed.next_after = "{}_{}".format(*found[PAGE - 1])
    return listed


def _by_figure(seen: AssetQuerySet, wanted: Wanted, *, after: str, on: date) -> Listed:
    """Those of which there is any, the most first, the newest of alike first."""
    name = f"figures__{wanted.order}"
    rows = Match(wanted.words, wanted.marks).narrow(seen).filter(**{f"{name}__gt": 0})
    count, _bar, pk = after.partition("_")
    most, last = read_number(count), read_number(pk)
    if most is not None and last is not None:
        rows = rows.filter(Q(**{f"{name}__lt": most}) | Q(**{name: most}, pk__lt=last))
    found = list(rows.order_by(f"-{name}", "-pk").values_list(name, "pk")[: PAGE + 1])
    listed = Listed(cards_of([pk for _count, pk in found[:PAGE]], on=on, words=wanted.words))
    if len(found) > PAGE:
        listed.next_after = "{}_{}".format(*found[PAGE - 1])
    return listed


def part_of(wanted: Wanted, *, by: User, at: datetime, on: date) -> AssetQuerySet:
    """The part of the library that `state` names; what is in use, where it names none."""
    # What has a current version was approved, and is everybody's to see who holds a role: it is asked no further.
    approved = Asset.objects.all() if by.held else Asset.objects.none()
    assets = Asset.objects.visible_to(by)
    since = at - timedelta(days=wanted.days)
    parts: dict[str, Any] = {
        "expiring": lambda: approved.expiring(on=on, days=wanted.days),
        "unused": lambda: approved.in_use(on=on).unused_since(since),
        "never": lambda: approved.in_use(on=on).filter(last_used_at=None).unused_since(since),
        "review": lambda: approved.to_review(on=on),
        "expired": lambda: approved.expired(on=on),
        "retired": assets.retired,
        "waiting": assets.waiting,
        "nothing": assets.without_version,
        "mine": lambda: assets.filter(handed_in_by=by),
    }
    return parts.get(wanted.state, lambda: approved.in_use(on=on))()


def cards_of(ids: list[int], *, on: date, words: Sequence[str] = ()) -> list[Card]:
    """What the list says of these, in this order: three statements. `words` are those that were looked for."""
    if not ids:
        return []
    assets = Asset.objects.select_related("topic", "handed_in_by", "figures").in_bulk(ids)
    versions = AssetVersion.objects.filter(asset__in=ids, is_current=True)
    current = {row.asset_id: row for row in (versions if words else versions.defer("text"))}
    labels: dict[int, list[Label]] = defaultdict(list)
    for link in sorted(_labels_of(ids), key=lambda link: DIMENSIONS.index(link.label.dimension)):
        labels[link.asset_id].append(link.label)
    said = (
        {pk: excerpt_of(row.text, words) or excerpt_of(row.note, words) for pk, row in current.items()} if words else {}
    )
    return [
        Card(assets[pk], current.get(pk), labels[pk], assets[pk].is_over(on=on), said.get(pk, []))
        for pk in ids
        if pk in assets
    ]


def _labels_of(ids: list[int]) -> QuerySet[Any]:
    rows = Asset.labels.through.objects.filter(asset__in=ids, label__retired_at=None)
    return rows.select_related("label").order_by("label__position", "label")


def _place(after: str) -> tuple[int, int | None]:
    """Where the page before ended; the top of the list for what is no place."""
    tier, _bar, pk = after.partition("_")
    last = read_number(pk)
    return (int(tier), last) if tier in ("1", "2") and last is not None else (0, None)
