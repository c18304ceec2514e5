"""The history of settings in words: who did what to which, and whether it can be reverted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leads.settings.kind import Kind, Names
from team.models import SettingChange

SHOWN = 30
Verb = SettingChange.Verb
# What these changed is told part by part.
TELLS = (Verb.CHANGE, Verb.RETIRE)


@dataclass(frozen=True)
class Told:
    """One line of history. `was` are the parts that changed, as (label, old, new)."""

    change: SettingChange
    who: str
    what: str
    was: list[tuple[str, str, str]]
    may_revert: bool


def history_of(kind: Kind, *, pk: int | None = None, most: int = SHOWN) -> list[Told]:
    """The latest changes of this kind, or of one of them, newest first; no number of lines changes the queries."""
    changes = SettingChange.objects.filter(model=kind.model._meta.label).select_related("by").order_by("-at", "-id")
    if pk is not None:
        changes = changes.filter(object_id=str(pk))
    found = list(changes[:most])
    reverted = set(
        SettingChange.objects.filter(reverts__in=[one.pk for one in found]).values_list("reverts", flat=True)
    )
    return _tell(kind, found, reverted)


def tell_change(kind: Kind, change: SettingChange) -> Told:
    """One line of it."""
    return _tell(kind, [change], set())[0]


def _tell(kind: Kind, changes: Sequence[SettingChange], reverted: set[int | None]) -> list[Told]:
    """What all of them name is read together."""
    called = kind.names({int(one.object_id) for one in changes if one.object_id.isdigit()})
    names = kind.names_in(
        (name, value) for one in changes if one.verb in TELLS for name, pair in one.changes.items() for value in pair
    )
    return [_told(kind, one, called, names, is_reverted=one.pk in reverted) for one in changes]


def _told(kind: Kind, change: SettingChange, called: dict[int, str], names: Names, *, is_reverted: bool) -> Told:
    pk = int(change.object_id) if change.object_id.isdigit() else 0
    given = {name: pair[1] if pair[1] is not None else pair[0] for name, pair in change.changes.items()}
    words = {"name": called.get(pk) or kind.name_of(pk, given)}
    if change.reverts:
        what = _("reverted a change of %(name)s") % words
    else:
        what = {
            Verb.ADD: _("added %(name)s"),
            Verb.RETIRE: str(kind.retired_words),
            Verb.REMOVE: _("removed %(name)s"),
            Verb.ORDER: _("moved %(name)s in the order"),
        }.get(Verb(change.verb), _("changed %(name)s")) % words
    was = []
    if change.verb in TELLS:
        was = [
            (kind.label_of(name), kind.say(name, old, names), kind.say(name, new, names))
            for name, (old, new) in change.changes.items()
        ]
    who = change.by.name if change.by else _("The installation")
    return Told(change, who, what, was, may_revert=not is_reverted and bool(change.changes))
