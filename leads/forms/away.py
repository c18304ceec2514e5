"""When somebody is away, and who covers her."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.actions.covering import may_cover
from team.localtime import resolve
from team.models import User
from team.worktime import WorkCalendar, end_of_working_day

# Longer than that nobody is away who comes back to the same leads.
LONGEST_DAYS = 366


class AwayForm(forms.Form):
    """Without days it is for the rest of her day. Days are those of her own calendar."""

    cover = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Who covers"), required=False, empty_label=gettext_lazy("Nobody")
    )
    begins = forms.DateField(
        label=gettext_lazy("First day away"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: from now on."),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day away"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: until the end of the working day."),
    )

    def __init__(self, data: Any = None, *, user: User, calendar: WorkCalendar, at: datetime, **more: Any) -> None:
        super().__init__(data, **more)
        self.calendar, self.at = calendar, at
        self.fields["cover"].queryset = may_cover(user, at=at)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        begins, until = values.get("begins"), values.get("until")
        today = self.at.astimezone(ZoneInfo(self.calendar.time_zone)).date()
        if begins and begins < today:
            self.add_error("begins", _("That day is over."))
        if until and until < max(begins or today, today):
            self.add_error("until", _("It ends before it begins: choose a later day."))
        if until and (until - today).days > LONGEST_DAYS:
            self.add_error("until", _("Choose a day within a year."))
        if begins and begins > today and until is None:
            self.add_error("until", _("Say the last day, too."))
        return values

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when until when; of a day to come all of it."""
        begins, until = self.cleaned_data.get("begins"), self.cleaned_data.get("until")
        starts_at = max(self.at, self._midnight(begins)) if begins else self.at
        ends_at = self._midnight(until + timedelta(days=1)) if until else end_of_working_day(self.calendar, self.at)
        return starts_at, ends_at

    def _midnight(self, day: date) -> datetime:
        return resolve(datetime.combine(day, time()), self.calendar.time_zone)
