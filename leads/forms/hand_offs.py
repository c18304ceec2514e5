"""What sales says to a hand-off: one pick, one line, a moment, or a verdict. Each reason says where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Criterion, Reason
from leads.brief import Verdict
from leads.forms.fields import WALL, WallTimeField, contract_end_error, wake_day_error
from leads.models import Answer, Recycling
from leads.waking import Facts
from team.localtime import is_zone

LINE_MAX = 500
MEETING_OFF = gettext_lazy("The meeting is off: send the cancelled invitation to everybody who has it.")
MEETING_LENGTHS = (15, 30, 45, 60, 90)


@dataclass(frozen=True)
class Pick:
    """One reason to choose: what it is called, where it leads, and what will happen then."""

    reason: Reason
    goes: str
    then: str
    # She may have named a day, or the end of her contract.
    asks_day: bool = False
    asks_end: bool = False
    # Somebody reads what is written with it.
    takes_line: bool = False

    @property
    def key(self) -> str:
        return self.reason.key


class LineForm(forms.Form):
    """Nothing has to be typed; a line helps the one who gets it."""

    line = forms.CharField(required=False, max_length=LINE_MAX, strip=True, label=gettext_lazy("One line"))


class PickForm(LineForm):
    """One of the reasons, and a line."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    wake_on = forms.DateField(
        required=False,
        label=gettext_lazy("Back on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    contract_ends = forms.DateField(
        required=False,
        label=gettext_lazy("Contract ends"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, picks: Sequence[Pick], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picks = {pick.key: pick for pick in picks}
        self.today = today
        self.fields["reason"].choices = [(pick.key, pick.reason.label) for pick in picks]  # type: ignore[attr-defined]
        self.fields["reason"].error_messages["required"] = _("Choose one of the reasons.")

    def clean_reason(self) -> Reason:
        return self.picks[self.cleaned_data["reason"]].reason

    def clean_wake_on(self) -> Any:
        day = self.cleaned_data["wake_on"]
        if words := wake_day_error(day, today=self.today):
            raise forms.ValidationError(words)
        return day

    def clean_contract_ends(self) -> Any:
        day = self.cleaned_data["contract_ends"]
        if words := contract_end_error(day, today=self.today):
            raise forms.ValidationError(words)
        return day

    @property
    def facts(self) -> Facts:
        """What was said about when to come back, where the reason that was picked asks for it."""
        pick = self.picks.get(getattr(self.cleaned_data.get("reason"), "key", ""))
        if pick is None or not pick.asks_day:
            return Facts()
        ends = self.cleaned_data.get("contract_ends") if pick.asks_end else None
        precision = Recycling.Precision.DAY if ends else ""
        return Facts(wake_on=self.cleaned_data.get("wake_on"), contract_ends=ends, precision=precision)

    @property
    def days_of(self) -> str:
        """The keys of the reasons that ask for a day, as `data-when` wants them."""
        return " ".join(pick.key for pick in self.picks.values() if pick.asks_day)

    @property
    def ends_of(self) -> str:
        return " ".join(pick.key for pick in self.picks.values() if pick.asks_end)


class MoveForm(forms.Form):
    """A moment as it is said: wall time and whose clock."""

    meeting = WallTimeField(
        label=gettext_lazy("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}, format=WALL),
    )
    zone = forms.ChoiceField(label=gettext_lazy("On whose clock"))
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("How long"),
        coerce=int,
        choices=[(length, gettext_lazy("%(minutes)s min") % {"minutes": length}) for length in MEETING_LENGTHS],
    )
    # Which invitation she was shown: each move gives it the next number.
    sequence = forms.IntegerField(required=False, max_value=2**31, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zones: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]
        length = self.initial.get("minutes")
        if length and length not in MEETING_LENGTHS:
            own = (length, _("%(minutes)s min") % {"minutes": length})
            self.fields["minutes"].choices = [own, *self.fields["minutes"].choices]  # type: ignore[attr-defined]

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if not is_zone(zone):
            raise forms.ValidationError(_("That is not a time zone."))
        return zone

    @property
    def said(self) -> tuple[datetime, str]:
        return self.cleaned_data["meeting"], self.cleaned_data["zone"]


class LoseForm(PickForm):
    """Why the deal was lost, and to whom, where it was to somebody."""

    vendor = forms.CharField(
        label=gettext_lazy("To whom, if to a competitor"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"id": "lose-vendor"}),
    )


class OutcomeForm(PickForm):
    """How it went: held and qualified, held and not qualified, or nobody came. What does not belong is not read."""

    QUALIFIED, NOT_QUALIFIED, NO_SHOW = "qualified", "not_qualified", "no_show"
    outcome = forms.ChoiceField(
        label=gettext_lazy("How did it go?"),
        choices=[
            (QUALIFIED, gettext_lazy("Held, and qualified")),
            (NOT_QUALIFIED, gettext_lazy("Held, and not qualified")),
            (NO_SHOW, gettext_lazy("Nobody came")),
        ],
        error_messages={"required": gettext_lazy("Choose how it went.")},
    )

    def __init__(
        self, *args: Any, verdicts: Sequence[Verdict] = (), outcomes: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.verdicts = list(verdicts)
        if outcomes:
            kept = [choice for choice in self.fields["outcome"].choices if choice[0] in outcomes]  # type: ignore[attr-defined]
            self.fields["outcome"].choices = kept  # type: ignore[attr-defined]
        self.fields["reason"].required = False
        for verdict in self.verdicts:
            name = verdict.criterion.key
            self.fields[f"answer_{name}"] = forms.ChoiceField(
                label=verdict.criterion.label, choices=Answer.Value.choices, required=False, widget=forms.RadioSelect
            )
            self.fields[f"evidence_{name}"] = forms.CharField(required=False, max_length=LINE_MAX)

    def clean_reason(self) -> Reason | None:  # type: ignore[override]
        pick = self.picks.get(self.cleaned_data["reason"])
        return pick.reason if pick else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        outcome = data.get("outcome")
        if outcome == self.NOT_QUALIFIED and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Choose one of the reasons."))
        if outcome == self.QUALIFIED:
            for verdict in self.verdicts:
                if verdict.is_asked and not data.get(f"answer_{verdict.criterion.key}"):
                    self.add_error(f"answer_{verdict.criterion.key}", _("Yes, no or unknown: each is an answer."))
        return data

    @property
    def answers(self) -> dict[Criterion, tuple[str, str]]:
        """The verdicts that were given."""
        given = {}
        for verdict in self.verdicts:
            value = self.cleaned_data.get(f"answer_{verdict.criterion.key}")
            if value:
                given[verdict.criterion] = (value, self.cleaned_data.get(f"evidence_{verdict.criterion.key}", ""))
        return given

    @property
    def asked(self) -> list[tuple[Verdict, forms.BoundField, forms.BoundField]]:
        return [
            (one, self[f"answer_{one.criterion.key}"], self[f"evidence_{one.criterion.key}"]) for one in self.verdicts
        ]
