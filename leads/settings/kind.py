"""What a page of settings must know of the thing it changes. A setting is one value: a dict as JSON keeps it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.actions.changing import MoveRefused
from team.actions.submitting import new_form_id
from team.models import Installation, Role, SettingChange

if TYPE_CHECKING:
    from team.models import User

type Values = dict[str, Any]
# What rows are called, by model and key.
type Names = Mapping[type[Model], Mapping[int, str]]


class SettingRefused(Exception):
    """This combination cannot be. Safe to show to an admin; `field` names the one to mend."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class SettingConflict(Exception):
    """Somebody has changed it since the page was opened, or since the change that is to be reverted."""


@dataclass(frozen=True)
class Touch:
    """One line of what a change touches: how many of what, and what becomes of them. `url` lists them; what may be and
    is seldom meant warns."""

    text: str
    soft: str = ""
    url: str = ""
    warns: bool = False


@dataclass(frozen=True)
class Row:
    """One setting in the list of its kind. `figures` are (words, address) beside the name."""

    pk: int
    name: str
    figures: tuple[tuple[str, str], ...] = ()
    soft: str = ""
    is_retired: bool = False
    may_retire: bool = False


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `add` are the query arguments with which *Add* begins here."""

    title: str = ""
    soft: str = ""
    rows: list[Row] = field(default_factory=list)
    add: str | None = ""


class SettingForm(forms.Form):
    """The fields of one setting. `values` is what was typed, as the setting keeps it."""

    form_id = forms.CharField(required=False, max_length=40, initial=new_form_id, widget=forms.HiddenInput)
    # Which state of the setting the form was shown with.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    HIDDEN: ClassVar[tuple[str, ...]] = ("form_id", "seen")

    def __init__(self, data: Any = None, *, old: Values | None = None, given: Mapping[str, str] | None = None) -> None:
        """`old` is the setting as it stands, None for a new one; `given` what the address proposes for a new one."""
        self.old = old
        initial = dict(old) if old is not None else {k: v for k, v in (given or {}).items() if k in self.base_fields}
        super().__init__(data, initial={**initial, "seen": mark_of(old)})

    @property
    def values(self) -> Values:
        return {name: as_kept(value) for name, value in self.cleaned_data.items() if name not in self.HIDDEN}


class Kind:
    """A kind of setting. Subclasses live in modules of their own and are listed in `registry.KINDS`."""

    slug: ClassVar[str]
    model: ClassVar[type[Model]]
    form: ClassVar[type[SettingForm]]
    retire_form: ClassVar[type[SettingForm] | None] = None
    # Plural for the tab, singular for buttons, one sentence for the page.
    title: ClassVar[str | Promise]
    one: ClassVar[str | Promise]
    about: ClassVar[str | Promise] = ""
    # Who changes one, and what others are told.
    writers: ClassVar[tuple[Role, ...]] = (Role.ADMIN,)
    writers_words: ClassVar[str | Promise] = gettext_lazy("Only an admin changes settings.")
    may_add: ClassVar[bool] = True
    # Whether one that nothing uses may be taken away; what is used is retired.
    may_remove: ClassVar[bool] = False
    has_order: ClassVar[bool] = False
    # What goes by the order.
    order_words: ClassVar[str | Promise] = gettext_lazy("pages show them in this order")
    # Whether a tick follows what was changed, so that it is rung for.
    is_followed: ClassVar[bool] = False
    # Parts with which many leads or promises move: such a change is not tried beforehand, only checked.
    moves_many: ClassVar[tuple[str, ...]] = ()
    # Parts that keep the key of a row, or a list of keys, and of which model.
    keeps_keys: ClassVar[Mapping[str, type[Model]]] = {}
    fields_template: ClassVar[str] = "leads/settings/_fields.html"
    # A form of its own above that of a new one.
    above_template: ClassVar[str] = ""
    # What a revert does and what it has done, and what its end is called in the list and in the history.
    revert_words: ClassVar[str | Promise] = gettext_lazy("You can revert this at any time.")
    reverted_words: ClassVar[str | Promise] = gettext_lazy("Reverted: everything is as it was before.")
    retire_word: ClassVar[str | Promise] = gettext_lazy("Retire")
    retired_words: ClassVar[str | Promise] = gettext_lazy("retired %(name)s")

    def told_of_revert(self, _change: SettingChange) -> str:
        return str(self.reverted_words)

    def told_of_end(self, name: str) -> str:
        return capfirst(str(self.retired_words) % {"name": name}) + "."

    def groups(self, *, at: datetime) -> list[Group]:
        """The list page, in a number of queries that no number of rows changes."""
        raise NotImplementedError

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        """The setting with everything its page changes; None when there is none. `lock` inside a transaction."""
        raise NotImplementedError

    def settled(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> Values:
        """`new` with what follows of itself from a change to it. Reads only."""
        return new

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        """Make or change the row and all that hangs on it; give its pk. SettingRefused for what cannot be.

        Called inside a transaction with the row locked. `old` is empty for a new one.
        """
        raise NotImplementedError

    def check(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> None:
        """SettingRefused where `write` would be, for the kinds with parts that move many; `write` begins with it.

        Reads only, and without locks where its page asks.
        """

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        """Take away one that nothing uses (yet); SettingRefused when something does."""
        raise SettingRefused(_("This cannot be removed any more. Retire it instead."))

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        """What a change from `old` to `new` would touch, counted now. Reads only."""
        return []

    def touches_of_removal(self, pk: int, old: Values, *, at: datetime) -> list[Touch]:
        """What its removal would touch, counted now. Reads only."""
        return [Touch(_("Nothing uses it: no lead, person or promise is touched"))]

    def end_words(self, name: str) -> tuple[str, str]:
        """The title of the page that ends one, and its button."""
        return _("Retire “%(name)s”") % {"name": name}, _("Retire %(one)s") % {"one": self.one}

    def after_adding(self, pk: int) -> str:
        """Where the admin goes on once one was added; empty for the list."""
        return ""

    def put_in_order(self, pks: list[int]) -> None:
        """Give these rows their places, the first first."""
        raise SettingRefused(_("These have no order."))

    def order(self, pk: int) -> list[int]:
        """The rows that this one stands among, in order."""
        return []

    def names(self, pks: set[int]) -> dict[int, str]:
        """What these rows are called now."""
        return {row.pk: str(row) for row in self.model._default_manager.filter(pk__in=pks)}

    def name_of(self, pk: int | None, values: Values) -> str:
        """What one is called that is not there (any more), by what is known of it."""
        return str(values.get("label") or values.get("name") or self.one)

    def label_of(self, name: str) -> str:
        """What a page calls this part of the setting."""
        field = self.form.base_fields.get(name) or (
            self.retire_form.base_fields.get(name) if self.retire_form else None
        )
        return str(field.label) if field and field.label else name.replace("_", " ").capitalize()

    def keys_in(self, name: str, value: Any) -> Iterable[int]:
        """The keys of rows that this part, one of `keeps_keys`, names."""
        return value if isinstance(value, list) else [value]

    def names_in(self, parts: Iterable[tuple[str, Any]]) -> Names:
        """What `say` needs for all of these: each model is asked once, however many there are."""
        asked: dict[type[Model], set[int]] = defaultdict(set)
        for name, value in parts:
            if value and name in self.keeps_keys:
                asked[self.keeps_keys[name]].update(self.keys_in(name, value))
        return {
            model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=pks)}
            for model, pks in asked.items()
        }

    def say(self, name: str, value: Any, names: Names) -> str:
        """A kept value in words, for the preview and the history; reads nothing. `names` are those of `names_in`."""
        if value in (None, "", [], {}):
            return _("nothing")
        if model := self.keeps_keys.get(name):
            called = names.get(model, {})
            if isinstance(value, list):
                return ", ".join(called[pk] for pk in sorted(value) if pk in called)
            return called.get(value, str(value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        field = self.form.base_fields.get(name)
        choices: Iterable[Any] = getattr(field, "choices", ()) or ()
        labels = {str(key): str(label) for key, label in _flat(choices)}
        if isinstance(value, list):
            return ", ".join(labels.get(str(one), str(one)) for one in value)
        return labels.get(str(value), str(value))


@contextmanager
def as_refusals() -> Iterator[None]:
    """What an action of leads refuses is refused by the page, at the field of that name."""
    try:
        yield
    except MoveRefused as refused:
        raise SettingRefused(str(refused), refused.field) from refused


def mark_of(values: Values | None) -> str:
    """Names one state of a setting; empty for none."""
    if values is None:
        return ""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def as_kept(value: Any) -> Any:
    """A cleaned value as JSON keeps it: the key of a row, ISO for days and moments, lists of the same."""
    if isinstance(value, Model):
        return value.pk
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | dict | None):
        return value
    return [as_kept(one) for one in value]


def _flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


def one_at_a_time() -> None:
    """Two admins who change rows that bear on each other come one after the other: who take the role from each other,
    give the same address, or make another team the default. Not by the rows themselves: leads are locked before users.
    """
    Installation.objects.select_for_update(no_key=True).first()
