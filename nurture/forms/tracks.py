"""What somebody writes about a track, and about one node of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import TextChoices
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employment
from accounts.search import QUERY_MAX
from agreement.models import Criterion, ReasonRule, StepKind
from content.models import Asset, Topic
from leads.settings.kind import SettingForm, Values
from nurture.fields import FIELDS, BadWords, fields_in
from nurture.letter_checks import errors_of
from nurture.models import Track, TrackNode
from team.company_time import company_day

Kind, Question = TrackNode.Kind, TrackNode.Question
ANY = gettext_lazy("Any")
CATEGORIES = [(value, label) for value, label in ReasonRule.Category.choices if value]
# What one of us can be asked to do; the others follow from what happened.
STEPS = (
    StepKind.CALL, StepKind.EMAIL, StepKind.CALL_EMAIL, StepKind.SOCIAL, StepKind.REACH_UP, StepKind.TASK,
)  # fmt: skip
# Who replies leaves a track, so nobody comes by who has.
ASKED = [(value, label) for value, label in Question.choices if value != Question.REPLIED]


def _letter_hint() -> str:
    return _(
        "Markdown: **bold**, [words](https://address); an address alone is a link, too. Fields, with what stands in "
        "after a bar, like {{ first_name | there }}: %(fields)s."
    ) % {"fields": ", ".join(f"{name} ({words})" for name, words in FIELDS.items())}


letter_hint = lazy(_letter_hint, str)()


def ask_only_when(form: forms.Form, name: str, fields: Mapping[Any, str]) -> None:
    """Each of these fields is asked only while its answer of `name` is chosen (`data-when` of the page)."""
    for value, asked in fields.items():
        field: Any = form.fields[asked]
        field.when = f"{name}={value}"


class TrackForm(SettingForm):
    """Whom it takes, or when it is suggested. `kind` is chosen once."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    about = forms.CharField(label=gettext_lazy("What it is for"), max_length=300, required=False)
    category = forms.ChoiceField(
        label=gettext_lazy("Takes who sleeps because of"), choices=[("", ANY), *CATEGORIES], required=False
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(), label=gettext_lazy("Most interested in"), required=False, empty_label=ANY
    )
    is_by_hand = forms.BooleanField(
        label=gettext_lazy("Only by hand, or where another ends"),
        help_text=gettext_lazy("It takes nobody by itself."),
        required=False,
    )
    is_fan_base = forms.BooleanField(
        label=gettext_lazy("For fans"),
        help_text=gettext_lazy("Doers who download everything: fed, measured, and kept out of every queue."),
        required=False,
    )
    hold_out_percent = forms.IntegerField(
        label=gettext_lazy("Left without, of a hundred"),
        help_text=gettext_lazy("Who gets nothing, to see what the track does. 0 is off."),
        min_value=0,
        max_value=50,
        initial=0,
    )
    goal = forms.ChoiceField(
        label=gettext_lazy("It ends once somebody"),
        help_text=gettext_lazy("At whichever step they stand. Who replies, or is worked again, leaves it anyway."),
        choices=[("", gettext_lazy("Came to its last step")), *Track.Goal.choices],
        required=False,
    )
    goal_topic = forms.ModelChoiceField(
        Topic.objects.all(), label=gettext_lazy("Topic of the goal"), required=False, empty_label=gettext_lazy("None")
    )
    goal_role = forms.ChoiceField(
        label=gettext_lazy("Role of the goal"),
        choices=[("", gettext_lazy("None")), *(one for one in Employment.Role.choices if one[0])],
        required=False,
    )
    goal_criterion = forms.ModelChoiceField(
        Criterion.objects.in_use(),
        label=gettext_lazy("Criterion of the goal"),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    fallback = forms.ModelChoiceField(
        Track.objects.none(),
        label=gettext_lazy("At its end they go on in"),
        required=False,
        empty_label=gettext_lazy("Nothing: their date wakes them"),
    )
    cycle = forms.ChoiceField(
        label=gettext_lazy("Where in the buying cycle"), choices=[("", ANY), *Track.Cycle.choices], required=False
    )
    role = forms.ChoiceField(label=gettext_lazy("Who"), choices=[("", ANY), *Employment.Role.choices], required=False)
    need = forms.ModelChoiceField(
        Criterion.objects.in_use(), label=gettext_lazy("What is not known yet"), required=False, empty_label=ANY
    )

    GOAL = ("goal", "goal_topic", "goal_role", "goal_criterion")
    GOALS: ClassVar = {
        Track.Goal.TOPIC: "goal_topic", Track.Goal.ROLE: "goal_role", Track.Goal.CRITERION: "goal_criterion",
    }  # fmt: skip
    OF_TRACK = ("category", "topic", "is_by_hand", "is_fan_base", "hold_out_percent", "fallback")
    OF_PLAY = ("cycle", "role", "need")

    def __init__(self, data: Any = None, *, kind: str, track: Track | None = None, old: Values | None = None) -> None:
        super().__init__(data, old=old)
        for name in self.OF_TRACK if kind == Track.Kind.PLAY else self.OF_PLAY:
            del self.fields[name]
        if kind == Track.Kind.TRACK:
            others = Track.objects.in_use().filter(kind=kind)
            field: Any = self.fields["fallback"]
            field.queryset = others.exclude(pk=track.pk) if track else others
        ask_only_when(self, "goal", self.GOALS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        goal = cleaned.get("goal")
        wanted = self.GOALS.get(Track.Goal(goal)) if goal else None
        if wanted and not cleaned.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Say which."))
        for name in set(self.GOALS.values()) - {wanted}:
            # What another goal would ask for says nothing here.
            cleaned[name] = "" if name == "goal_role" else None
        return cleaned


class EndForm(SettingForm):
    """Where those go who are under way in a track that is taken out of use."""

    class Goes(TextChoices):
        FINISH = "finish", gettext_lazy("They finish it")
        MOVE = "move", gettext_lazy("They begin another one")
        END = "end", gettext_lazy("It ends for them now")

    goes = forms.ChoiceField(
        label=gettext_lazy("Who is under way"), choices=Goes, initial=Goes.FINISH, widget=forms.RadioSelect
    )
    into = forms.ModelChoiceField(
        Track.objects.none(),
        label=gettext_lazy("Which one they begin"),
        required=False,
        empty_label=gettext_lazy("choose one"),
        help_text=gettext_lazy("Who was in it before, or cannot be reached by it, is woken by their date instead."),
    )

    def __init__(self, data: Any = None, *, track: Track, old: Values | None = None) -> None:
        super().__init__(data, old=old)
        field: Any = self.fields["into"]
        field.queryset = Track.objects.running().filter(kind=track.kind).exclude(pk=track.pk).order_by("position", "pk")
        if track.kind == Track.Kind.PLAY:
            # Of another play what is done already would be done again.
            del self.fields["into"]
            goes: Any = self.fields["goes"]
            goes.choices = [one for one in self.Goes.choices if one[0] != self.Goes.MOVE]
        else:
            ask_only_when(self, "goes", {self.Goes.MOVE: "into"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("goes") == self.Goes.MOVE and not cleaned.get("into") and "into" not in self.errors:
            self.add_error("into", _("Say which."))
        return cleaned


class NodeForm(forms.Form):
    """One node: only the fields of its kind are there."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        help_text=letter_hint,
        max_length=20000,
        widget=forms.Textarea({"rows": 8}),
    )
    asset = forms.ModelChoiceField(
        Asset.objects.none(), label=gettext_lazy("Brings"), required=False, empty_label=gettext_lazy("Nothing")
    )
    brings_what_fits = forms.BooleanField(
        label=gettext_lazy("Bring what fits best instead"),
        help_text=gettext_lazy(
            "Of what they have not had on what they are most interested in: first in their language (else in ours), "
            "then for their role, then for where they stand, then the newest. What is marked for another role or stage "
            "than theirs is left out. Where there is none, no e-mail."
        ),
        required=False,
    )
    days = forms.IntegerField(label=gettext_lazy("Days to wait"), min_value=1, max_value=400, initial=7)
    step_kind = forms.ChoiceField(label=gettext_lazy("What"), choices=[(kind.value, kind.label) for kind in STEPS])
    words = forms.CharField(
        label=gettext_lazy("In words"),
        help_text=gettext_lazy("As the queue shows it. Ask what the buyer does next, not what we show."),
        max_length=200,
    )
    question = forms.ChoiceField(
        label=gettext_lazy("They"),
        choices=ASKED,
        help_text=gettext_lazy("Not whether they replied: whoever replies leaves it, and is in front for their rep."),
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(), label=gettext_lazy("Topic"), required=False, empty_label=gettext_lazy("None")
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", gettext_lazy("None")), *Employment.Role.choices], required=False
    )
    criterion = forms.ModelChoiceField(
        Criterion.objects.in_use(), label=gettext_lazy("Criterion"), required=False, empty_label=gettext_lazy("None")
    )

    OF = {
        Kind.EMAIL: ("subject", "text", "asset", "brings_what_fits"),
        Kind.WAIT: ("days",),
        Kind.STEP: ("step_kind", "words"),
        Kind.BRANCH: ("question", "topic", "role", "criterion"),
        Kind.GOAL: ("question", "topic", "role", "criterion"),
    }
    ASKS = {Question.TOPIC: "topic", Question.ROLE: "role", Question.CRITERION: "criterion"}

    def __init__(self, *args: Any, kind: str, at: datetime, node: TrackNode | None = None, **more: Any) -> None:
        self.kind = Kind(kind)
        if node is not None:
            more["initial"] = {name: getattr(node, name) for name in self.OF[self.kind]}
        super().__init__(*args, **more)
        for name in set(self.fields) - set(self.OF[self.kind]):
            del self.fields[name]
        if self.kind == Kind.EMAIL:
            field: Any = self.fields["asset"]
            field.queryset = Asset.objects.sendable(on=company_day(at)).order_by("title")
        if "question" in self.fields:
            ask_only_when(self, "question", self.ASKS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("asset") and cleaned.get("brings_what_fits"):
            self.add_error("asset", _("Either this, or whatever fits best."))
        for name in ("subject", "text"):
            self._must_name_fields(name, cleaned.get(name))
        if not self.errors and self.kind == Kind.EMAIL:
            for wrong in errors_of(cleaned["subject"], cleaned["text"]):
                self.add_error(wrong.field, wrong.words)
        if question := cleaned.get("question"):
            wanted = self.ASKS.get(Question(question))
            if wanted and not cleaned.get(wanted) and wanted not in self.errors:
                self.add_error(wanted, _("Say which."))
            for name in set(self.ASKS.values()) - {wanted}:
                # What another question would ask for says nothing here.
                cleaned[name] = "" if name == "role" else None
        return cleaned

    def _must_name_fields(self, name: str, words: str | None) -> None:
        try:
            fields_in(words or "")
        except BadWords as bad:
            self.add_error(name, str(bad))

    @property
    def values(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.cleaned_data}

    def differences(self, node: TrackNode) -> list[tuple[str, str, str]]:
        """Where what was typed is not what the node says now: (label, what it says, what was typed)."""
        pairs = {name: (getattr(node, name), typed) for name, typed in self.cleaned_data.items()}
        return [
            (str(self.fields[name].label), self._in_words(name, now), self._in_words(name, typed))
            for name, (now, typed) in pairs.items()
            if now != typed
        ]

    def _in_words(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if value in (None, ""):
            return _("nothing")
        labels = {"step_kind": StepKind.choices, "question": Question.choices, "role": Employment.Role.choices}
        return str(dict(labels.get(name, ())).get(value, value))


class FindForm(forms.Form):
    """Whom to try it on."""

    q = forms.CharField(label=gettext_lazy("Name, company, address"), max_length=QUERY_MAX, required=False)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)


class PlaceForm(forms.Form):
    """Where a node is to stand: behind another, or as the first of an arm, or of the flow."""

    after = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    branch = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    arm = forms.ChoiceField(required=False, choices=[("", ""), ("yes", "yes"), ("no", "no")], widget=forms.HiddenInput)
