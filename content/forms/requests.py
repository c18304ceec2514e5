"""What somebody needs, which requests an address asks for, and what is decided of one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.actions.asking import Need, Voice
from content.backlog import MINOR
from content.forms.keeping import DayField
from content.forms.naming import AssetField, RequestField
from content.models import Label, Topic
from content.models.demand import ContentRequestQuerySet
from team.company_time import company_day
from team.models import User

# All of these have hundredths.
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "INR")
# What is asked of a request; what asset there is to send for a need is searched, not asked for.
ASKED_OF = (Label.Dimension.PERSONA, Label.Dimension.STAGE, Label.Dimension.OBJECTION)
NEED_MAX = 500


class LabelFields:
    """A choice of each dimension, as keys, with what they mean."""

    fields: dict[str, forms.Field]

    def offer_labels(self, *, anything: Any, none: Any = None) -> None:
        self.topics = {topic.key: topic for topic in Topic.objects.all()}
        self.labels = {(one.dimension, one.key): one for one in Label.objects.filter(retired_at=None)}
        unsaid = [("none", none)] if none is not None else []
        self._offer("topic", anything, unsaid, [(key, topic.label) for key, topic in self.topics.items()])
        for dimension in ASKED_OF:
            offered = [(key, label.label) for (of, key), label in self.labels.items() if of == dimension]
            self._offer(dimension.value, anything, unsaid, offered)

    def _offer(self, name: str, anything: Any, unsaid: list[Any], offered: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", anything), *unsaid, *offered]  # type: ignore[attr-defined]


class AskForm(LabelFields, forms.Form):
    need = forms.CharField(
        label=gettext_lazy("What do you need?"),
        max_length=NEED_MAX,
        widget=forms.Textarea({"rows": 3, "autofocus": True}),
        help_text=gettext_lazy("In a sentence: what it should say or show, and to whom."),
    )
    persona = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("When"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    objection = forms.ChoiceField(label=gettext_lazy("What they object"), required=False)
    needed_on = DayField(label=gettext_lazy("By when"), required=False)
    worth = forms.DecimalField(
        label=gettext_lazy("What the lead is worth"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), required=False, choices=[(code, code) for code in CURRENCIES]
    )
    is_other = forms.BooleanField(label=gettext_lazy("It is none of these"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_labels(anything=gettext_lazy("Not said"))

    def clean_need(self) -> str:
        need = " ".join("".join(c if c.isprintable() else " " for c in self.cleaned_data["need"]).split())
        if not need:
            raise forms.ValidationError(_("Say what you need."))
        return need

    def clean_needed_on(self) -> date | None:
        day: date | None = self.cleaned_data["needed_on"]
        if day and day < company_day(timezone.now()):
            raise forms.ValidationError(_("This day is over. Give a later one, or none."))
        return day

    @property
    def said(self) -> Need:
        """What was said so far; also of a form that is not whole."""
        if not self.is_bound:
            read = {name: self.get_initial_for_field(field, name) for name, field in self.fields.items()}
        else:
            read = getattr(self, "cleaned_data", {})
        labels = (self.labels.get((dimension.value, read.get(dimension.value) or "")) for dimension in ASKED_OF)
        return Need(
            words=read.get("need") or "",
            topic=self.topics.get(read.get("topic") or ""),
            labels=tuple(label for label in labels if label),
            needed_on=read.get("needed_on"),
        )

    def voice(self, lead: int | None) -> Voice:
        return voice_of(self, lead)


class JoinForm(forms.Form):
    worth = AskForm.declared_fields["worth"]
    currency = AskForm.declared_fields["currency"]

    def voice(self, lead: int | None) -> Voice:
        return voice_of(self, lead)


def voice_of(form: forms.Form, lead: int | None) -> Voice:
    worth: Decimal | None = form.cleaned_data.get("worth")
    if worth is None:
        return Voice(lead=lead)
    return Voice(lead=lead, worth=int(worth * MINOR), currency=form.cleaned_data.get("currency") or CURRENCIES[0])


class RequestFilters(LabelFields, forms.Form):
    """What the address of the backlog may ask for. What cannot be read asks for nothing."""

    STATES = (
        ("", gettext_lazy("Backlog")),
        ("mine", gettext_lazy("Asked by me")),
        ("owned", gettext_lazy("Made by me")),
        ("done", gettext_lazy("Done")),
        ("declined", gettext_lazy("Declined")),
    )

    state = forms.ChoiceField(label=gettext_lazy("Which"), required=False, choices=STATES)
    persona = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("When"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    objection = forms.ChoiceField(label=gettext_lazy("What they object"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__({name: data.get(name, "").strip() for name in self.base_fields})
        self.offer_labels(anything=gettext_lazy("Any"), none=gettext_lazy("Not said"))
        for name, anything in (("topic", _("Every topic")), ("persona", _("For anybody")), ("stage", _("At any time"))):
            self.fields[name].choices[0] = ("", anything)  # type: ignore[attr-defined]

    @cached_property
    def read(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ("state", "persona", "stage", "topic", "objection")]

    @property
    def is_ranked(self) -> bool:
        """Whether these are put in order by what they are worth: only what is still to be made is."""
        return self.read.get("state", "") in ("", "owned")

    def narrow(self, rows: ContentRequestQuerySet, *, by: User) -> ContentRequestQuerySet:
        read = self.read
        state = read.get("state", "")
        if state == "mine":
            rows = rows.asked_by(by)
        elif state == "owned":
            rows = rows.open().filter(owner=by)
        else:
            rows = rows.filter(state=state) if state else rows.open()
        topic = read.get("topic", "")
        if topic:
            rows = rows.filter(topic=None if topic == "none" else self.topics[topic])
        for dimension in ASKED_OF:
            key = read.get(dimension.value, "")
            if key == "none":
                rows = rows.unmarked(dimension.value)
            elif key:
                rows = rows.marked([self.labels[dimension.value, key].pk])
        return rows


class DeclineForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why not"), max_length=300, help_text=gettext_lazy("Everybody who asked reads this.")
    )

    def clean_because(self) -> str:
        because = " ".join("".join(c for c in self.cleaned_data["because"] if c.isprintable()).split())
        if not because:
            raise forms.ValidationError(_("Say why: whoever asked wants to know."))
        return because


class AnswerForm(forms.Form):
    asset = AssetField(
        label=gettext_lazy("Which asset answers it"),
        help_text=gettext_lazy("Some words of its title, or its address."),
    )


class JoinIntoForm(forms.Form):
    other = RequestField(
        label=gettext_lazy("Which request asks for the same"),
        help_text=gettext_lazy("Some words of its need, or its address."),
    )
