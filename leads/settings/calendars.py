"""Calendars: when a team works. What was promised by the hours is counted again when they change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, ClassVar
from zoneinfo import available_timezones

import holidays
from django import forms
from django.db.models import Count, F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.normalise import country_names
from agreement.models import Phase
from leads.actions.recounting import recount_calendars, would_move
from leads.models import Clock, Lead
from leads.settings.codes import called
from leads.settings.hours import BadHours, Span, hours_words, read_hours, written
from leads.settings.kind import Group, Kind, Names, Row, SettingForm, SettingRefused, Touch, Values
from leads.settings.words import people_words, promises_words
from team.calendars import Calendars, public_holidays, worktime_as_if
from team.localtime import is_zone
from team.models import Calendar, CalendarDay, CalendarWindow, Team, User
from team.worktime import WorkCalendar

WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
SHORT = (
    gettext_lazy("Mon"), gettext_lazy("Tue"), gettext_lazy("Wed"), gettext_lazy("Thu"), gettext_lazy("Fri"),
    gettext_lazy("Sat"), gettext_lazy("Sun"),
)  # fmt: skip
USUAL = "9:00-17:00"
# Empty rows for own days below those there are.
MORE_DAYS = 3
DAYS_MOST = 400
# What changes the moments that were counted.
COUNTED = ("time_zone", "country", "subdivision", "windows", "days")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CalendarForm(SettingForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(filter(is_zone, available_timezones()))],
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"),
        choices=lambda: [("", _("none")), *_countries()],
        required=False,
    )
    subdivision = forms.ChoiceField(label=gettext_lazy("Region"), required=False)

    def __init__(self, data: Any = None, *, old: Values | None = None, **more: Any) -> None:
        kept = old or {"windows": [], "days": []}
        super().__init__(data, old=old, **more)
        country = str(data.get("country", "") if data is not None else kept.get("country", ""))
        regions = _regions(country)
        self.fields["subdivision"].choices = [("", _("the whole country")), *regions]  # type: ignore[attr-defined]
        self.fields["subdivision"].disabled = not regions
        if data is not None and country != kept.get("country") and data.get("subdivision") not in dict(regions):
            # Another country was chosen, and its regions could not be chosen yet.
            self.data = {**data.dict(), "subdivision": ""} if hasattr(data, "dict") else {**data, "subdivision": ""}
        self.weekdays = self._add_weekdays(kept["windows"], is_new=old is None)
        self.own_days = self._add_days(kept["days"])

    def _add_weekdays(self, windows: list[list[int]], *, is_new: bool) -> list[str]:
        spans: dict[int, list[Span]] = defaultdict(list)
        for weekday, opens, closes in windows:
            spans[weekday].append((opens, closes))
        names = []
        for weekday, label in enumerate(WEEKDAYS):
            name = f"hours_{weekday}"
            usual = USUAL if is_new and weekday < 5 else written(spans[weekday])
            self.fields[name] = forms.CharField(label=label, max_length=200, required=False, initial=usual)
            names.append(name)
        return names

    def _add_days(self, days: list[list[Any]]) -> list[tuple[str, str, str]]:
        """A row for every own day, and some that are empty."""
        kept = [
            (day, written([(opens, closes) for _day, _label, opens, closes in rows if opens is not None]), label)
            for (day, label), rows in _by_day(days)
        ]
        sent = sum(name.startswith("day_on_") for name in self.data) if self.is_bound else 0
        rows = []
        for number in range(min(max(len(kept) + MORE_DAYS, sent), DAYS_MOST)):
            day, hours, label = kept[number] if number < len(kept) else (None, "", "")
            names = (f"day_on_{number}", f"day_hours_{number}", f"day_label_{number}")
            row = {"number": number + 1}
            self.fields[names[0]] = forms.DateField(
                label=_("Day %(number)s") % row, required=False, initial=day, widget=DayInput
            )
            self.fields[names[1]] = forms.CharField(
                label=_("Hours of day %(number)s") % row, max_length=200, required=False, initial=hours
            )
            self.fields[names[2]] = forms.CharField(
                label=_("Name of day %(number)s") % row, max_length=80, required=False, initial=label
            )
            rows.append(names)
        return rows

    @property
    def weekday_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.weekdays]

    @property
    def day_fields(self) -> list[tuple[forms.BoundField, ...]]:
        return [tuple(self[name] for name in names) for names in self.own_days]

    @property
    def holidays(self) -> list[tuple[int, list[tuple[date, str]]]]:
        """The public holidays of this year and the next, by what is chosen."""
        country, region = self["country"].value() or "", self["subdivision"].value() or ""
        year = timezone.localdate().year
        return [(one, list(public_holidays(country, region, one).items())) for one in (year, year + 1) if country]

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        windows: list[list[int]] = []
        for weekday, name in enumerate(self.weekdays):
            windows += [[weekday, *span] for span in self._spans(name)]
        if not windows and not self.errors:
            self.add_error(self.weekdays[0], _("A calendar has working hours on at least one weekday."))
        days: list[list[Any]] = []
        seen: set[str] = set()
        for on, hours, label in self.own_days:
            day, name = cleaned.get(on), (cleaned.get(label) or "").strip()
            if day is None:
                if (cleaned.get(hours) or name) and on not in self.errors:
                    self.add_error(on, _("Say which day, or leave the row empty."))
                continue
            if day.isoformat() in seen:
                self.add_error(on, _("This day stands here twice. Write all its hours in one row."))
            seen.add(day.isoformat())
            spans = self._spans(hours)
            days += [[day.isoformat(), name, *span] for span in spans] or [[day.isoformat(), name, None, None]]
        self.windows, self.days = windows, sorted(days, key=_day_key)
        return cleaned

    def _spans(self, name: str) -> list[Span]:
        try:
            return read_hours(self.cleaned_data.get(name) or "")
        except BadHours as bad:
            self.add_error(name, str(bad))
            return []

    @property
    def values(self) -> Values:
        given = {name: self.cleaned_data[name] for name in ("name", "time_zone", "country", "subdivision")}
        return {**given, "windows": self.windows, "days": self.days}


class CalendarsKind(Kind):
    slug = "calendars"
    model = Calendar
    form = CalendarForm
    title = gettext_lazy("Calendars")
    one = gettext_lazy("calendar")
    moves_many = COUNTED
    about = gettext_lazy(
        "Promises are counted in working time. A calendar says when that is: hours of every weekday, public holidays, "
        "and days of your own, which stand above both."
    )
    may_remove = True
    fields_template = "leads/settings/_calendar_fields.html"
    LABELS: ClassVar[dict[str, Any]] = {
        "windows": gettext_lazy("Working hours"),
        "days": gettext_lazy("Own days"),
    }

    def groups(self, *, at: datetime) -> list[Group]:
        users = dict(
            User.objects.active().filter(calendar__isnull=False).values_list("calendar").annotate(n=Count("pk"))
        )
        teams: dict[int, list[str]] = defaultdict(list)
        for calendar_id, name in Team.objects.filter(retired_at=None).order_by("name").values_list("calendar", "name"):
            teams[calendar_id].append(name)
        running: dict[int, int] = dict(
            Clock.objects.running().order_by().values_list("calendar").annotate(n=Count("pk"))
        )
        rows = []
        for one in Calendar.objects.order_by("name", "pk").prefetch_related("windows"):
            windows = [[row.weekday, row.opens, row.closes] for row in one.windows.all()]
            used = [*teams.get(one.pk, []), *([people_words(users[one.pk])] if one.pk in users else [])]
            figures = [(", ".join(used) or _("nobody works by it"), "")]
            if one.pk in running:
                figures.append((promises_words(running[one.pk]), ""))
            rows.append(Row(one.pk, one.name, tuple(figures), soft=f"{windows_words(windows)} · {one.time_zone}"))
        return [Group(rows=rows)]

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        # Not its key: whoever begins a promise by it meanwhile holds that, and a lead we need.
        rows = Calendar.objects.select_for_update(no_key=True) if lock else Calendar.objects.all()
        one = rows.filter(pk=pk).first()
        if one is None:
            return None
        windows = CalendarWindow.objects.filter(calendar=one).values_list("weekday", "opens", "closes")
        days = CalendarDay.objects.filter(calendar=one).values_list("day", "label", "opens", "closes")
        return {
            "pk": one.pk,
            "name": one.name,
            "time_zone": one.time_zone,
            "country": one.country,
            "subdivision": one.subdivision,
            "windows": sorted(map(list, windows)),
            "days": sorted(([day.isoformat(), *more] for day, *more in days), key=_day_key),
        }

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        self.check(pk, old, new, by=by, at=at)
        name = called(new["name"])
        facts = {name: new[name] for name in ("time_zone", "country", "subdivision")}
        if pk is None:
            # One that was removed comes back as itself: history names it by its key.
            pk = Calendar.objects.create(pk=new.get("pk"), name=name, **facts).pk
            self._write_hours(pk, {}, new)
            return pk
        if any(old[part] != new[part] for part in COUNTED):
            Calendar.objects.filter(pk=pk).update(**facts, version=F("version") + 1)
            self._write_hours(pk, old, new)
            recount_calendars([pk], at=at)
        if old["name"] != name:
            Calendar.objects.filter(pk=pk).update(name=name)
        return pk

    def check(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> None:
        if Calendar.objects.filter(name__iexact=called(new["name"])).exclude(pk=pk or 0).exists():
            raise SettingRefused(_("There is a calendar of this name."), "name")
        if not new["windows"]:
            raise SettingRefused(_("A calendar has working hours on at least one weekday."))

    def _write_hours(self, pk: int, old: Values, new: Values) -> None:
        if old.get("windows") != new["windows"]:
            CalendarWindow.objects.filter(calendar=pk).delete()
            CalendarWindow.objects.bulk_create(
                CalendarWindow(calendar_id=pk, weekday=weekday, opens=opens, closes=closes)
                for weekday, opens, closes in new["windows"]
            )
        if old.get("days") != new["days"]:
            CalendarDay.objects.filter(calendar=pk).delete()
            CalendarDay.objects.bulk_create(
                CalendarDay(calendar_id=pk, day=date.fromisoformat(day), label=label, opens=opens, closes=closes)
                for day, label, opens, closes in new["days"]
            )

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        if Team.objects.filter(calendar=pk).exists():
            raise SettingRefused(_("A team works by it, or did: give the team another calendar first."))
        if User.objects.filter(calendar=pk).exists():
            raise SettingRefused(_("Somebody works by it, or did: give them another calendar first."))
        if Clock.objects.filter(calendar=pk).exists():
            raise SettingRefused(_("Promises were counted by it, and their history needs it."))
        Calendar.objects.filter(pk=pk).delete()

    def touches_of_removal(self, pk: int, old: Values, *, at: datetime) -> list[Touch]:
        return self._who(pk)

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("Nobody works by it yet"), _("A team or a person is given it on their own page."))]
        found = self._who(pk)
        if all(old[part] == new[part] for part in COUNTED):
            return [*found, Touch(_("No promise moves"))]
        moved = list(would_move(pk, Calendars(at=at, as_if={pk: _as_if(new, at=at)})))
        later = sum(one.due_at > one.clock.due_at for one in moved)
        missed = sum(one.due_at <= at < one.clock.due_at for one in moved)
        saved = sum(one.clock.due_at <= at < one.due_at for one in moved)
        split = _("%(later)s later, %(earlier)s earlier") % {"later": later, "earlier": len(moved) - later}
        words = {"promises": promises_words(len(moved))}
        if moved:
            text = ngettext("%(promises)s gets another moment", "%(promises)s get another moment", len(moved)) % words
            found.append(Touch(text, split))
        else:
            found.append(Touch(_("No running promise gets another moment")))
        if missed:
            text = ngettext("%(count)d of them would be missed", "%(count)d of them would be missed", missed)
            found.append(Touch(text % {"count": missed}, _("Once recorded, a miss stays, also after a revert.")))
        if saved:
            text = ngettext(
                "%(count)d that is late would be in time", "%(count)d that are late would be in time", saved
            )
            found.append(Touch(text % {"count": saved}))
        pooled = Lead.objects.filter(phase=Phase.QUEUED, team__calendar=pk).count()
        if pooled:
            text = ngettext("%(count)d lead of the pool is put in order anew",
                            "%(count)d leads of the pool are put in order anew", pooled)  # fmt: skip
            found.append(Touch(text % {"count": pooled}))
        found.append(Touch(_("Planned steps stay where they are"), _("New ones keep to the new hours.")))
        return found

    def _who(self, pk: int) -> list[Touch]:
        teams = list(Team.objects.filter(calendar=pk, retired_at=None).order_by("name").values_list("name", flat=True))
        in_teams = User.objects.active().filter(memberships__team__calendar=pk, calendar=None)
        people = User.objects.active().filter(calendar=pk).union(in_teams).count()
        if not people and not teams:
            return [Touch(_("Nobody works by it"))]
        text = ngettext("%(people)s works by it", "%(people)s work by it", people) % {"people": people_words(people)}
        return [Touch(text, ", ".join(teams))]

    def label_of(self, name: str) -> str:
        return str(self.LABELS[name]) if name in self.LABELS else super().label_of(name)

    def say(self, name: str, value: Any, names: Names) -> str:
        if name == "windows" and value:
            return windows_words(value)
        if name == "days" and value:
            return days_words(value)
        if name == "country" and value:
            return country_names().get(value, str(value))
        return super().say(name, value, names)


def windows_words(windows: Iterable[Sequence[int]]) -> str:
    """Mon-Thu 9:00-17:00, Fri 9:00-14:00: days in a row with the same hours together."""
    spans: dict[int, list[Span]] = defaultdict(list)
    for weekday, opens, closes in windows:
        spans[weekday].append((opens, closes))
    said = []
    for hours, group in groupby(range(7), key=lambda weekday: tuple(spans.get(weekday, ()))):
        days = list(group)
        if hours:
            name = str(SHORT[days[0]]) if len(days) == 1 else f"{SHORT[days[0]]}–{SHORT[days[-1]]}"
            said.append(f"{name} {hours_words(hours)}")
    return "; ".join(said) or _("no hours")


def days_words(days: list[list[Any]]) -> str:
    said = []
    for (day, label), rows in _by_day(days):
        spans = [(opens, closes) for _day, _label, opens, closes in rows if opens is not None]
        name = f" ({label})" if label else ""
        said.append(f"{date_format(date.fromisoformat(day), 'j M Y')}{name}: {hours_words(spans) or _('closed')}")
    return "; ".join(said)


def _by_day(days: list[list[Any]]) -> Iterable[tuple[tuple[str, str], Iterable[list[Any]]]]:
    for key, rows in groupby(sorted(days, key=lambda row: (row[0], row[1])), key=lambda row: (row[0], row[1])):
        yield key, list(rows)


def _day_key(row: list[Any]) -> tuple[str, int, str]:
    day, label, opens, _closes = row
    return day, -1 if opens is None else opens, label


def _as_if(values: Values, *, at: datetime) -> WorkCalendar:
    return worktime_as_if(
        time_zone=values["time_zone"],
        country=values["country"],
        subdivision=values["subdivision"],
        windows=[(weekday, opens, closes) for weekday, opens, closes in values["windows"]],
        days=[(date.fromisoformat(day), opens, closes) for day, _label, opens, closes in values["days"]],
        at=at,
    )


def _countries() -> list[tuple[str, str]]:
    """Those whose public holidays are known."""
    known = holidays.list_supported_countries()
    return [(code, name) for code, name in country_names().items() if code in known]


def _regions(country: str) -> list[tuple[str, str]]:
    """The parts of a country with holidays of their own, by name where one is known."""
    if country not in holidays.list_supported_countries():
        return []
    one = holidays.country_holidays(country)
    names: dict[str, str] = {}
    for name, code in getattr(one, "subdivisions_aliases", {}).items():
        names.setdefault(str(code), str(name))
    codes = [code for code in one.subdivisions if len(code) <= 10]
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])
