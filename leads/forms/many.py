"""What is done to many leads at once, and what it needs to be told."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import AgreementVersion, Cadence, Reason, ReasonRule
from leads.actions.many import Verb, Wish
from leads.forms.fields import WallTimeField, presets, wake_day_error
from leads.forms.working import PLANNED
from leads.models import SharedAct
from team.templatetags.midfield import moment_words

if TYPE_CHECKING:
    from team.models import User

# What only somebody who spoke to the person knows is not said of many at once.
SAID_OF_MANY = {"wake_on", "missing"}
AT = "at"


class WhenForm(forms.Form):
    """The moment that the next step of each gets."""

    when = forms.ChoiceField(label=gettext_lazy("Until"), required=False)
    due = WallTimeField(label=gettext_lazy("Date and time, on your clock"), required=False)

    def __init__(self, data: Any = None, *, user: User, at: datetime, **more: Any) -> None:
        super().__init__(data, **more)
        self.user, self.at = user, at
        self.presets = presets(at=at, zone=user.time_zone, hers="")
        said = [(one.key, capfirst(moment_words(one.at, now=at))) for one in self.presets]
        self.fields["when"].choices = [*said, (AT, _("At…"))]  # type: ignore[attr-defined]
        self.fields["when"].initial = self.presets[0].key
        self.moment: tuple[datetime, str] | datetime | None = self.presets[0].due

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        picked = next((one for one in self.presets if one.key == cleaned.get("when")), None)
        if picked:
            self.errors.pop("due", None)
            self.moment = picked.due
        elif cleaned.get("due"):
            self.moment = (cleaned["due"], self.user.time_zone)
        elif cleaned.get("when") == AT and "due" not in self.errors:
            self.add_error("due", _("When? Pick a moment or write one."))
        return cleaned

    @property
    def wish(self) -> Wish:
        return Wish(Verb.SNOOZE, due=self.moment)


class StepForm(WhenForm):
    kind = forms.ChoiceField(label=gettext_lazy("What?"), choices=[(one.value, one.label) for one in PLANNED])
    title = forms.CharField(label=gettext_lazy("In your words"), max_length=200, required=False)
    field_order = ("kind", "title", "when", "due")

    @property
    def wish(self) -> Wish:
        given = self.cleaned_data
        return Wish(Verb.STEP, due=self.moment, kind=given["kind"], title=given["title"])


class CadenceForm(forms.Form):
    cadence = forms.ModelChoiceField(
        Cadence.objects.none(), label=gettext_lazy("Cadence"), empty_label=gettext_lazy("Choose a cadence")
    )

    def __init__(self, data: Any = None, *, user: User, at: datetime, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["cadence"].queryset = Cadence.objects.filter(is_current=True).order_by("label")  # type: ignore[attr-defined]

    @property
    def wish(self) -> Wish:
        return Wish(Verb.CADENCE, cadence=self.cleaned_data["cadence"])


class RecycleForm(forms.Form):
    reason = forms.ModelChoiceField(
        Reason.objects.none(), label=gettext_lazy("Why do they rest?"), empty_label=gettext_lazy("Choose a reason")
    )
    wake_on = forms.DateField(
        label=gettext_lazy("Back on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: when the reason says."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: User, at: datetime, **more: Any) -> None:
        super().__init__(data, **more)
        self.today: date = at.date()
        rules = ReasonRule.objects.filter(
            version=AgreementVersion.objects.in_force(), reason__kind=Reason.Kind.RECYCLE
        ).exclude(category=ReasonRule.Category.LOST_DEAL)
        ids = [reason for reason, facts in rules.values_list("reason", "facts") if set(facts) <= SAID_OF_MANY]
        self.fields["reason"].queryset = Reason.objects.in_use().filter(pk__in=ids)  # type: ignore[attr-defined]

    def clean_wake_on(self) -> date | None:
        day: date | None = self.cleaned_data["wake_on"]
        if words := wake_day_error(day, today=self.today):
            raise forms.ValidationError(words)
        return day

    @property
    def wish(self) -> Wish:
        return Wish(Verb.RECYCLE, reason=self.cleaned_data["reason"], wake_on=self.cleaned_data["wake_on"])


class ReleaseForm(forms.Form):
    """Nothing needs to be said."""

    def __init__(self, data: Any = None, *, user: User, at: datetime, **more: Any) -> None:
        super().__init__(data, **more)

    @property
    def wish(self) -> Wish:
        return Wish(Verb.RELEASE)


FORMS: dict[str, type[Any]] = {
    Verb.SNOOZE: WhenForm,
    Verb.STEP: StepForm,
    Verb.CADENCE: CadenceForm,
    Verb.RECYCLE: RecycleForm,
    Verb.RELEASE: ReleaseForm,
}
# What may be shown before anything was chosen: a moment is proposed, and giving back asks for nothing.
COMPLETE = (SharedAct.Verb.SNOOZE, SharedAct.Verb.RELEASE)
