from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leads.renewing import STATES, WINDOWS
from leads.resurrecting import WHATS
from leads.returning import CATEGORIES
from leads.waking import WAKE_YEARS, years_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from team.models import Team, User


# Nobody comes back before or after these.
FIRST_YEAR, LAST_YEAR = 2000, 2200


class ComingBackForm(forms.Form):
    """What the address may ask for."""

    category = forms.ChoiceField(choices=[("", ""), *CATEGORIES], required=False)
    after = forms.CharField(max_length=80, required=False)
    day = forms.DateField(required=False)
    team = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    # A rep by number, or "pool".
    rep = forms.RegexField(r"^(pool|[1-9][0-9]{0,8})$", required=False)

    def clean_day(self) -> date | None:
        """A day at the end of all calendars has no day after it."""
        day: date | None = self.cleaned_data["day"]
        return day if day and FIRST_YEAR <= day.year < LAST_YEAR else None


class WakeOnForm(forms.Form):
    """Another day for a lead that sleeps."""

    wake_on = forms.DateField(label=_("Back on"), widget=forms.DateInput(attrs={"type": "date"}))
    anyway = forms.BooleanField(
        label=_("Change it all the same"), required=False, widget=forms.CheckboxInput({"autofocus": True})
    )
    # Notice can no longer be given then: said, and asked whether it is meant.
    is_late = False


class MonthForm(forms.Form):
    """Which month of whom a calendar shows; without one, or for nonsense, the next weeks of the whole team."""

    month = forms.RegexField(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", required=False)
    rep = forms.ChoiceField(label=_("Rep"), required=False)

    def __init__(self, *args: Any, reps: Sequence[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rep"]
        field.choices = [("", gettext("Whole team")), *((str(rep.pk), rep.name) for rep in reps)]  # type: ignore[attr-defined]

    def read(self, today: date) -> tuple[date | None, int | None]:
        """The first day of the month, and the rep."""
        self.is_valid()
        asked, rep = self.cleaned_data.get("month"), self.cleaned_data.get("rep")
        month = date.fromisoformat(f"{asked}-01") if asked else None
        if month and abs(month.year - today.year) > WAKE_YEARS:
            month = None
        return month, int(rep) if rep and re.fullmatch("[0-9]+", rep) else None


class DaysForm(forms.Form):
    """Days that are spread, or with `to` one that is moved."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    to = forms.DateField(label=_("Move to"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    # Whether a day is moved, also where it is not said yet whereto.
    one_day = forms.BooleanField(required=False)

    def __init__(self, *args: Any, team: Team, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team, self.today = team, today
        if self.data.get("one_day") or self.data.get("to"):
            self.fields["first"].label = gettext("Everybody of")

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        first, last, to = asked.get("first"), asked.get("last"), asked.get("to")
        latest = years_on(self.today, WAKE_YEARS)
        for name, day in (("first", first), ("last", last), ("to", to)):
            if day and not self.today < day <= latest:
                self.add_error(name, gettext("Choose a day after today, within five years."))
        if first and last and not 0 <= (last - first).days <= MOST_DAYS:
            self.add_error("last", gettext("Choose a day not before the first, and within three months of it."))
        if first and to and to == first:
            self.add_error("to", gettext("Choose another day."))
        # Whoever opens the form has said no day yet; whoever sends it without one left it out.
        if asked.get("one_day") and "to" in self.data and not to and "to" not in self.errors:
            self.add_error("to", gettext("Choose the day on which they are to come back."))
        return asked

    @property
    def is_of_one_day(self) -> bool:
        return bool(self.cleaned_data.get("one_day") or self.data.get("to"))


class RenewalsForm(forms.Form):
    """Which figure of the radar is opened; nonsense opens the widest window."""

    within = forms.ChoiceField(choices=[(str(days), days) for days in WINDOWS] + [("past", "")], required=False)
    state = forms.ChoiceField(choices=[("", ""), *STATES.items()], required=False)

    def read(self) -> tuple[int | None, str]:
        self.is_valid()
        within = self.cleaned_data.get("within") or str(WINDOWS[-1])
        return None if within == "past" else int(within), self.cleaned_data.get("state", "")


class LivesForm(MonthForm):
    """A month, and which figure of it is opened."""

    by = forms.RegexField(r"^[0-9]{1,9}$", required=False)
    what = forms.ChoiceField(choices=[("", ""), ("dead", ""), *WHATS.items()], required=False)

    def read(self, today: date) -> tuple[date, int | None, str]:  # type: ignore[override]
        month, _rep = super().read(today)
        by = self.cleaned_data.get("by")
        return month or today.replace(day=1), int(by) if by else None, self.cleaned_data.get("what", "")


# As far as a quarter is looked over at once.
MOST_DAYS = 92
