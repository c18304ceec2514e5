"""When somebody is away, and who covers her."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.actions.changing import MoveRefused
from leads.actions.covering import colleagues_of, must_cover
from leads.actions.unattended import spans_away
from team.localtime import resolve
from team.models import Absence, Membership, Role, Team, User
from team.templatetags.midfield import day_words, until_words
from team.worktime import WorkCalendar, end_of_working_day

# Longer than that nobody is away who comes back to the same leads.
LONGEST_DAYS = 366
# Of who could cover her it is said when they are away within that time.
SOON = timedelta(days=14)


class CoverField(forms.ModelChoiceField):
    """Colleagues, each with what she could not do."""

    bounds: Mapping[int, str] = MappingProxyType({})

    def label_from_instance(self, obj: User) -> str:
        bounds = self.bounds.get(obj.pk)
        return f"{obj} ({bounds})" if bounds else str(obj)


class AwayForm(forms.Form):
    """Without days it is for the rest of her day, or for as long as she is away already. Days are those of her own
    calendar."""

    cover = CoverField(
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

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        calendar: WorkCalendar,
        at: datetime,
        running: Absence | None = None,
        **more: Any,
    ) -> None:
        """`running` is the absence she is in that nobody covers yet."""
        super().__init__(data, **more)
        self.user, self.calendar, self.at, self.running = user, calendar, at, running
        if running:
            words = {"until": until_words(running.ends_at, now=at)}
            self.fields["until"].help_text = _("Empty: until %(until)s, as it stands.") % words
        # Who is away today may be back by then: the days decide, and they may not be typed yet.
        able = colleagues_of(user)
        field = cast("CoverField", self.fields["cover"])
        field.queryset = able
        field.bounds = bounds_words(user, able, starts_at=at, ends_at=at + SOON, at=at)

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
        if not self.errors and values.get("cover"):
            try:
                starts_at, ends_at = self.span
                must_cover(self.user, values["cover"], starts_at=starts_at, ends_at=ends_at)
            except MoveRefused as refused:
                self.add_error("cover", str(refused))
        return values

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when until when; of a day to come all of it."""
        begins, until = self.cleaned_data.get("begins"), self.cleaned_data.get("until")
        starts_at = max(self.at, self._midnight(begins)) if begins else self.at
        if until:
            return starts_at, self._midnight(until + timedelta(days=1))
        # Her working day has no hours left while she is away.
        return starts_at, self.running.ends_at if self.running else end_of_working_day(self.calendar, self.at)

    @property
    def asks_for_cover(self) -> bool:
        """She is away already, and nothing else was said: what is missing is who covers."""
        said = self.cleaned_data
        return self.running is not None and not (said.get("cover") or said.get("begins") or said.get("until"))

    def _midnight(self, day: date) -> datetime:
        return resolve(datetime.combine(day, time()), self.calendar.time_zone)


def bounds_words(
    user: User, covers: Iterable[User], *, starts_at: datetime, ends_at: datetime, at: datetime
) -> dict[int, str]:
    """What each of these would not do if she covered `user` then: where she does not work, and when she is away."""
    hers, sells = set(user.teams_as(Role.BDR)), user.has_role(Role.AE)
    names = dict(Team.objects.filter(pk__in=hers).order_by("name").values_list("pk", "name"))
    covers = list(covers)
    roles = defaultdict(set)
    for cover_id, role, team_id in Membership.objects.filter(user__in=covers).values_list("user", "role", "team"):
        roles[cover_id].add((role, team_id))
    away = spans_away(covers, starts_at=starts_at, ends_at=ends_at)
    found = {}
    for cover in covers:
        theirs = {team_id for role, team_id in roles[cover.pk] if role == Role.BDR} & hers
        bounds = []
        if hers and not theirs:
            bounds.append(_("only for sales"))
        elif theirs != hers:
            teams = ", ".join(name for pk, name in names.items() if pk in theirs)
            bounds.append(_("works in %(teams)s only") % {"teams": teams})
        if sells and Role.AE not in {role for role, _team_id in roles[cover.pk]}:
            bounds.append(_("not for sales"))
        for first, _last in away.get(cover.pk, [])[:1]:
            bounds.append(_("away from %(day)s") % {"day": day_words(first, now=at, midline=True)})
        found[cover.pk] = "; ".join(bounds)
    return found
