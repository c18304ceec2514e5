"""Changing and reverting a setting: the same way for every kind. Each is one transaction and one `SettingChange`.

A revert is a change like another, by the same rules: it puts the old values back, and is refused where somebody has
changed one of them since, or where the old value cannot be any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from leads.settings.kind import Kind, SettingConflict, SettingRefused, Touch, Values, mark_of
from team.actions.auditing import note_audit
from team.models import AuditEntry, Role, SettingChange

if TYPE_CHECKING:
    from team.models import User

Verb = SettingChange.Verb
ORDER = "order"


@dataclass(frozen=True)
class Preview:
    """What would change, as (label, old, new) in words, and what that touches."""

    changes: list[tuple[str, str, str]]
    touches: list[Touch]


def preview(kind: Kind, pk: int | None, new: Values, *, at: datetime) -> Preview:
    old = (kind.read(pk) if pk else {}) or {}
    said = [
        (kind.label_of(name), kind.say(name, before) if pk else "", kind.say(name, after))
        for name, (before, after) in _differences(old, old | new).items()
        if pk or after not in (None, "", [], False)
    ]
    return Preview(said, kind.touches(pk, old, old | new, at=at) if said else [])


@transaction.atomic
def change_setting(
    kind: Kind,
    pk: int | None,
    new: Values,
    *,
    by: User,
    at: datetime,
    seen: str = "",
    verb: str = "",
    reverts: SettingChange | None = None,
) -> SettingChange | None:
    """Write one setting (a new one without `pk`) and its line of history; None when nothing differs.

    SettingConflict when it is not what `seen` marks any more, SettingRefused when it cannot be like that.
    """
    must_be_admin(by)
    old = kind.read(pk, lock=True) if pk else {}
    if old is None:
        raise SettingConflict(_("It is not there any more."))
    if pk and seen and seen != mark_of(old):
        raise SettingConflict(_("Somebody has changed it since you opened this page."))
    new = old | new
    changes = _differences(old, new)
    if pk and not changes:
        return None
    written = kind.write(pk, old, new, by=by, at=at)
    return _record(
        kind, written, changes, verb=verb or (Verb.CHANGE if pk else Verb.ADD), by=by, at=at, reverts=reverts
    )


@transaction.atomic
def remove_setting(kind: Kind, pk: int, *, by: User, at: datetime, seen: str = "") -> SettingChange:
    """Take one away that nothing uses; its revert makes it anew.

    SettingConflict when it is not what `seen` marks any more, SettingRefused when something uses it.
    """
    must_be_admin(by)
    old = kind.read(pk, lock=True)
    if old is None:
        raise SettingConflict(_("It is not there any more."))
    if seen and seen != mark_of(old):
        raise SettingConflict(_("Somebody has changed it since you opened this page."))
    kind.remove(pk, by=by, at=at)
    return _record(kind, pk, _differences(old, {}), verb=Verb.REMOVE, by=by, at=at)


@transaction.atomic
def move_setting(kind: Kind, pk: int, *, up: bool, by: User, at: datetime) -> SettingChange | None:
    """One place up or down among its own; None at the end."""
    must_be_admin(by)
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
    return _record(kind, pk, {ORDER: (order, moved)}, verb=Verb.ORDER, by=by, at=at)


@transaction.atomic
def revert_change(kind: Kind, change: SettingChange, *, by: User, at: datetime) -> SettingChange:
    """Put back what this change altered. SettingConflict when it was reverted already or changed again since."""
    must_be_admin(by)
    change = SettingChange.objects.select_for_update().get(pk=change.pk)
    if SettingChange.objects.filter(reverts=change.pk).exists():
        raise SettingConflict(_("This was reverted already."))
    pk = int(change.object_id)
    if change.verb == Verb.ORDER:
        before, after = change.changes[ORDER]
        if _order_held(kind, pk) != after:
            raise SettingConflict(_("The order has changed again since: revert that first."))
        kind.put_in_order(before)
        return _record(kind, pk, {ORDER: (after, before)}, verb=Verb.ORDER, by=by, at=at, reverts=change)
    old = {name: before for name, (before, _after) in change.changes.items()}
    if change.verb == Verb.REMOVE:
        made = kind.write(None, {}, old, by=by, at=at)
        return _record(kind, made, _differences({}, old), verb=Verb.ADD, by=by, at=at, reverts=change)
    now = kind.read(pk, lock=True)
    if now is None:
        raise SettingConflict(_("It is not there any more."))
    for name, (_before, after) in change.changes.items():
        if now.get(name) != after:
            raise SettingConflict(
                _("%(part)s has changed again since: revert that first.") % {"part": kind.label_of(name)}
            )
    if change.verb == Verb.ADD:
        kind.remove(pk, by=by, at=at)
        return _record(kind, pk, _differences(now, {}), verb=Verb.REMOVE, by=by, at=at, reverts=change)
    reverted = change_setting(kind, pk, old, by=by, at=at, verb=change.verb, reverts=change)
    if reverted is None:
        raise SettingConflict(_("This was reverted already."))
    return reverted


def _order_held(kind: Kind, pk: int) -> list[int]:
    """The rows that this one stands among, in order, held: who moves one of them at once moves it after this."""
    rows = kind.model._default_manager.filter(pk__in=kind.order(pk)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    return kind.order(pk)


def must_be_admin(user: User) -> None:
    """SettingRefused unless she holds the role of admin."""
    if not user.has_role(Role.ADMIN):
        raise SettingRefused(_("Only an admin changes settings."))


def _differences(old: Values, new: Values) -> dict[str, tuple[object, object]]:
    names = list(dict.fromkeys([*new, *old]))
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _record(
    kind: Kind,
    pk: int,
    changes: dict[str, tuple[object, object]],
    *,
    verb: str,
    by: User,
    at: datetime,
    reverts: SettingChange | None = None,
) -> SettingChange:
    made = SettingChange.objects.create(
        at=at,
        by=by,
        model=kind.model._meta.label,
        object_id=str(pk),
        verb=verb,
        changes={name: list(pair) for name, pair in changes.items()},
        reverts=reverts.pk if reverts else None,
    )
    note_audit(
        AuditEntry.Verb.REVERT if reverts else AuditEntry.Verb.SETTING,
        by=by,
        at=at,
        about=made.model,
        about_id=made.object_id,
        before=mark_of({name: old for name, (old, _new) in changes.items()}),
        after=mark_of({name: new for name, (_old, new) in changes.items()}),
        detail=verb,
    )
    return made
