"""What the page of an asset says: its versions, its history in sentences, who used it, what people think of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from content.actions.keeping import About, differences, successor_of
from content.languages import language_name
from content.models import Asset, AssetAccess, AssetEvent, AssetFigures, AssetThumb, AssetVersion, Label

if TYPE_CHECKING:
    from team.models import User

EVENTS_SHOWN = 50
VERSIONS_SHOWN = 100
THUMBS_SHOWN = 20
USES_SHOWN = 12
COUNT_MAX = 200
USED_DAYS = 90
USERS_PAGE = 50
Verb = AssetEvent.Verb


@dataclass(frozen=True)
class Happened:
    at: datetime
    said: str
    icon: str
    more: str = ""


@dataclass(frozen=True)
class Page:
    asset: Asset
    current: AssetVersion | None
    versions: list[AssetVersion]
    labels: list[tuple[str, list[Label]]]
    history: list[Happened]
    thumbs: list[AssetThumb]
    ups: int
    downs: int
    mine: AssetThumb | None
    uses: list[AssetAccess]
    used: str
    opened: str
    figures: list[tuple[str, int]]
    counted_at: datetime | None
    language: str
    is_over: bool
    is_expired: bool
    successor: Asset | None
    succeeds: list[Asset]


def page_of(asset: Asset, *, by: User, at: datetime, on: date) -> Page:
    versions = list(
        asset.versions.visible_to(by)
        .select_related("upload", "made_by", "approved_by")
        .order_by("-number")[:VERSIONS_SHOWN]
    )
    thumbs = list(asset.thumbs.select_related("user", "version").order_by("-at")[: COUNT_MAX + 1])
    labels: dict[str, list[Label]] = {str(dimension.label): [] for dimension in Label.Dimension}
    for label in asset.labels.all():
        labels[str(label.get_dimension_display())].append(label)
    is_over = asset.is_over(on=on)
    return Page(
        asset=asset,
        current=next((version for version in versions if version.is_current), None),
        versions=versions,
        labels=[(dimension, some) for dimension, some in labels.items() if some],
        history=_history(asset),
        thumbs=thumbs[:THUMBS_SHOWN],
        ups=sum(thumb.is_up for thumb in thumbs),
        downs=sum(not thumb.is_up for thumb in thumbs),
        mine=next((thumb for thumb in thumbs if thumb.user_id == by.pk), None),
        uses=list(asset.accesses.select_related("user").order_by("-at")[:USES_SHOWN]),
        used=_counted(asset, AssetAccess.Did.USED, since=at - timedelta(days=USED_DAYS)),
        opened=_counted(asset, AssetAccess.Did.OPENED, since=at - timedelta(days=USED_DAYS)),
        figures=_figures(asset),
        counted_at=asset.figures.as_of if hasattr(asset, "figures") else None,
        language=language_name(asset.language) if asset.language else "",
        is_over=is_over,
        is_expired=asset.is_expired(on=on),
        successor=successor_of(asset, on=on) if is_over else asset.successor,
        succeeds=list(asset.succeeds.order_by("-pk")[:5]),
    )


def theirs_and_yours(asset: Asset, about: About) -> list[tuple[str, str, str]]:
    """Where what was typed is not what is said of it now: (field, what is said, what was typed)."""
    return [
        (capfirst(_field_words(name)), _value_words(name, now, is_whole=True), _value_words(name, typed, is_whole=True))
        for name, (now, typed) in differences(asset, about).items()
    ]


def reached_by(asset: Asset) -> QuerySet[Any, Any]:
    """Everybody of ours who opened or used it, who did so last first: how often each, and when last."""
    opened, used = (Count("pk", filter=Q(did=did)) for did in (AssetAccess.Did.OPENED, AssetAccess.Did.USED))
    by_user = asset.accesses.order_by().values("user", "user__name").annotate(opened=opened, used=used, at=Max("at"))
    return by_user.order_by("-at", "user")


def _figures(asset: Asset) -> list[tuple[str, int]]:
    """What came of it within a year, in the order in which it happens."""
    if not hasattr(asset, "figures"):
        return []
    said = (_("Used"), _("Opened"), _("Answered"), _("Meeting after it"), _("Deal after it"))
    return [(words, getattr(asset.figures, name)) for words, name in zip(said, AssetFigures.NAMES, strict=True)]


def _counted(asset: Asset, did: str, *, since: datetime) -> str:
    """How often of late, in words; beyond what is counted, "200+ times"."""
    count = asset.accesses.filter(did=did, at__gte=since)[: COUNT_MAX + 1].count()
    if count > COUNT_MAX:
        return _("%(count)s+ times") % {"count": COUNT_MAX}
    return ngettext("once", "%(count)s times", count) % {"count": count}


_SAID = {
    Verb.ADD: (gettext_lazy("%(name)s added it"), "add"),
    Verb.HAND_IN: (gettext_lazy("%(name)s handed it in"), "upload"),
    Verb.CHANGE: (gettext_lazy("%(name)s changed what is said of it"), "edit"),
    Verb.VERSION: (gettext_lazy("%(name)s made version %(number)s"), "add"),
    Verb.APPROVE: (gettext_lazy("%(name)s made version %(number)s the current one"), "done"),
    Verb.RETIRE: (gettext_lazy("%(name)s retired it"), "stop"),
    Verb.RESTORE: (gettext_lazy("%(name)s put it back"), "back"),
}


def _history(asset: Asset) -> list[Happened]:
    events = asset.events.select_related("by").order_by("-pk")[:EVENTS_SHOWN]
    return [_happened(event) for event in events]


def _happened(event: AssetEvent) -> Happened:
    words, icon = _SAID[Verb(event.verb)]
    said = words % {"name": event.by.name, "number": event.version}
    return Happened(event.at, said, icon, _details(event))


def _details(event: AssetEvent) -> str:
    if event.verb == Verb.RETIRE:
        return str(event.changes.get("because", ["", ""])[1] or "")
    if event.verb != Verb.CHANGE:
        return ""
    return " · ".join(
        _("%(field)s: %(new)s") % {"field": _field_words(name), "new": _value_words(name, new)}
        for name, (_old, new) in event.changes.items()
    )


def _field_words(name: str) -> str:
    return {
        "title": _("title"),
        "kind": _("kind"),
        "topic": _("topic"),
        "labels": _("labels"),
        "when_to_use": _("when to use it"),
        "language": _("language"),
        "owner": _("owner"),
        "review_on": _("look at it again"),
        "expires_on": _("expires"),
        "successor": _("what comes after it"),
    }.get(name, name)


def _value_words(name: str, value: Any, *, is_whole: bool = False) -> str:
    """As history kept it, in words."""
    if value in (None, "", []):
        return _("none")
    if isinstance(value, list):
        return ", ".join(value)
    if name in ("review_on", "expires_on") and (day := parse_date(value)):
        return f"{day:%-d %b %Y}"
    if name == "kind":
        return str(dict(Asset.Kind.choices).get(value, value))
    words = language_name(value) if name == "language" else str(value)
    return words if is_whole or len(words) <= 80 else f"{words[:79].rstrip()}…"
