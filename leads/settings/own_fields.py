"""Custom fields: what a company wants to know of people and accounts beyond what everybody does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Max, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.fields import CHOICES_MAX, LABEL_MAX, key_for
from accounts.models import Account, CustomField, Person
from accounts.search import index_holders
from agreement.models import AgreementVersion, ScoreRule
from leads.models import Import
from leads.settings.codes import PLACE_MAX, called
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, SettingRefused, Touch, Values

if TYPE_CHECKING:
    from team.models import User

Type, Entity = CustomField.Type, CustomField.Entity
CHOICE_MAX = 120
# An import that may read its file yet; one that failed can go on.
UNREAD = (Import.State.UPLOADED, Import.State.READY, Import.State.RUNNING, Import.State.FAILED)
SAID = ("label", "type", "choices", "filterable", "not_for_scores")


class FieldForm(SettingForm):
    label = forms.CharField(label=gettext_lazy("Name"), max_length=LABEL_MAX)
    entity = forms.ChoiceField(label=gettext_lazy("Of"), choices=Entity, widget=forms.RadioSelect)
    type = forms.ChoiceField(
        label=gettext_lazy("Holds"), choices=Type, widget=forms.RadioSelect, initial=Type.TEXT.value
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line, where it holds one of a list."),
    )
    filterable = forms.BooleanField(label=gettext_lazy("Offered as a filter of the list of leads"), required=False)
    not_for_scores = forms.BooleanField(
        label=gettext_lazy("Not for scores: it is written during or after the sales contact"), required=False
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["choices"] = "\n".join(self.initial.get("choices") or [])
        # Its values are kept with people or with accounts: a field stays where it is.
        self.fields["entity"].disabled = self.old is not None
        self.initial.setdefault("entity", Entity.PERSON.value)

    def clean_label(self) -> str:
        return called(self.cleaned_data["label"])

    def clean_choices(self) -> list[str]:
        lines = dict.fromkeys(called(line) for line in self.cleaned_data["choices"].splitlines())
        found = [line for line in lines if line]
        if len(found) > CHOICES_MAX or any(len(line) > CHOICE_MAX for line in found):
            words = {"most": CHOICES_MAX, "long": CHOICE_MAX}
            raise forms.ValidationError(_("At most %(most)d choices, of at most %(long)d letters each.") % words)
        return found

    def clean(self) -> Values:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("type") != Type.CHOICE:
            cleaned["choices"] = []
        elif not cleaned.get("choices") and "choices" not in self.errors:
            self.add_error("choices", _("Name at least one."))
        return cleaned


class RetireFieldForm(SettingForm):
    is_retired = forms.BooleanField(
        label=gettext_lazy("Offered nowhere any more; what people and accounts hold stays on their pages"),
        error_messages={"required": gettext_lazy("Tick it to retire the field.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["is_retired"] = True


class OwnFields(Kind):
    slug = "fields"
    model = CustomField
    form = FieldForm
    retire_form = RetireFieldForm
    title = gettext_lazy("Fields")
    one = gettext_lazy("field")
    about = gettext_lazy(
        "What you want to know of people and accounts beyond what everybody does. A field is on their pages, in "
        "imports and exports, and, where you say so, a filter."
    )
    has_order = True

    def groups(self, *, at: datetime) -> list[Group]:
        fields = list(CustomField.objects.order_by("position", "pk"))
        groups = []
        for entity in Entity:
            rows = [
                Row(one.pk, one.label, soft=_about(one), may_retire=True)
                for one in fields
                if one.entity == entity and one.retired_at is None
            ]
            title = _("Of people") if entity == Entity.PERSON else _("Of accounts")
            groups.append(Group(title, _("in the order of the pages"), rows, add=f"entity={entity.value}"))
        retired = [Row(one.pk, one.label, soft=_about(one), is_retired=True) for one in fields if one.retired_at]
        if retired:
            groups.append(Group(_("Retired"), _("what was written stays on the pages"), retired, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        rows = CustomField.objects.select_for_update() if lock else CustomField.objects.all()
        one = rows.filter(pk=pk).first()
        if one is None:
            return None
        said = {name: getattr(one, name) for name in SAID}
        said["choices"] = one.choices if one.type == Type.CHOICE else []
        return {"pk": pk, "entity": one.entity, **said, "is_retired": one.retired_at is not None}

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        if not new.get("label"):
            raise SettingRefused(_("A field keeps a name: retire it instead."), "label")
        others = CustomField.objects.filter(entity=new["entity"], retired_at=None).exclude(pk=pk or 0)
        if not new.get("is_retired") and others.filter(label__iexact=new["label"]).exists():
            raise SettingRefused(_("There is another one of this name."), "label")
        said = {name: new.get(name) for name in SAID}
        if pk is None:
            return _made(new["entity"], said | {"pk": new.get("pk")}).pk
        if old.get("type") != new["type"]:
            _must_be_read(old, new, key=CustomField.objects.get(pk=pk).key)
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            said["retired_at"] = at if new.get("is_retired") else None
        CustomField.objects.filter(pk=pk).update(**said)
        if new["entity"] == Entity.PERSON and old.get("not_for_scores") != new.get("not_for_scores"):
            index_holders(CustomField.objects.filter(pk=pk).values_list("key", flat=True))
        return pk

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        one = CustomField.objects.get(pk=pk)
        if _holders(one.entity, one.key).exists():
            raise SettingRefused(_("Somebody holds a value in “%(name)s”: retire it instead.") % {"name": one})
        if run := _import_into(one):
            words = {"name": one, "file": run.upload.name}
            raise SettingRefused(
                _("The import of “%(file)s” writes “%(name)s”: cancel it first, or retire the field.") % words
            )
        one.delete()

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("Nobody holds a value yet"), _("imports offer it at once"))]
        one = CustomField.objects.get(pk=pk)
        holding = _holders(one.entity, one.key).count()
        if bool(old.get("is_retired")) != bool(new.get("is_retired")):
            return [Touch(_hold(one.entity, holding), _("it stays on their pages; imports and filters lose it"))]
        found = [Touch(_hold(one.entity, holding))]
        if old.get("type") != new.get("type"):
            odd = sum(not _reads(new, value) for value in _values(one.entity, one.key))
            soft = _("all of them can be read") if not odd else _unread(odd)
            found.append(Touch(_("It would hold: %(type)s") % {"type": str(Type(new["type"]).label).lower()}, soft))
        elif old.get("choices") != new.get("choices"):
            odd = sum(not _reads(new, value) for value in _values(one.entity, one.key))
            if odd:
                words = ngettext("%(count)d value is not in the list", "%(count)d values are not in the list", odd)
                found.append(Touch(words % {"count": odd}, _("they stay as they were written")))
        if old.get("not_for_scores") != new.get("not_for_scores"):
            rules = ScoreRule.objects.filter(
                version=AgreementVersion.objects.in_force(), field=f"{one.entity}.custom.{one.key}"
            ).count()
            words = ngettext("%(count)d rule of the scores reads it", "%(count)d rules of the scores read it", rules)
            soft = _("it counts for nobody who comes in from now on") if new.get("not_for_scores") else ""
            found.append(Touch(words % {"count": rules}, soft))
        return found

    def order(self, pk: int) -> list[int]:
        entity = CustomField.objects.filter(pk=pk).values("entity")[:1]
        rows = CustomField.objects.filter(entity=entity, retired_at=None).order_by("position", "pk")
        return list(rows.values_list("pk", flat=True))

    def put_in_order(self, pks: list[int]) -> None:
        fields, moved, before = CustomField.objects.in_bulk(pks), [], -1
        for place, pk in zip(sorted(field.position for field in fields.values()), pks, strict=True):
            before = max(place, before + 1)
            if (field := fields[pk]).position != before:
                CustomField.objects.filter(pk=pk).update(position=before)
                moved += [field.key] * (field.entity == Entity.PERSON)
        index_holders(moved)

    def say(self, name: str, value: Any, names: Names) -> str:
        return ", ".join(value) if name == "choices" and value else super().say(name, value, names)


def _made(entity: str, said: Values) -> CustomField:
    rows = CustomField.objects.filter(entity=entity)
    taken, base, number = set(rows.values_list("key", flat=True)), key_for(said["label"])[:56], 2
    key = base
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    last = rows.aggregate(last=Max("position"))["last"] or 0
    return CustomField.objects.create(entity=entity, key=key, position=min(last + 1, PLACE_MAX), **said)


def _holders(entity: str, key: str) -> QuerySet[Any]:
    """Who holds a value under this key; an empty one is none."""
    model: type[Person] | type[Account] = Person if entity == Entity.PERSON else Account
    holders = model.objects.filter(custom__has_key=key).alias(held=KeyTransform(key, "custom"))
    return holders.exclude(held="").order_by()


def _import_into(one: CustomField) -> Import | None:
    """A file that still may be read, with a column for this field."""
    kind = Import.Kind.COMPANIES if one.entity == Entity.ACCOUNT else Import.Kind.PEOPLE
    runs = Import.objects.filter(kind=kind, state__in=UNREAD).select_related("upload").order_by("pk")
    return next((run for run in runs if _has_column_for(run, one.key)), None)


def _has_column_for(run: Import, key: str) -> bool:
    return any(column.get("key") == key for column in run.mapping.get("columns", []))


def _values(entity: str, key: str) -> Iterator[Any]:
    values = _holders(entity, key).values_list("custom", flat=True)
    return (custom[key] for custom in values.iterator() if custom.get(key) is not None)


def _reads(new: Values, value: Any) -> bool:
    """Whether a field of this type can say this value as it is kept."""
    kind = new["type"]
    if kind == Type.BOOLEAN:
        return isinstance(value, bool)
    if kind == Type.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == Type.DATE:
        try:
            return bool(date.fromisoformat(value))
        except ValueError:
            return False
    return kind == Type.TEXT or value in new["choices"]


def _must_be_read(old: Values, new: Values, *, key: str) -> None:
    odd = sum(not _reads(new, value) for value in _values(new["entity"], key))
    if odd:
        raise SettingRefused(_unread(odd), "type")


def _unread(count: int) -> str:
    words = ngettext(
        "%(count)d value could not be read like that: make another field instead.",
        "%(count)d values could not be read like that: make another field instead.",
        count,
    )
    return words % {"count": count}


def _hold(entity: str, count: int) -> str:
    if entity == Entity.PERSON:
        words = ngettext("%(count)d person holds a value", "%(count)d people hold a value", count)
    else:
        words = ngettext("%(count)d account holds a value", "%(count)d accounts hold a value", count)
    return words % {"count": count}


def _about(one: CustomField) -> str:
    parts = [str(one.get_type_display()).lower()]
    if one.type == Type.CHOICE:
        parts[0] = _("one of %(count)d") % {"count": len(one.choices)}
    if one.filterable:
        parts.append(_("filter"))
    if one.not_for_scores:
        parts.append(_("not for scores"))
    return " · ".join(parts)
