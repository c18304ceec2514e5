"""The two forms of a user: who she is and what she may, and that she leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.db.models import Q
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.actions.leaving import SOLD
from leads.models import Lead
from leads.settings.kind import SettingForm, Values
from team.addresses import read_number
from team.localtime import is_zone
from team.models import Calendar, Membership, Role, Team, Territory, User

MORE, MOST = 2, 20
WITH_TEAM = (Role.BDR, Role.MANAGER)
# What somebody has like a colleague; what is reserved for the colleague only where that was asked.
LIKE = ("time_zone", "calendar", "backup", "open_limit", "touches_goal", "meetings_goal", "accepted_goal")


def roles_of(user: User | int) -> list[list[Any]]:
    """[role, team] as JSON keeps them, in the order they were given."""
    return [list(pair) for pair in Membership.objects.filter(user=user).order_by("pk").values_list("role", "team")]


class PersonForm(SettingForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, help_text=gettext_lazy("They sign in with it.")
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(filter(is_zone, available_timezones()))],
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Calendar"),
        queryset=Calendar.objects.filter(windows__isnull=False).distinct().order_by("name", "pk"),
        required=False,
        empty_label=gettext_lazy("that of their first team"),
    )
    backup = forms.ModelChoiceField(
        label=gettext_lazy("Backup"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy("Gets the hand-offs that they do not answer in time."),
    )
    open_limit = forms.IntegerField(
        label=gettext_lazy("Open leads at most"), min_value=0, max_value=1000, initial=40
    )  # fmt: skip
    touches_goal = forms.IntegerField(
        label=gettext_lazy("Touches a day"), min_value=0, max_value=1000, initial=60,
        help_text=gettext_lazy("Their goal, against which their pace is shown."),
    )  # fmt: skip
    meetings_goal = forms.IntegerField(
        label=gettext_lazy("Meetings booked a month"),
        min_value=0,
        max_value=1000,
        initial=0,
        help_text=gettext_lazy("0 is no goal."),
    )
    accepted_goal = forms.IntegerField(
        label=gettext_lazy("Accepted by sales a month"), min_value=0, max_value=1000, initial=0
    )
    territories = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Territories reserved for them"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, old: Values | None = None, given: Mapping[str, str] | None = None) -> None:
        super().__init__(data, old=old, given=given)
        known: list[list[Any]] = (old or {}).get("roles") or self._proposed(given or {})
        rows = len(known) + MORE
        if self.is_bound:
            filled = [number for number in range(MOST) if self.data.get(f"role_{number}")]
            rows = max(rows, max(filled, default=0) + 1 + MORE)
        self.rows_count = min(rows, MOST)
        held = [team for _role, team in known]
        teams = Team.objects.filter(Q(retired_at=None) | Q(pk__in=[team for team in held if team])).order_by("name")
        choices = [("", _("no team")), *teams.values_list("pk", "name")]
        for number in range(self.rows_count):
            role, team = known[number] if number < len(known) else ("", None)
            place = {"number": number + 1}
            self.fields[f"role_{number}"] = forms.ChoiceField(
                label=_("Role %(number)s") % place,
                initial=role,
                required=False,
                choices=[("", _("none")), *Role.choices],
            )
            self.fields[f"team_{number}"] = forms.TypedChoiceField(
                label=_("Role %(number)s: team") % place,
                initial=team or "",
                required=False,
                coerce=int,
                empty_value=None,
                choices=choices,
            )
        self._offer(old or {})

    def _proposed(self, given: Mapping[str, str]) -> list[list[Any]]:
        """A new user begins in the team she is added to, or with everything that a colleague has."""
        default = Team.objects.filter(is_default=True).select_related("calendar").first()
        self.initial.setdefault("time_zone", default.calendar.time_zone if default else "UTC")
        is_copied = "copy" in given
        if is_copied:
            self.initial.update({name: given[name] for name in ("name", "email") if name in given})
        colleague = User.objects.active().filter(pk=read_number(given.get("like", "")) or 0).first()
        if colleague:
            self.initial.update(forms.models.model_to_dict(colleague, fields=LIKE))
            if given.get("like_territories" if is_copied else "territories"):
                self.initial["territories"] = list(colleague.territories.values_list("pk", flat=True))
            return [[role, team] for role, team in roles_of(colleague) if role != Role.ADMIN]
        team = read_number(given.get("team", ""))
        return [[Role.BDR.value, team]] if team else []

    def _offer(self, old: Values) -> None:
        sellers = User.objects.active().with_role(Role.AE) | User.objects.filter(pk=old.get("backup") or 0)
        backup, territories = self.fields["backup"], self.fields["territories"]
        backup.queryset = sellers.exclude(pk=old.get("pk") or 0).order_by("name", "pk")  # type: ignore[attr-defined]
        rows = Territory.objects.select_related("team", "bdr").order_by("position", "pk")
        self.all_territories = {one.pk: one for one in rows}
        territories.choices = [  # type: ignore[attr-defined]
            (one.pk, _territory_words(one, hers=one.pk in old.get("territories", []))) for one in rows
        ]
        if not territories.choices:  # type: ignore[attr-defined]
            del self.fields["territories"]

    @property
    def role_rows(self) -> list[tuple[int, BoundField, BoundField]]:
        return [(n + 1, self[f"role_{n}"], self[f"team_{n}"]) for n in range(self.rows_count)]

    @property
    def colleagues(self) -> list[tuple[int, str]]:
        """Who a new user can be like."""
        return list(User.objects.active().order_by("name", "pk").values_list("pk", "name"))

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean(self) -> Values:
        cleaned = super().clean() or self.cleaned_data
        roles: list[list[Any]] = []
        for number in range(self.rows_count):
            role, team = cleaned.pop(f"role_{number}", ""), cleaned.pop(f"team_{number}", None)
            if not role:
                continue
            if role in WITH_TEAM and team is None:
                self.add_error(f"team_{number}", _("Say the team in which they are it."))
            elif [role, team] in roles:
                self.add_error(f"role_{number}", _("They have this role already, in the row above."))
            else:
                roles.append([role, team])
        cleaned["roles"] = roles
        cleaned["territories"] = self._reserved(sorted(cleaned.get("territories") or []), roles)
        return cleaned

    def _reserved(self, wanted: list[int], roles: list[list[Any]]) -> list[int]:
        """Those of teams where she is a BDR; what she had goes with its role without being unticked."""
        teams = {team for role, team in roles if role == Role.BDR}
        had = (self.old or {}).get("territories", [])
        kept = [pk for pk in wanted if self.all_territories[pk].team_id in teams]
        strange = next((self.all_territories[pk] for pk in wanted if pk not in kept and pk not in had), None)
        if strange and not self.errors:
            words = {"name": strange.name, "team": strange.team}
            self.add_error("territories", _("%(name)s goes to %(team)s, where they are no BDR.") % words)
        return kept


def _territory_words(one: Territory, *, hers: bool) -> str:
    if one.bdr is None or hers:
        return f"{one.name} ({one.team})"
    return _("%(name)s (%(team)s, now %(rep)s’s)") % {"name": one.name, "team": one.team, "rep": one.bdr}


class LeaveForm(SettingForm):
    successor = forms.ModelChoiceField(
        label=gettext_lazy("Their leads go to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("the pool; with sales or asleep: the manager"),
        help_text=gettext_lazy("A colleague gets the leads of the teams where both work."),
    )
    ae_successor = forms.ModelChoiceField(
        label=gettext_lazy("Their deals go to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("choose an account executive"),
        help_text=gettext_lazy("Hand-offs they have not answered go back to who sent them."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        old = self.old or {}
        pk, roles = old.get("pk") or 0, old.get("roles") or []
        teams = [team for role, team in roles if role in WITH_TEAM]
        others = User.objects.active().exclude(pk=pk).order_by("name", "pk")
        heirs = others.filter(memberships__role__in=WITH_TEAM, memberships__team__in=teams).distinct()
        self.fields["successor"].queryset = heirs  # type: ignore[attr-defined]
        self.fields["ae_successor"].queryset = others.with_role(Role.AE)  # type: ignore[attr-defined]
        self.has_deals = Lead.objects.filter(ae=pk, phase__in=SOLD).exists()
        if not teams and not Lead.objects.open().filter(bdr=pk).exists():
            del self.fields["successor"]
        if not self.has_deals and not any(role == Role.AE for role, _team in roles):
            del self.fields["ae_successor"]

    def clean(self) -> Values:
        cleaned = super().clean() or self.cleaned_data
        if self.old and not self.old["is_active"]:
            raise forms.ValidationError(_("They have left already."))
        if self.has_deals and not cleaned.get("ae_successor"):
            self.add_error("ae_successor", _("Name the account executive who takes the deals."))
        return cleaned

    @property
    def values(self) -> Values:
        return {"successor": None, "ae_successor": None, **super().values, "is_active": False, "territories": []}
