"""What is done to an asset: each is one transaction and one AssetEvent, and it is found by its new words after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from content.actions.indexing import index_assets
from content.actions.uploading import keep_file
from content.actions.watching import tell_keepers, tell_maker
from content.models import Asset, AssetEvent, AssetNotice, AssetVersion, Label, Topic
from content.models.asset import KEEPERS

if TYPE_CHECKING:
    from team.models import Upload, User

Verb = AssetEvent.Verb
Form = AssetVersion.Form
Told = AssetNotice.Kind
# Further, and its page would have to look through everything that ever was.
SUCCESSORS_MAX = 20


class AssetRefused(Exception):
    """What was asked of this asset is not possible. Safe to show; `field` is the answer that is to be changed."""

    def __init__(self, words: str, *, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


class AssetChanged(Exception):
    """Somebody has said other things about it since the page was opened."""


@dataclass(frozen=True)
class About:
    """What is said of an asset, apart from what it is."""

    title: str
    kind: str
    topic: Topic | None = None
    labels: tuple[Label, ...] = ()
    when_to_use: str = ""
    language: str = ""
    owner: User | None = None
    review_on: date | None = None
    expires_on: date | None = None
    successor: Asset | None = None


SAID = tuple(one.name for one in fields(About))


@dataclass(frozen=True)
class Made:
    """What a version is: one of an address, a file and words."""

    form: str
    url: str = ""
    upload: Upload | None = None
    text: str = ""
    note: str = field(default="")


def add_asset(about: About, made: Made, *, by: User, at: datetime) -> Asset:
    """A keeper's asset is approved with its first version; what anybody else hands in waits for a keeper."""
    is_keeper = any(by.has_role(role) for role in KEEPERS)
    with transaction.atomic():
        asset = Asset(added_at=at, handed_in_by=None if is_keeper else by)
        changes = _say(asset, about)
        asset.labels.set(about.labels)
        _add_version(asset, made, number=1, by=by, at=at, is_approved=is_keeper)
        _note(asset, Verb.ADD if is_keeper else Verb.HAND_IN, by=by, at=at, version=1, changes=changes)
        if not is_keeper:
            tell_keepers(asset, at=at)
        index_assets([asset.pk])
    return asset


def change_asset(asset: Asset, about: About, *, by: User, at: datetime, seen: int | None = None) -> bool:
    """Say other things about it; whether anything is different now. AssetChanged where somebody else has done so since
    the event that `seen` names."""
    with transaction.atomic():
        locked = _lock(asset)
        if seen is not None and _is_changed_since(locked, seen):
            raise AssetChanged(_("Somebody has changed this since you opened this page."))
        labels = differences(locked, about).get("labels")
        changes = _say(locked, about)
        if labels:
            changes["labels"] = labels
            locked.labels.set(about.labels)
        if changes:
            _note(locked, Verb.CHANGE, by=by, at=at, changes=changes)
            index_assets([locked.pk])
    return bool(changes)


def add_version(asset: Asset, made: Made, *, is_approved: bool, by: User, at: datetime) -> AssetVersion:
    """The next version; approved, it is what the address leads to from now on. AssetRefused where it is retired."""
    with transaction.atomic():
        locked = _lock(asset)
        if is_approved:
            _must_be_in_use(locked)
        last = locked.versions.order_by("-number").values_list("number", flat=True).first() or 0
        is_first = is_approved and not locked.versions.filter(is_current=True).exists()
        version = _add_version(locked, made, number=last + 1, by=by, at=at, is_approved=is_approved)
        _note(locked, Verb.VERSION, by=by, at=at, version=version.number, changes={"approved": [None, is_approved]})
        if is_first:
            tell_maker(locked, Told.TAKEN, by=by, at=at)
        index_assets([locked.pk])
    return version


def approve_version(version: AssetVersion, *, by: User, at: datetime) -> None:
    """What the address leads to from now on: a version that waited, or an earlier one again."""
    with transaction.atomic():
        asset = _lock(version.asset)
        _must_be_in_use(asset)
        current = asset.versions.filter(is_current=True).first()
        if current is not None and current.pk == version.pk:
            return
        asset.versions.filter(is_current=True).update(is_current=False)
        approved = {} if version.approved_at else {"approved_by": by, "approved_at": at}
        AssetVersion.objects.filter(pk=version.pk).update(is_current=True, **approved)
        before = current.number if current else None
        changes: dict[str, list[Any]] = {"current": [before, version.number]}
        if asset.owner_id is None:
            asset.owner = by
            asset.save(update_fields=["owner"])
            changes["owner"] = [None, _plain(by)]
        _note(asset, Verb.APPROVE, by=by, at=at, version=version.number, changes=changes)
        if current is None:
            tell_maker(asset, Told.TAKEN, by=by, at=at)
        index_assets([asset.pk])
    version.refresh_from_db()


def retire_asset(asset: Asset, *, because: str, successor: Asset | None, by: User, at: datetime) -> None:
    """Nobody sends or finds it any more; whoever follows its address is offered its successor."""
    with transaction.atomic():
        locked = _lock(asset)
        if locked.retired_at is not None:
            return
        _must_succeed(locked, successor)
        locked.retired_at, locked.retired_because = at, because
        had, locked.successor = locked.successor, successor
        locked.save(update_fields=["retired_at", "retired_because", "successor"])
        changes = {"because": [None, because], "successor": [had and had.title, successor and successor.title]}
        _note(locked, Verb.RETIRE, by=by, at=at, changes=changes)
        tell_maker(locked, Told.RETIRED, by=by, at=at)


def restore_asset(asset: Asset, *, by: User, at: datetime) -> None:
    with transaction.atomic():
        locked = _lock(asset)
        if locked.retired_at is None:
            return
        because = locked.retired_because
        locked.retired_at, locked.retired_because = None, ""
        locked.save(update_fields=["retired_at", "retired_because"])
        _note(locked, Verb.RESTORE, by=by, at=at, changes={"because": [because, None]})
        if locked.versions.filter(is_current=True).exists():
            tell_maker(locked, Told.BACK, by=by, at=at)
        elif locked.handed_in_by_id is not None:
            tell_keepers(locked, at=at)


def successor_of(asset: Asset, *, on: date) -> Asset | None:
    """Where its address may lead instead: the first of those that follow one another and can be sent."""
    following = asset.successor
    for _step in range(SUCCESSORS_MAX):
        if following is None or not following.is_over(on=on):
            break
        following = following.successor
    return Asset.objects.sendable(on=on).filter(pk=following.pk).first() if following else None


def last_event(asset: Asset) -> int:
    """Names the state it is in: whoever changes it says with which they began."""
    return asset.events.order_by("-pk").values_list("pk", flat=True).first() or 0


def differences(asset: Asset, about: About) -> dict[str, list[Any]]:
    """Where this says other things about it than it does now: {field: [now, then]}, as history keeps them."""
    changes = _changes(asset, about)
    had = set(asset.labels.all())
    if had != set(about.labels):
        changes["labels"] = [sorted(map(str, had)), sorted(map(str, about.labels))]
    return changes


def _must_be_in_use(asset: Asset) -> None:
    if asset.retired_at is not None:
        raise AssetRefused(_("This asset is retired. Put it back first."))


def _lock(asset: Asset) -> Asset:
    return Asset.objects.select_for_update().get(pk=asset.pk)


def _is_changed_since(asset: Asset, seen: int) -> bool:
    """Whether what is said of it was changed by an event after this one; a version alone says nothing of it."""
    after = asset.events.filter(pk__gt=seen).values_list("changes", flat=True)
    return any(pair[0] != pair[1] for changes in after for name, pair in changes.items() if name in SAID)


def _changes(asset: Asset, about: About) -> dict[str, list[Any]]:
    """The same without its labels, which one that was never saved has not."""
    pairs = {name: (getattr(asset, name), getattr(about, name)) for name in SAID if name != "labels"}
    return {name: [_plain(now), _plain(then)] for name, (now, then) in pairs.items() if now != then}


def _say(asset: Asset, about: About) -> dict[str, list[Any]]:
    """Write what is said of it, but for its labels; what is different now."""
    changes = _changes(asset, about)
    values = {name: getattr(about, name) for name in SAID if name != "labels"}
    for name, value in values.items():
        setattr(asset, name, value)
    if asset.pk is not None:
        _must_succeed(asset, about.successor)
    same = Asset.objects.filter(kind=about.kind, title=about.title).exclude(pk=asset.pk)
    taken = AssetRefused(_("There is one of this kind with this title already."), field="title")
    if same.exists():
        raise taken
    try:
        with transaction.atomic():
            asset.save(update_fields=list(values) if asset.pk else None)
    except IntegrityError as error:
        # Somebody was faster.
        raise taken from error
    return changes


def _must_succeed(asset: Asset, successor: Asset | None) -> None:
    """No asset follows itself, round however many corners."""
    following = successor.pk if successor else None
    for _step in range(SUCCESSORS_MAX):
        if following is None:
            return
        if following == asset.pk:
            raise AssetRefused(_("That would follow itself: it comes after this one already."), field="successor")
        following = Asset.objects.filter(pk=following).values_list("successor", flat=True).first()
    raise AssetRefused(_("Too many follow one another there. Choose the last of them."), field="successor")


def _add_version(asset: Asset, made: Made, *, number: int, by: User, at: datetime, is_approved: bool) -> AssetVersion:
    if is_approved:
        asset.versions.filter(is_current=True).update(is_current=False)
    if made.upload is not None and not keep_file(made.upload, at=at):
        raise AssetRefused(_("This file is not there any more. Choose it again."), field="file")
    return AssetVersion.objects.create(
        asset=asset,
        number=number,
        form=made.form,
        url=made.url,
        upload=made.upload,
        text=made.text,
        note=made.note,
        made_by=by,
        made_at=at,
        approved_by=by if is_approved else None,
        approved_at=at if is_approved else None,
        is_current=is_approved,
    )


def _note(
    asset: Asset, verb: AssetEvent.Verb, *, by: User, at: datetime, changes: dict[str, Any], version: int | None = None
) -> None:
    AssetEvent.objects.create(asset=asset, verb=verb, by=by, at=at, version=version, changes=changes)


def _plain(value: Any) -> Any:
    """As JSON keeps it, and as history says it."""
    if value is None or isinstance(value, str):
        return value or None
    return value.isoformat() if isinstance(value, date) else str(value)


def labels_by_key(dimension: str, keys: Iterable[str]) -> list[int]:
    """The ids of these labels, by which other rooms ask for what fits: a role in a buying group, a phase."""
    return list(Label.objects.filter(dimension=dimension, key__in=list(keys)).values_list("pk", flat=True))
