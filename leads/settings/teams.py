"""Teams: their names and hours, which one takes what no territory names, and which goes on for one that ends."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import Count, ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreement.models import Phase
from leads.actions.reteaming import (
    coming_back,
    give_hours,
    given_by,
    must_come_back,
    must_succeed,
    retire_team,
    take_up_team,
)
from leads.models import Lead, SavedView, SecondLook
from leads.settings.codes import called
from leads.settings.kind import Group, Kind, Row, SettingForm, SettingRefused, Touch, Values, as_refusals, one_at_a_time
from leads.settings.words import leads_words, looks_words, people_words, promises_words
from team.models import Calendar, Membership, Team, Territory, User


class TeamForm(SettingForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Calendar"),
        empty_label=gettext_lazy("choose a calendar"),
        queryset=Calendar.objects.order_by("name", "pk"),
        help_text=gettext_lazy("Its promises are counted in these working hours."),
    )
    default = forms.BooleanField(
        label=gettext_lazy("Default team"),
        required=False,
        help_text=gettext_lazy("Its pool takes what no territory names. One team always is."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.old is None:
            del self.fields["default"]
            return
        is_default = self.old["default"] == self.old["pk"]
        self.initial["default"] = is_default
        # It is another's page that makes another the default.
        self.fields["default"].disabled = is_default

    def clean_default(self) -> int | None:
        old = self.old or {}
        return old["pk"] if self.cleaned_data["default"] else old["default"]


class RetireTeamForm(SettingForm):
    successor = forms.ModelChoiceField(
        label=gettext_lazy("Its leads, people, territories and shared views go to"),
        queryset=Team.objects.none(),
        empty_label=gettext_lazy("choose a team"),
        error_messages={"required": gettext_lazy("Choose the team that goes on with its leads.")},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        others = Team.objects.filter(retired_at=None).exclude(pk=(self.old or {}).get("pk") or 0).order_by("name")
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]

    def clean(self) -> Values:
        cleaned = super().clean() or {}
        if self.old and self.old["default"] == self.old["pk"]:
            raise forms.ValidationError(_("This is the default team: make another the default first."))
        return cleaned


class Teams(Kind):
    slug = "teams"
    model = Team
    form = TeamForm
    retire_form = RetireTeamForm
    title = gettext_lazy("Teams")
    one = gettext_lazy("team")
    moves_many = ("calendar", "successor")
    keeps_keys: ClassVar = {"calendar": Calendar, "default": Team, "successor": Team}
    about = gettext_lazy(
        "A team has people, a calendar and a pool of leads. Managers see their own team only; a retired team hands "
        "everything on to its successor."
    )

    def groups(self, *, at: datetime) -> list[Group]:
        members = _counted(Membership.objects.filter(user__is_active=True, team__isnull=False), "user")
        leads = _counted(Lead.objects.open(), "pk")
        territories = _counted(Territory.objects.all(), "pk")
        in_use, retired = [], []
        for team in Team.objects.select_related("calendar", "successor").order_by("-is_default", "name", "pk"):
            if team.retired_at:
                goes_on = _("%(team)s goes on with what was its") % {"team": team.successor} if team.successor else ""
                retired.append(Row(team.pk, team.name, soft=goes_on, is_retired=True))
                continue
            figures = [(people_words(members[team.pk]), ""), (leads_words(leads[team.pk]), "")]
            if territories[team.pk]:
                figures.append((_territories_words(territories[team.pk]), ""))
            soft = f"{team.calendar} · {_('default team')}" if team.is_default else team.calendar.name
            row = Row(team.pk, team.name, tuple(figures), soft=soft, may_retire=not team.is_default)
            in_use.append(row)
        groups = [Group(rows=in_use)]
        if retired:
            groups.append(Group(_("Retired"), _("history keeps their names"), retired, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        if lock:
            one_at_a_time()
        teams = Team.objects.select_for_update(no_key=True) if lock else Team.objects.all()
        team = teams.filter(pk=pk).first()
        if team is None:
            return None
        default = Team.objects.filter(is_default=True).values_list("pk", flat=True).first()
        return {
            "pk": team.pk,
            "name": team.name,
            "calendar": team.calendar_id,
            "default": default,
            "successor": team.successor_id,
        }

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        one_at_a_time()
        self.check(pk, old, new, by=by, at=at)
        name = called(new["name"])
        if pk is None:
            is_first = not Team.objects.filter(is_default=True).exists()
            return Team.objects.create(pk=new.get("pk"), name=name, calendar_id=new["calendar"], is_default=is_first).pk
        team = Team.objects.get(pk=pk)
        if old["calendar"] != new["calendar"]:
            Team.objects.filter(pk=pk).update(calendar=new["calendar"])
            give_hours(team, old_id=old["calendar"], new_id=new["calendar"], at=at)
        if old["default"] != new["default"]:
            self._make_default(new["default"])
        if old["successor"] != new["successor"]:
            self._succeed(team, new["successor"], at=at)
        if old["name"] != name:
            Team.objects.filter(pk=pk).update(name=name)
        return pk

    def check(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> None:
        if Team.objects.filter(name__iexact=called(new["name"])).exclude(pk=pk or 0).exists():
            raise SettingRefused(_("There is, or was, a team of this name."), "name")
        has_hours = Calendar.objects.filter(pk=new["calendar"], windows__isnull=False)
        if pk and old["calendar"] != new["calendar"] and not has_hours.exists():
            raise SettingRefused(_("This calendar has no working hours."), "calendar")
        if pk and old["default"] != new["default"]:
            _must_be_default(Team.objects.filter(pk=new["default"] or 0).first())
        if pk and old["successor"] != new["successor"]:
            team = Team.objects.select_related("successor").get(pk=pk)
            with as_refusals():
                if new["successor"] is None:
                    must_come_back(team)
                else:
                    must_succeed(team, Team.objects.filter(pk=new["successor"]).first())

    def _make_default(self, pk: int | None) -> None:
        # It may have been retired since it was looked at.
        _must_be_default(Team.objects.select_for_update(no_key=True).filter(pk=pk or 0).first())
        Team.objects.filter(is_default=True).update(is_default=False)
        Team.objects.filter(pk=pk or 0).update(is_default=True)

    def _succeed(self, team: Team, successor_id: int | None, *, at: datetime) -> None:
        with as_refusals():
            if successor_id is None:
                take_up_team(team, at=at)
            else:
                retire_team(team, successor=Team.objects.get(pk=successor_id), at=at)

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        team = Team.objects.get(pk=pk)
        used = (
            Lead.objects.filter(team=team),
            Membership.objects.filter(team=team),
            Territory.objects.filter(team=team),
            Team.objects.filter(successor=team),
        )
        if team.is_default or any(rows.exists() for rows in used):
            raise SettingRefused(_("It is the default team, or has leads, people or territories: retire it instead."))
        if SavedView.objects.filter(team=team).exists():
            raise SettingRefused(_("Saved views are shared with it: retire it instead."))
        try:
            with transaction.atomic():
                team.delete()
        except ProtectedError:
            raise SettingRefused(_("Leads have passed through it already: retire it instead.")) from None

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if pk is None:
            return [Touch(_("No lead moves"), _("Give it people and territories next."))]
        team = Team.objects.get(pk=pk)
        found: list[Touch] = []
        if old.get("successor") != new.get("successor"):
            return self._touches_of_end(team, new.get("successor"))
        if old["calendar"] != new["calendar"]:
            count = given_by(team, old["calendar"]).filter(state="running").count()
            found.append(
                Touch(
                    _("%(promises)s of a first touch counted by the new hours") % {"promises": promises_words(count)},
                    _("what leads brought along from another team keeps its hours"),
                )
            )
            people = User.objects.active().filter(memberships__team=team, calendar=None).distinct().count()
            found.append(Touch(_("%(people)s without a calendar of their own") % {"people": people_words(people)}))
        if old["default"] != new["default"]:
            was = Team.objects.filter(pk=old["default"]).first()
            text = _("What no territory names comes here, not to %(team)s") % {"team": was or _("nobody")}
            found.append(Touch(text, _("leads that are there already stay")))
        if old["name"] != new["name"]:
            count = Lead.objects.open().filter(team=team).count()
            found.append(Touch(_("%(leads)s and their history with the new name") % {"leads": leads_words(count)}))
        return found

    def _touches_of_end(self, team: Team, successor_id: int | None) -> list[Touch]:
        if successor_id is None:
            count = coming_back(team).count()
            found = [
                Touch(_("%(leads)s with its people, territories and shared views") % {"leads": leads_words(count)})
            ]
            kept = SecondLook.objects.filter(pk__in=team.passed_on.get("looks", []), team=team.successor_id)
            if looks := kept.filter(state=SecondLook.State.OPEN).count():
                found.append(Touch(_("%(looks)s to decide in it again") % {"looks": looks_words(looks)}))
            return found
        there = Team.objects.get(pk=successor_id)
        phases = Counter(Lead.objects.open().filter(team=team).values_list("phase", flat=True))
        said = ", ".join(f"{phases[phase]} {phase.label.lower()}" for phase in Phase if phases[phase])
        people = User.objects.active().filter(memberships__team=team).distinct().count()
        found = [
            Touch(
                _("%(leads)s to %(team)s") % {"leads": leads_words(sum(phases.values())), "team": there},
                said and _("%(phases)s; no owner, step or promise changes") % {"phases": said},
            ),
            Touch(_("%(people)s to %(team)s") % {"people": people_words(people), "team": there}),
        ]
        territories = Territory.objects.filter(team=team).count()
        if territories:
            found.append(
                Touch(
                    _("%(territories)s to %(team)s") % {"territories": _territories_words(territories), "team": there}
                )
            )
        if views := SavedView.objects.filter(team=team).count():
            text = ngettext("%(count)d shared view to %(team)s", "%(count)d shared views to %(team)s", views)
            found.append(Touch(text % {"count": views, "team": there}))
        if looks := SecondLook.objects.filter(team=team, state=SecondLook.State.OPEN).count():
            text = _("%(looks)s to decide in %(team)s") % {"looks": looks_words(looks), "team": there}
            found.append(Touch(text, _("by the day they had")))
        if there.calendar_id != team.calendar_id:
            words = {"calendar": there.calendar, "old": team.calendar}
            found.append(
                Touch(
                    _("From now on promises count by “%(calendar)s”") % words,
                    _("those that run keep the hours of “%(old)s”") % words,
                )
            )
        return found


def _counted(rows: Any, of: str) -> Counter[int]:
    return Counter(dict(rows.order_by().values_list("team").annotate(n=Count(of, distinct=True))))


def _territories_words(count: int) -> str:
    return ngettext("%(count)d territory", "%(count)d territories", count) % {"count": count}


def _must_be_default(team: Team | None) -> None:
    if team is None or team.retired_at:
        raise SettingRefused(_("A team that is retired is no default. Choose another."))
