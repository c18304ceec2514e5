"""People: who signs in, what she may in which team, how much she holds; and that she leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, ProtectedError, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreement.models import Phase
from leads.actions.duties import duties_of
from leads.actions.leaving import deactivate_user, must_leave, must_pass_on, pass_on, take_up_user
from leads.models import Lead, LeadEvent
from leads.settings.going_on import touches_of_coming_back, touches_of_leads, touches_of_leaving
from leads.settings.kind import Group, Kind, Names, Row, SettingRefused, Touch, Values, as_refusals, one_at_a_time
from leads.settings.person_forms import WITH_TEAM, LeaveForm, PersonForm, roles_of
from team.actions.people import forget_addresses, give_roles
from team.models import Calendar, Role, SettingChange, Team, Territory, User
from team.templatetags.midfield import day_words

FACTS = ("name", "email", "time_zone", "open_limit", "touches_goal", "meetings_goal", "accepted_goal")
KEYS = ("calendar", "backup")


class People(Kind):
    slug = "people"
    model = User
    form = PersonForm
    retire_form = LeaveForm
    moves_many = ("is_active", "roles")
    keeps_keys: ClassVar = {
        "roles": Team,
        "territories": Territory,
        "calendar": Calendar,
        **dict.fromkeys(("backup", "successor", "ae_successor"), User),
    }
    title = gettext_lazy("People")
    one = gettext_lazy("user")
    about = gettext_lazy(
        "Who signs in, with any number of roles. Whoever leaves passes on what they hold, all of it at once and said "
        "before; whoever loses a role passes on what only that role let them hold."
    )
    fields_template = "leads/settings/_person_fields.html"
    above_template = "leads/settings/_person_like.html"
    revert_words = gettext_lazy("You can revert this at any time; leads stay where they went.")
    reverted_words = gettext_lazy(
        "Reverted. Leads that went to others stay with them. So does what somebody has changed since."
    )
    retire_word = gettext_lazy("Leaves")
    retired_words = gettext_lazy("let %(name)s leave")

    def told_of_revert(self, change: SettingChange) -> str:
        """Leads go to others with an end and with a role that is lost: with nothing else."""
        moves = change.verb != SettingChange.Verb.ADD and not change.changes.keys().isdisjoint(self.moves_many)
        return str(self.reverted_words) if moves else _("Reverted.")

    def told_of_end(self, name: str) -> str:
        return _("%(name)s has left.") % {"name": name}

    def end_words(self, name: str) -> tuple[str, str]:
        return _("%(name)s leaves") % {"name": name}, _("End their login and pass this on")

    def groups(self, *, at: datetime) -> list[Group]:
        held = Lead.objects.filter(Q(phase=Phase.WORKING) | Q(phase=Phase.QUEUED, bdr__isnull=False))
        loads = Counter(dict(held.order_by().values_list("bdr").annotate(n=Count("pk"))))
        teams = {team.pk: team for team in Team.objects.order_by("name")}
        in_teams: dict[int | None, list[Row]] = {pk: [] for pk, team in teams.items() if team.retired_at is None}
        gone = []
        users = User.objects.order_by("name", "pk").select_related("successor").prefetch_related("memberships")
        for user in users:
            memberships = sorted(user.memberships.all(), key=lambda one: one.pk)
            roles = _roles_words([[one.role, one.team_id] for one in memberships], teams)
            if not user.is_active:
                goes_on = _("%(name)s goes on with their leads") % {"name": user.successor} if user.successor else ""
                gone.append(Row(user.pk, user.name, soft=goes_on, is_retired=True))
                continue
            figures = []
            if any(one.role == Role.BDR for one in memberships):
                load = {"held": loads[user.pk], "limit": user.open_limit}
                figures.append((_("holds %(held)d of %(limit)d") % load, ""))
            seen = day_words(user.last_login, now=at, midline=True) if user.last_login else ""
            signed_in = _("signed in %(day)s") % {"day": seen} if seen else _("never signed in")
            figures.append((signed_in, reverse("leads:person_login", args=[user.pk])))
            first = next((one.team_id for one in memberships if one.team_id in in_teams), None)
            row = Row(user.pk, user.name, tuple(figures), soft=roles or _("no role: sees nothing"), may_retire=True)
            in_teams.setdefault(first, []).append(row)
        everywhere = in_teams.pop(None, [])
        groups = [Group(teams[pk].name, rows=rows, add=f"team={pk}") for pk, rows in in_teams.items() if pk]
        groups.append(Group(_("Without a team"), rows=everywhere))
        if gone:
            groups.append(Group(_("Left"), _("history keeps their names"), gone, add=None))
        return groups

    def read(self, pk: int, *, lock: bool = False) -> Values | None:
        if lock:
            one_at_a_time()
        user = User.objects.filter(pk=pk).first()
        if user is None:
            return None
        return {
            "pk": user.pk,
            **{name: getattr(user, name) for name in FACTS},
            **{name: getattr(user, f"{name}_id") for name in KEYS},
            "roles": roles_of(user),
            "territories": list(user.territories.order_by("pk").values_list("pk", flat=True)),
            "is_active": user.is_active,
            "successor": user.successor_id,
            "ae_successor": user.ae_successor_id,
        }

    def write(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> int:
        one_at_a_time()
        self.check(pk, old, new, by=by, at=at)
        facts = {name: new[name] for name in FACTS} | {f"{name}_id": new.get(name) for name in KEYS}
        if pk is None:
            # One that was taken back comes again as herself: history names her by her key.
            pk = User.objects.create_user(password=None, pk=new.get("pk"), **facts).pk
        else:
            User.objects.filter(pk=pk).update(**facts)
        if old and old["email"] != new["email"]:
            forget_addresses(User.objects.get(pk=pk))
        with as_refusals():
            if new.get("is_active", True) is not old.get("is_active", True):
                self._come_or_go(pk, new, by=by, at=at)
            if old.get("roles", []) != new["roles"]:
                user = User.objects.get(pk=pk)
                give_roles(user, [(role, team) for role, team in new["roles"]])
                pass_on(user, by=by, at=at, ae_successor=user.backup)
        if new.get("is_active", True):
            gone, added = _differ(old, new, "territories")
            Territory.objects.filter(pk__in=gone, bdr=pk).update(bdr=None)
            Territory.objects.filter(pk__in=added).update(bdr=pk)
        return pk

    def settled(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> Values:
        """What is reserved for her goes when she leaves, and with the role of its team; it comes back with her, but
        what somebody has given to others since."""
        had = old.get("territories", [])
        if not new.get("is_active", True):
            stay = set(new.get("territories", []))
        elif pk and not old["is_active"]:
            stay = {one.pk for one in duties_of(User.objects.get(pk=pk), at=at).reserved_otherwise}
        elif had and old["roles"] != new["roles"]:
            strange = Territory.objects.filter(pk__in=had).exclude(team__in=_teams_of_bdr(new["roles"]))
            stay = set(strange.values_list("pk", flat=True))
        else:
            return new
        return new | {"territories": [one for one in new.get("territories", []) if one not in stay]}

    def check(self, pk: int | None, old: Values, new: Values, *, by: User, at: datetime) -> None:
        if not new["name"] or not new["email"]:
            raise SettingRefused(_("A user has a name and an e-mail address."))
        if User.objects.filter(email__iexact=new["email"]).exclude(pk=pk or 0).exists():
            raise SettingRefused(_("There is, or was, a user with this address."), "email")
        with as_refusals():
            if pk and old["is_active"] and not new["is_active"]:
                self._check_leaving(pk, new, by=by, at=at)
            if old.get("roles", []) != new["roles"]:
                self._check_roles(pk, old.get("roles", []), new, by=by, at=at)
        if new.get("is_active", True):
            added = Territory.objects.filter(pk__in=_differ(old, new, "territories")[1])
            strange = added.exclude(team__in=_teams_of_bdr(new["roles"])).select_related("team").first()
            if strange:
                words = {"name": strange.name, "team": strange.team}
                raise SettingRefused(_("%(name)s goes to %(team)s, where they are no BDR.") % words, "territories")

    def _check_leaving(self, pk: int, new: Values, *, by: User, at: datetime) -> None:
        user = User.objects.get(pk=pk)
        if pk == by.pk:
            raise SettingRefused(_("You cannot end your own login. Another admin can."))
        _must_leave_an_admin(user, by=by)
        must_leave(user, at=at, **_heirs(new))

    def _check_roles(self, pk: int | None, old: list[list[Any]], new: Values, *, by: User, at: datetime) -> None:
        teams = {team for _role, team in new["roles"] if team}
        gone = Team.objects.filter(pk__in=teams, retired_at__isnull=False).first()
        if gone and not any(team == gone.pk for _role, team in old):
            raise SettingRefused(_("%(team)s is retired.") % {"team": gone})
        if Team.objects.filter(pk__in=teams).count() < len(teams):
            raise SettingRefused(_("A team of these is not there any more."))
        if pk is None:
            return
        user = User.objects.get(pk=pk)
        if _is_admin(old) and not _is_admin(new["roles"]):
            if pk == by.pk:
                raise SettingRefused(_("You cannot take the role of admin away from yourself."))
            _must_leave_an_admin(user, by=by)
        roles = [(role, team) for role, team in new["roles"] if new["is_active"]]
        backup = User.objects.filter(pk=new.get("backup") or 0).first()
        must_pass_on(user, roles=roles, at=at, ae_successor=backup)

    def _come_or_go(self, pk: int, new: Values, *, by: User, at: datetime) -> None:
        user = User.objects.get(pk=pk)
        if new["is_active"]:
            take_up_user(user, at=at)
        else:
            deactivate_user(user, by=by, at=at, **_heirs(new))

    def remove(self, pk: int, *, by: User, at: datetime) -> None:
        user = User.objects.get(pk=pk)
        held = Lead.objects.filter(Q(bdr=pk) | Q(ae=pk) | Q(sourced_by=pk)).exists()
        if user.last_login or held or user.pk == by.pk or LeadEvent.objects.filter(by=pk).exists():
            raise SettingRefused(_("They have worked here already: let them leave instead."))
        try:
            with transaction.atomic():
                user.delete()
        except ProtectedError:
            raise SettingRefused(_("They have worked here already: let them leave instead.")) from None

    def touches(self, pk: int | None, old: Values, new: Values, *, at: datetime) -> list[Touch]:
        if not new.get("is_active", True):
            return touches_of_leaving(User.objects.get(pk=pk), at=at, **_heirs(new))
        found: list[Touch] = []
        if pk and not old.get("is_active", True):
            found += touches_of_coming_back(User.objects.get(pk=pk), at=at)
        elif pk is None:
            found.append(
                Touch(_("They cannot sign in yet"), _("The next page gives them a password or sends them a link."))
            )
        else:
            found += self._touches_of_roles(User.objects.get(pk=pk), old, new)
        if not new["roles"]:
            found.append(Touch(_("Without a role they see nothing"), warns=True))
        if _is_admin(new["roles"]) and not _is_admin(old.get("roles", [])):
            found.append(Touch(_("They may change every setting, also the roles of others"), warns=True))
        taken = Territory.objects.filter(pk__in=_differ(old, new, "territories")[1])
        for one in taken.select_related("bdr", "team"):
            words = {"name": one.name, "rep": one.bdr or one.team}
            found.append(Touch(_("New leads of %(name)s go to them, not to %(rep)s") % words))
        if old and old["open_limit"] > new["open_limit"]:
            count = Lead.objects.held_by(pk).count() if pk else 0
            if count > new["open_limit"]:
                found.append(Touch(_("They hold %(leads)d: they keep them and take no more") % {"leads": count}))
        if old and old["calendar"] != new["calendar"]:
            found.append(Touch(_("Promises that run keep their hours"), _("the next ones go by the new calendar")))
        return found

    def _touches_of_roles(self, user: User, old: Values, new: Values) -> list[Touch]:
        if old["roles"] == new["roles"]:
            return []
        keeps = [team for role, team in new["roles"] if role in WITH_TEAM and team]
        sells = any(role == Role.AE for role, _team in new["roles"])
        # Their deals go to whom she has as backup once this is saved.
        backup = User.objects.filter(pk=new.get("backup") or 0).first()
        found = touches_of_leads(user, ae_successor=backup, keeps=keeps, sells=sells)
        return found or [Touch(_("No lead moves"))]

    def name_of(self, pk: int | None, values: Values) -> str:
        return str(values.get("name") or self.one)

    def label_of(self, name: str) -> str:
        return {"roles": _("Roles"), "is_active": _("Works here")}.get(name) or super().label_of(name)

    def keys_in(self, name: str, value: Any) -> Iterable[int]:
        return [team for _role, team in value if team] if name == "roles" else super().keys_in(name, value)

    def say(self, name: str, value: Any, names: Names) -> str:
        if name == "roles" and value:
            return _roles_words(value, names.get(Team, {}))
        if name == "calendar" and not value:
            return _("that of their first team")
        return super().say(name, value, names)

    def after_adding(self, pk: int) -> str:
        return reverse("leads:person_login", args=[pk])


def _heirs(new: Values) -> dict[str, User | None]:
    """Who goes on with what she leaves, as the actions take them."""
    heirs = User.objects.in_bulk([key for key in (new["successor"], new["ae_successor"]) if key])
    return {name: heirs.get(new[name]) for name in ("successor", "ae_successor")}


def _differ(old: Values, new: Values, name: str) -> tuple[set[int], set[int]]:
    """What is not in this list any more, and what is new in it."""
    before, after = set(old.get(name, [])), set(new.get(name, []))
    return before - after, after - before


def _teams_of_bdr(roles: list[list[Any]]) -> list[int]:
    return [team for role, team in roles if role == Role.BDR]


def _is_admin(roles: list[list[Any]]) -> bool:
    return any(role == Role.ADMIN for role, _team in roles)


def _must_leave_an_admin(user: User, *, by: User) -> None:
    """By who is there now: another admin may have gone since this page was opened."""
    others = User.objects.active().with_role(Role.ADMIN).exclude(pk=user.pk)
    if not others.filter(pk=by.pk).exists():
        raise SettingRefused(_("Only an admin changes settings, and one always stays."))


def _roles_words(roles: list[list[Any]], teams: Mapping[int, Team | str]) -> str:
    """`BDR North, manager North, admin`."""
    said = [f"{Role(role).label} {teams.get(team, '') if team else ''}".strip() for role, team in roles]
    return ", ".join(said)
