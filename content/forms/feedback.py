"""Answers to the questions of a pulse, the questions themselves, and what became of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.actions.pulsing import Questions
from content.forms.keeping import DayField
from content.models import Feedback, PulseAsked

TEXT_MAX = 1000
# So many are asked in a round.
QUESTIONS = 3
OUTCOMES = (Feedback.State.DONE, Feedback.State.DECLINED)


def one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class AnswersForm(forms.Form):
    """The three questions, as they are asked in this round: one answer is enough, and none is only said by `skip`."""

    SKIP = "skip"

    def __init__(self, *args: Any, asked: PulseAsked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(asked.round.questions, 1):
            self.fields[f"answer_{number}"] = forms.CharField(
                label=question, required=False, max_length=TEXT_MAX, widget=forms.Textarea({"rows": 2})
            )

    def clean(self) -> dict[str, Any]:
        read = super().clean() or self.cleaned_data
        if self.errors:
            return read
        is_said, skips = any(self.texts), self.SKIP in self.data
        if skips and is_said:
            self.add_error(None, _("You have written something: send it with Answer, or empty it to skip."))
        elif not skips and not is_said:
            self.add_error("answer_1", _("Answer one of the three, or skip them this time."))
        return read

    @property
    def texts(self) -> list[str]:
        return [one_line(self.cleaned_data.get(name, "")) for name in self.fields]


def typed_answers(sent: Mapping[str, str]) -> list[str]:
    """What stands in a form of questions that are asked no more, by the names that `AnswersForm` gives its fields."""
    read = (one_line(sent.get(f"answer_{number}", ""))[:TEXT_MAX] for number in range(1, QUESTIONS + 1))
    return [text for text in read if text]


class GiveForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What would serve you better?"),
        max_length=TEXT_MAX,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Marketing reads it with your name, and you hear what becomes of it."),
    )

    def clean_text(self) -> str:
        text = one_line(self.cleaned_data["text"])
        if not text:
            raise forms.ValidationError(_("Say something."))
        return text


class PulseForm(forms.Form):
    first = forms.CharField(label=gettext_lazy("First question"), max_length=200)
    second = forms.CharField(label=gettext_lazy("Second question"), max_length=200)
    third = forms.CharField(label=gettext_lazy("Third question"), max_length=200)
    every_weeks = forms.IntegerField(label=gettext_lazy("Every so many weeks"), min_value=1, max_value=52)
    next_on = DayField(label=gettext_lazy("Asked next on"))
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("Without names"),
        required=False,
        help_text=gettext_lazy(
            "No page says who answered. Midfield keeps it all the same, so that each hears what became of their answer."
        ),
    )

    def clean(self) -> dict[str, Any]:
        read = super().clean() or self.cleaned_data
        for name in ("first", "second", "third"):
            if name in read:
                read[name] = one_line(read[name])
                if not read[name]:
                    self.add_error(name, _("Ask something."))
        return read

    @property
    def asked(self) -> Questions:
        return Questions(**self.cleaned_data)


class CloseForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("What became of it"), choices=[(state.value, state.label) for state in OUTCOMES]
    )
    outcome = forms.CharField(label=gettext_lazy("In a sentence"), max_length=300)

    def clean_outcome(self) -> str:
        outcome = one_line(self.cleaned_data["outcome"])
        if not outcome:
            raise forms.ValidationError(_("Say what became of it: whoever said it wants to know."))
        return outcome


class FeedbackFilters(forms.Form):
    STATES = (("", gettext_lazy("Open")), ("late", gettext_lazy("Later than promised")), *Feedback.State.choices[1:])

    state = forms.ChoiceField(label=gettext_lazy("Which"), required=False, choices=STATES)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def __init__(self, data: Any) -> None:
        super().__init__({name: data.get(name, "").strip() for name in self.base_fields})

    @property
    def read(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
