"""What the forms of a lead share: sent once, from a known state; wall time; an end that is known only about."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import Recycling
from leads.waking import CONTRACT_YEARS, WAKE_YEARS, years_on
from team.actions.submitting import new_form_id
from team.localtime import is_zone, resolve
from team.templatetags.midfield import written_day

NOTE_MAX = 20_000
WALL = "%Y-%m-%dT%H:%M"


class _SharedFields(dict[str, forms.Field]):
    """Fields that every form of a class uses, where Django makes a copy of each for each form."""

    def __deepcopy__(self, _memo: Any) -> dict[str, forms.Field]:
        return dict(self)


def with_shared_fields[F: type[forms.Form]](form: F) -> F:
    """For a form that changes none of its fields and is made with every page of a lead or a list: copying them costs
    more than all else about an empty one."""
    form.base_fields = _SharedFields(form.base_fields)
    return form


class LeadForm(forms.Form):
    """A form on the page of a lead: what it is called once, and which state of the lead it was shown with."""

    form_id = forms.CharField(required=False, max_length=40, initial=new_form_id, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # The row below this one in the list she came from.
    after = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput({"data-neighbour": "1"}))
    next = forms.BooleanField(required=False)

    @property
    def sent_version(self) -> int | None:
        """The version a form was sent with, valid or not."""
        value = str(self.data.get("version", ""))
        return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None


class WallTimeField(forms.Field):
    """A moment on somebody's wall: no zone, none guessed."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format=WALL)
    default_error_messages = {
        "invalid": gettext_lazy("Write it as a date and a time."),
        "far": gettext_lazy("That year is out of reach: choose a nearer day."),
    }

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if moment.tzinfo is not None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if not 1970 <= moment.year <= 2200:
            raise forms.ValidationError(self.error_messages["far"], code="far")
        return moment.replace(second=0, microsecond=0)


def wake_day_error(day: date | None, *, today: date) -> str:
    """What is wrong with a day to come back on; empty when nothing is."""
    if day is None or today < day <= years_on(today, WAKE_YEARS):
        return ""
    return _("Choose a day after today, within five years.")


def contract_end_error(day: date | None, *, today: date) -> str:
    """What is wrong with the end of a contract; empty when nothing is."""
    if day is None or years_on(today, -1) <= day <= years_on(today, CONTRACT_YEARS):
        return ""
    return _("Say an end from a year ago to ten years from now, or leave it empty if nobody knows.")


class ZoneField(forms.CharField):
    """The name of a place whose clock is meant."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=64, **more)

    def clean(self, value: Any) -> str:
        name = str(super().clean(value)).strip().replace(" ", "_")
        if name and not is_zone(name):
            raise forms.ValidationError(_("Name a place on their clock, such as Europe/Oslo."), code="zone")
        return name


@dataclass(frozen=True)
class About:
    """A day as well as somebody knows it."""

    day: date | None = None
    precision: str = Recycling.Precision.UNKNOWN


class AboutField(forms.CharField):
    """The end of a contract as people say it: 31 Mar 2027, 31.3.2027, Mar 2027, 2027-03, Q1 2027; nothing if nobody
    knows. Figures that are one day to one reader and another to the next are asked about."""

    default_error_messages = {
        "about": gettext_lazy("Say it like Mar 2027, Q1 2027 or 2027-03-31, or leave it empty if nobody knows."),
        "either": gettext_lazy("Is it %(first)s or %(second)s? Write the month as a word."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=40, required=False, **more)

    def clean(self, value: Any) -> Any:
        text = " ".join(str(super().clean(value)).split())
        if not text:
            return About()
        found = _quarter(text) or _month(text) or _day(text) or self._figures(text)
        if found is None:
            raise forms.ValidationError(self.error_messages["about"], code="about")
        return found

    def _figures(self, text: str) -> About | None:
        """A day in figures alone, the year last. With points the day comes first, as wherever points are written."""
        match = re.fullmatch(r"(\d{1,2})(\. ?|/|-)(\d{1,2})\2((?:19|20)\d\d)", text)
        if not match:
            return None
        first, sign, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
        may_mean = [_day_of(year, second, first), None if sign[0] == "." else _day_of(year, first, second)]
        found = [day for day in may_mean if day]
        if len(set(found)) > 1:
            words = {"first": written_day(found[0]), "second": written_day(found[1])}
            raise forms.ValidationError(self.error_messages["either"], code="either", params=words)
        return About(found[0], Recycling.Precision.DAY) if found else None


def _day_of(year: int, month: int, day: int) -> date | None:
    is_day = year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
    return date(year, month, day) if is_day else None


def _quarter(text: str) -> About | None:
    match = re.fullmatch(r"[qQ]([1-4])[ /-]?((?:19|20)\d\d)|((?:19|20)\d\d)[ /-]?[qQ]([1-4])", text)
    if not match:
        return None
    number, year = int(match[1] or match[4]), int(match[2] or match[3])
    return About(date(year, number * 3, 1), Recycling.Precision.QUARTER)


def _month(text: str) -> About | None:
    if match := re.fullmatch(r"((?:19|20)\d\d)-(\d{1,2})|(\d{1,2})[./]((?:19|20)\d\d)", text):
        year, month = int(match[1] or match[4]), int(match[2] or match[3])
    elif match := re.fullmatch(r"([^\W\d]+)\.? ((?:19|20)\d\d)", text):
        year, month = int(match[2]), _month_named(match[1])
    else:
        return None
    return About(date(year, month, 1), Recycling.Precision.MONTH) if 1 <= month <= 12 else None


def _day(text: str) -> About | None:
    if match := re.fullmatch(r"(\d{1,2})\.? ([^\W\d]+)\.?,? ((?:19|20)\d\d)", text):
        found = _day_of(int(match[3]), _month_named(match[2]), int(match[1]))
    elif match := re.fullmatch(r"([^\W\d]+)\.? (\d{1,2}),? ((?:19|20)\d\d)", text):
        found = _day_of(int(match[3]), _month_named(match[1]), int(match[2]))
    elif match := re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text):
        found = _day_of(int(match[1]), int(match[3]), int(match[4]))
    else:
        return None
    return About(found, Recycling.Precision.DAY) if found else None


def _month_named(name: str) -> int:
    """1 to 12 for the beginning of a month's name, English or the reader's; else 0."""
    given = name.casefold()
    if len(given) < 3:
        return 0
    names = [(number, str(label).casefold()) for number, label in MONTHS.items()]
    names += [(number, calendar.month_name[number].casefold()) for number in range(1, 13)]
    return next((number for number, label in names if label.startswith(given)), 0)


@dataclass(frozen=True)
class Preset:
    """A moment somebody picks instead of typing it; wall time where it stands on her clock."""

    key: str
    label: str
    at: datetime
    local: datetime | None = None
    zone: str = ""

    @property
    def due(self) -> tuple[datetime, str] | datetime:
        return (self.local, self.zone) if self.local else self.at


def presets(*, at: datetime, zone: str, hers: str) -> list[Preset]:
    """Tomorrow, Monday, in three days, each at 9:00 on my clock, and the next 9:00 on hers if it is another."""
    today = at.astimezone(ZoneInfo(zone)).date()
    days = [
        ("tomorrow", _("Tomorrow"), today + timedelta(days=1)),
        ("monday", _("Monday"), today + timedelta(days=7 - today.weekday())),
        ("days3", _("In 3 days"), today + timedelta(days=3)),
    ]
    found = [Preset(key, label, resolve(_nine(day), zone)) for key, label, day in days]
    # On a Sunday tomorrow is Monday, on a Friday Monday is in three days: each moment is offered once.
    found = list({preset.at: preset for preset in reversed(found)}.values())[::-1]
    if hers:
        wall = next_nine(at=at, zone=hers)
        found.append(Preset("hers", _("Their 9:00"), resolve(wall, hers), wall, hers))
    return found


def next_nine(*, at: datetime, zone: str) -> datetime:
    """The next 9:00 of a working day on the wall of that zone."""
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wall = _nine(local.date())
    if wall <= local + timedelta(hours=1):
        wall += timedelta(days=1)
    while wall.weekday() > 4:
        wall += timedelta(days=1)
    return wall


def _nine(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()).replace(hour=9)
