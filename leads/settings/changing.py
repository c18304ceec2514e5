"""Changing and reverting a setting: the same way for every kind. Each is one transaction and one `SettingChange`.

A revert is a change like another, by the same rules: it puts the old values back, and is refused where somebody has
changed one of them since, or where the old value cannot be any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from leads.settings.kind import Kind, SettingConflict, SettingRefused, Touch, Values, mark_of
from leads.settings.places import ordered_as, put_at_its_place, same_among
from team.actions.auditing import note_audit
from team.models import AuditEntry, SettingChange

if TYPE_CHECKING:
    from team.models import User

Verb = SettingChange.Verb
ORDER = "order"


@dataclass(frozen=True)
class Preview:
    """What would change, as (label, old, new) in words, and what that touches."""

    changes: list[tuple[str, str, str]]
    touches: list[Touch]


@dataclass(frozen=True)
class Done:
    """What was written: to which, as what, and (before, after) of every part of it that differs."""

    pk: int
    verb: str
    changes: dict[str, tuple[object, object]]


def preview(kind: Kind, pk: int | None, new: Values, *, at: datetime) -> Preview:
    old = (kind.read(pk) if pk else {}) or {}
    new = kind.settled(pk, old, old | new, at=at)
    differ = _differences(old, new)
    names = kind.names_in((name, value) for name, pair in differ.items() for value in pair)
    said = [
        (kind.label_of(name), kind.say(name, before, names) if pk else "", kind.say(name, after, names))
        for name, (before, after) in differ.items()
        if pk or (name != "pk" and after not in (None, "", [], False))
    ]
    return Preview(said, kind.touches(pk, old, new, at=at) if said else [])


@transaction.atomic
def change_setting(
    kind: Kind, pk: int | None, new: Values, *, by: User, at: datetime, seen: str = "", verb: str = ""
) -> SettingChange | None:
    """Write one setting (a new one without `pk`) and its line of history; None when nothing differs.

    SettingConflict when it is not what `seen` marks any more, SettingRefused when it cannot be like that.
    """
    must_be_writer(kind, by)
    done = _write(kind, pk, new, by=by, at=at, seen=seen)
    return _record(kind, done, verb=verb or done.verb, by=by, at=at) if done.changes else None


def try_change(kind: Kind, pk: int | None, new: Values, *, by: User, at: datetime, seen: str = "") -> None:
    """SettingConflict or SettingRefused where saving this would be; nothing of it is kept.

    What moves many leads or promises is not done twice: it is looked at, without being done.
    """
    must_be_writer(kind, by)
    old = kind.read(pk) if pk else {}
    if old is not None and _moves_many(kind, _differences(old, old | new)) and pk:
        _must_be_as_seen(old, seen)
        kind.check(pk, old, kind.settled(pk, old, old | new, at=at), by=by, at=at)
        return
    with transaction.atomic():
        _write(kind, pk, new, by=by, at=at, seen=seen)
        transaction.set_rollback(True)


@transaction.atomic
def remove_setting(kind: Kind, pk: int, *, by: User, at: datetime, seen: str = "") -> SettingChange:
    """Take one away that nothing uses; its revert makes it anew.

    SettingConflict when it is not what `seen` marks any more, SettingRefused when something uses it.
    """
    must_be_writer(kind, by)
    old = kind.read(pk, lock=True)
    if old is None:
        raise SettingConflict(_("It is not there any more."))
    _must_be_as_seen(old, seen)
    return _record(kind, _remove(kind, pk, old, by=by, at=at), by=by, at=at)


@transaction.atomic
def move_setting(kind: Kind, pk: int, *, up: bool, by: User, at: datetime) -> SettingChange | None:
    """One place up or down among its own; None at the end."""
    must_be_writer(kind, by)
    order = _order_held(kind, pk)
    if pk not in order:
        raise SettingConflict(_("It is not there any more."))
    here = order.index(pk)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return None
    moved = list(order)
    moved[here], moved[there] = moved[there], moved[here]
    kind.put_in_order(moved)
    return _record(kind, Done(pk, Verb.ORDER, {ORDER: (order, moved)}), by=by, at=at)


@transaction.atomic
def revert_change(kind: Kind, change: SettingChange, *, by: User, at: datetime) -> SettingChange:
    """Put back what this change altered. SettingConflict when it was reverted already or changed again since."""
    must_be_writer(kind, by)
    change = SettingChange.objects.select_for_update().get(pk=change.pk)
    return _record(kind, _revert(kind, change, by=by, at=at), by=by, at=at, reverts=change)


def preview_revert(kind: Kind, change: SettingChange, *, by: User, at: datetime) -> Preview:
    """What `revert_change` would put back and what that touches; refused as it would be, and nothing of it is kept."""
    must_be_writer(kind, by)
    pk, now, old = int(change.object_id), _as_it_stands(kind, change), _before(change)
    _must_be_there(kind, pk, old)
    if change.verb == Verb.ORDER:
        orders = now[ORDER], ordered_as(old[ORDER], now[ORDER])
        places = [", ".join(kind.names(set(order))[one] for one in order) for order in orders]
        said = Preview(
            [(_("Order"), places[0], places[1])], [Touch(_("No lead, person or promise moves"), str(kind.order_words))]
        )
    elif change.verb == Verb.REMOVE:
        said = preview(kind, None, old, at=at)
    elif change.verb == Verb.ADD:
        said = Preview([(str(kind.one), kind.name_of(pk, now), _("gone"))], kind.touches_of_removal(pk, now, at=at))
    else:
        said = preview(kind, pk, old, at=at)
    if _moves_many(kind, change.changes) and change.verb in (Verb.CHANGE, Verb.RETIRE):
        kind.check(pk, now, kind.settled(pk, now, now | old, at=at), by=by, at=at)
    else:
        with transaction.atomic():
            _revert(kind, change, by=by, at=at)
            transaction.set_rollback(True)
    return said


def must_be_writer(kind: Kind, user: User) -> None:
    """SettingRefused unless she holds one of the roles that change settings of this kind."""
    if not any(user.has_role(role) for role in kind.writers):
        raise SettingRefused(str(kind.writers_words))


def _must_be_as_seen(old: Values, seen: str) -> None:
    if seen and seen != mark_of(old):
        raise SettingConflict(_("Somebody has changed it since you opened this page."))


def _write(kind: Kind, pk: int | None, new: Values, *, by: User, at: datetime, seen: str = "") -> Done:
    """Inside a transaction: the setting as it is to be, without its line of history."""
    old = kind.read(pk, lock=True) if pk else {}
    if old is None:
        raise SettingConflict(_("It is not there any more."))
    if pk:
        _must_be_as_seen(old, seen)
    new = kind.settled(pk, old, old | new, at=at)
    changes = _differences(old, new)
    if pk and not changes:
        return Done(pk, Verb.CHANGE, {})
    made = kind.write(pk, old, new, by=by, at=at)
    return Done(made, Verb.CHANGE if pk else Verb.ADD, _as_written(kind, made, changes))


def _revert(kind: Kind, change: SettingChange, *, by: User, at: datetime) -> Done:
    """Inside a transaction: what the change altered is as before, without its line of history."""
    pk, now, old = int(change.object_id), _as_it_stands(kind, change, lock=True), _before(change)
    _must_be_there(kind, pk, old)
    if change.verb == Verb.ORDER:
        order = ordered_as(old[ORDER], now[ORDER])
        kind.put_in_order(order)
        return Done(pk, Verb.ORDER, {ORDER: (now[ORDER], order)})
    if change.verb == Verb.REMOVE:
        old = kind.settled(None, {}, old, at=at)
        pk = kind.write(None, {}, old, by=by, at=at)
        if stood := change.changes.get(ORDER):
            kind.put_in_order(put_at_its_place(pk, stood[0], _order_held(kind, pk)))
        return Done(pk, Verb.ADD, _as_written(kind, pk, _differences({}, old)))
    if change.verb == Verb.ADD:
        return _remove(kind, pk, now, by=by, at=at)
    done = _write(kind, pk, old, by=by, at=at)
    if not done.changes:
        raise SettingConflict(_("This was reverted already."))
    return Done(pk, change.verb, done.changes)


def _remove(kind: Kind, pk: int, old: Values, *, by: User, at: datetime) -> Done:
    """Inside a transaction: it is gone, and known is where it stood."""
    stood = {ORDER: (kind.order(pk), None)} if kind.has_order else {}
    kind.remove(pk, by=by, at=at)
    return Done(pk, Verb.REMOVE, _differences(old, {}) | stood)


def _before(change: SettingChange) -> Values:
    """What its parts were; of one that was removed without its place."""
    was = {name: before for name, (before, _after) in change.changes.items()}
    return {name: value for name, value in was.items() if name != ORDER or change.verb == Verb.ORDER}


def _must_be_there(kind: Kind, pk: int, old: Values) -> None:
    """SettingRefused where a part named a row that was taken away since: the database would find it at the very end."""
    for name, value in old.items():
        if not value or name not in kind.keeps_keys:
            continue
        # One that was removed may have named itself.
        keys = set(kind.keys_in(name, value)) - {pk}
        if kind.keeps_keys[name]._default_manager.filter(pk__in=keys).count() < len(keys):
            raise SettingRefused(
                _("%(part)s: what it was is not there any more. Change it on its own page instead.")
                % {"part": kind.label_of(name)}
            )


def _as_it_stands(kind: Kind, change: SettingChange, *, lock: bool = False) -> Values:
    """What this change made of its setting; SettingConflict when that was reverted already or changed again since."""
    if SettingChange.objects.filter(reverts=change.pk).exists():
        raise SettingConflict(_("This was reverted already."))
    if change.verb == Verb.REMOVE:
        return {}
    pk = int(change.object_id)
    if change.verb == Verb.ORDER:
        order = _order_held(kind, pk) if lock else kind.order(pk)
        if not same_among([pk], change.changes[ORDER][1], order):
            raise SettingConflict(_("The order has changed again since: revert that first."))
        return {ORDER: order}
    now = kind.read(pk, lock=lock)
    if now is None:
        raise SettingConflict(_("It is not there any more."))
    for name, (_old, after) in change.changes.items():
        if now.get(name) != after:
            raise SettingConflict(
                _("%(part)s has changed again since: revert that first.") % {"part": kind.label_of(name)}
            )
    return now


def _moves_many(kind: Kind, changes: Collection[str]) -> bool:
    return any(name in kind.moves_many for name in changes)


def _order_held(kind: Kind, pk: int) -> list[int]:
    """The rows that this one stands among, in order, held: who moves one of them at once moves it after this."""
    rows = kind.model._default_manager.filter(pk__in=kind.order(pk)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    return kind.order(pk)


def _differences(old: Values, new: Values) -> dict[str, tuple[object, object]]:
    names = list(dict.fromkeys([*new, *old]))
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _as_written(kind: Kind, pk: int, changes: dict[str, tuple[object, object]]) -> dict[str, tuple[object, object]]:
    """Of the parts that were to change those that did, as they are read now: only that can be reverted."""
    now = kind.read(pk) or {}
    found = {name: (before, now.get(name, after)) for name, (before, after) in changes.items()}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _record(
    kind: Kind, done: Done, *, by: User, at: datetime, verb: str = "", reverts: SettingChange | None = None
) -> SettingChange:
    made = SettingChange.objects.create(
        at=at,
        by=by,
        model=kind.model._meta.label,
        object_id=str(done.pk),
        verb=verb or done.verb,
        changes={name: list(pair) for name, pair in done.changes.items()},
        reverts=reverts.pk if reverts else None,
    )
    note_audit(
        AuditEntry.Verb.REVERT if reverts else AuditEntry.Verb.SETTING,
        by=by,
        at=at,
        about=made.model,
        about_id=made.object_id,
        before=mark_of({name: old for name, (old, _new) in done.changes.items()}),
        after=mark_of({name: new for name, (_old, new) in done.changes.items()}),
        detail=made.verb,
    )
    return made
