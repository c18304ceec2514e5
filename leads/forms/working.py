"""What a rep says of her work: a call, a touch, a note, the next step."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Disposition, StepKind
from leads.forms.fields import (
    NOTE_MAX,
    LeadForm,
    WallTimeField,
    ZoneField,
    next_nine,
    presets,
    with_shared_fields,
)
from leads.models import Activity
from leads.telling import both_clocks
from team.localtime import resolve
from team.models import Installation
from team.prepared_objects import PreparedObjects

FORWARD = {
    Disposition.Follows.BOOK_MEETING: "meeting",
    Disposition.Follows.RECYCLE: "recycle",
    Disposition.Follows.DISQUALIFY: "disqualify",
}
# What a person may plan; the rest follows from something else.
PLANNED = (
    StepKind.CALL, StepKind.EMAIL, StepKind.CALL_EMAIL, StepKind.SOCIAL, StepKind.CALL_BACK, StepKind.REACH_UP,
    StepKind.TASK,
)  # fmt: skip


# As many colleagues as the page of a lead names.
ABOUT_MAX = 12


class DispositionField(forms.Field):
    """One of those in use, by id: asked for with every call, and so by a prepared statement."""

    default_error_messages = {"invalid_choice": forms.ModelChoiceField.default_error_messages["invalid_choice"]}

    def to_python(self, value: Any) -> Disposition | None:
        if value in self.empty_values:
            return None
        found: list[Disposition] = []
        if re.fullmatch(r"[0-9]{1,9}", str(value)):
            found = _IN_USE.objects(disposition=int(str(value)))
        if not found:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        return found[0]


_IN_USE = PreparedObjects(
    lambda disposition: Disposition.objects.in_use().select_related("reason").filter(pk=disposition)
)


class AboutField(forms.Field):
    """The leads of colleagues that a call was about, too."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[UUID]:
        try:
            return list(dict.fromkeys(UUID(str(one)) for one in (value or [])[:ABOUT_MAX]))
        except ValueError:
            raise forms.ValidationError(_("Choose the people from those who are shown.")) from None


@with_shared_fields
class CallForm(LeadForm):
    disposition = DispositionField(error_messages={"required": gettext_lazy("Say what happened.")})
    call_back = WallTimeField(label=gettext_lazy("When, on their clock"), required=False)
    zone = ZoneField(label=gettext_lazy("Their clock"), required=False)
    note = forms.CharField(max_length=NOTE_MAX, required=False)
    about = AboutField(required=False)
    # Not interested can also mean: not now.
    instead = forms.ChoiceField(choices=[("", ""), ("recycle", "")], required=False)

    def __init__(self, data: Any = None, *, at: datetime, zone: str, **more: Any) -> None:
        """`zone` is hers as far as anybody knows."""
        super().__init__(data, **more)
        self.initial.setdefault("zone", zone)
        if zone:
            self.initial.setdefault("call_back", next_nine(at=at, zone=zone))

    @property
    def goes_on_with(self) -> str:
        """The form that this disposition goes on with; the call is logged with it."""
        panel = FORWARD.get(self.cleaned_data["disposition"].follows, "")
        return self.cleaned_data["instead"] or panel if panel else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        disposition = cleaned.get("disposition")
        if cleaned.get("about") and disposition and disposition.follows in FORWARD:
            self.add_error("about", _("This ends with a form about one person: log the call about the others first."))
        if disposition and disposition.follows == Disposition.Follows.CALL_BACK:
            if not cleaned.get("call_back") and "call_back" not in self.errors:
                self.add_error("call_back", _("When did you promise to call back?"))
            if not cleaned.get("zone") and "zone" not in self.errors:
                self.add_error("zone", _("On whose clock? Name a place, such as Europe/Oslo."))
        else:
            # Without JavaScript every part of the form is sent; what does not belong is not judged.
            for name in ("call_back", "zone"):
                self.errors.pop(name, None)
        return cleaned

    def call_back_words(self, now: datetime) -> str:
        """When the call back would be, on my clock and on hers, or why that cannot be said."""
        if self.is_bound:
            self.is_valid()
        known = self.cleaned_data if self.is_bound else self.initial
        wall, zone = known.get("call_back"), known.get("zone")
        if not wall or not zone:
            return self._unknown() if self.is_bound else ""
        moment = resolve(wall, zone)
        if moment <= now:
            return _("that moment is past")
        days = (moment - now).days
        if self.is_bound and days > 1 and days > Installation.objects.values_list("step_max_days", flat=True).get():
            return _("%(days)s days is further than a next step may be; longer is recycling") % {"days": days}
        return _("call back %(moment)s, promised") % {"moment": both_clocks(moment, zone, now=now)}

    def _unknown(self) -> str:
        """What is missing or wrong in the moment of a call back."""
        wrong = {error.code for error in self.errors.as_data().get("call_back", [])}
        if "far" in wrong:
            return _("the year is not one to call in")
        if "invalid" in wrong:
            return _("write it as a date and a time")
        if not self.cleaned_data.get("call_back"):
            return _("say when")
        if str(self.data.get("zone", "")).strip():
            return _("nobody knows this clock: name a place, such as Europe/Oslo")
        return _("on whose clock? Name a place, such as Europe/Oslo")

    @property
    def promised(self) -> tuple[datetime, str] | None:
        disposition = self.cleaned_data["disposition"]
        if disposition.follows != Disposition.Follows.CALL_BACK:
            return None
        return self.cleaned_data["call_back"], self.cleaned_data["zone"]


@with_shared_fields
class TouchForm(LeadForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("What did you send?"),
        choices=[(Activity.Kind.EMAIL, Activity.Kind.EMAIL.label), (Activity.Kind.SOCIAL, Activity.Kind.SOCIAL.label)],
    )
    note = forms.CharField(max_length=NOTE_MAX, required=False)


@with_shared_fields
class NoteForm(LeadForm):
    text = forms.CharField(max_length=NOTE_MAX, error_messages={"required": gettext_lazy("Write something first.")})


class StepForm(LeadForm):
    """The next step: which, or the same one later, and when: a moment picked or typed."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What?"), choices=[("", ""), *[(kind.value, kind.label) for kind in PLANNED]], required=False
    )
    title = forms.CharField(max_length=200, required=False)
    when = forms.CharField(max_length=10, required=False)
    due = WallTimeField(required=False)
    zone = ZoneField(required=False)
    # Which next step she was shown.
    seen = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, at: datetime, mine: str, zone: str, **more: Any) -> None:
        super().__init__(data, **more)
        self.mine = mine
        self.presets = presets(at=at, zone=mine, hers=zone if zone != mine else "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        picked = next((preset for preset in self.presets if preset.key == cleaned.get("when")), None)
        if picked:
            self.errors.pop("due", None)
            cleaned["moment"] = picked.due
        elif cleaned.get("due"):
            cleaned["moment"] = (cleaned["due"], cleaned.get("zone") or self.mine)
        elif "due" not in self.errors:
            self.add_error("due", _("When? Pick a moment or write one."))
        if cleaned.get("title") and not cleaned.get("kind") and "kind" not in self.errors:
            self.add_error("kind", _("Choose what it is that has your words, or leave the words out."))
        return cleaned


class DoneForm(LeadForm):
    step = forms.IntegerField(min_value=1, max_value=2**62)
