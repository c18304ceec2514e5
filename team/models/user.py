"""Users, their roles and teams. A user is a login; what she may do is the sum of her memberships."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from team.models.calendar import Absence, Calendar
from team.prepared import Prepared


class Role(models.TextChoices):
    BDR = "bdr", _("BDR")
    AE = "ae", _("account executive")
    MARKETER = "marketer", _("marketer")
    MANAGER = "manager", _("manager")
    ADMIN = "admin", _("admin")


class Team(models.Model):
    name = models.CharField(max_length=80, unique=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="teams")
    # The team whose pool takes what no territory names.
    is_default = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    # Where its leads, members and territories went, and which: so that they can be brought back.
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="succeeds")
    passed_on = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="team_one_is_default"),
            models.CheckConstraint(
                name="team_default_is_not_retired", condition=Q(is_default=False) | Q(retired_at=None)
            ),
            models.CheckConstraint(
                name="team_with_successor_is_retired",
                condition=Q(successor=None) | Q(retired_at__isnull=False) & ~Q(successor=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def merged_into(team: Team) -> list[int]:
    """The team, and every one that was retired into it, or into one of these. One statement."""
    into: dict[int | None, list[int]] = {}
    for pk, successor in Team.objects.filter(successor__isnull=False).values_list("pk", "successor_id"):
        into.setdefault(successor, []).append(pk)
    found = [team.pk]
    for pk in found:
        found += into.get(pk, ())
    return found


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def with_role(self, role: str, team: Team | int | None = None) -> UserQuerySet:
        held = Membership.objects.filter(user=models.OuterRef("pk"), role=role)
        if team is not None:
            held = held.filter(team=team)
        return self.filter(models.Exists(held))

    def present(self, at: datetime) -> UserQuerySet:
        """Active and not away at `at`."""
        return self.active().exclude(models.Exists(Absence.objects.covering(at).filter(user=models.OuterRef("pk"))))

    def newcomers(self) -> UserQuerySet:
        """Who has never signed in: what is given to her nobody sees."""
        return self.filter(last_login=None)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    use_in_migrations = False

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with Django's admin and the role of admin."""
        user = self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})
        Membership.objects.create(user=user, role=Role.ADMIN)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    class Theme(models.TextChoices):
        SYSTEM = "", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    # Empty: the calendar of her first team.
    calendar = models.ForeignKey(Calendar, models.PROTECT, null=True, blank=True, related_name="users")
    # Receives the hand-offs she does not answer in time.
    backup = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="backs_up")
    open_limit = models.PositiveSmallIntegerField(default=40)
    touches_goal = models.PositiveSmallIntegerField(default=60)
    # Of a calendar month, booked and accepted; 0 is no goal.
    meetings_goal = models.PositiveSmallIntegerField(default=0, db_default=0)
    accepted_goal = models.PositiveSmallIntegerField(default=0, db_default=0)
    theme = models.CharField(max_length=5, choices=Theme, blank=True, default="")
    # The key that opens the form of a call hands her number to the telephone too.
    c_dials = models.BooleanField(_("c also dials"), default=False, db_default=False)
    # Only what she promised herself is told while she does something else.
    is_undisturbed = models.BooleanField(_("undisturbed"), default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    # Of somebody who left: what others counted on her for and to whom it went, so that it can come back with her.
    passed_on = models.JSONField(default=dict, db_default={}, blank=True)
    # Of somebody who left: who goes on with her leads, and who with what she sold.
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    ae_successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_one_per_email"),
            models.CheckConstraint(name="user_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="user_with_successor_has_left",
                condition=Q(is_active=False) | Q(successor=None, ae_successor=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @cached_property
    def _held_and_merged(self) -> list[tuple[Any, ...]]:
        """Her memberships, and which teams were retired into which: one query a request."""
        return _HELD.rows(user=self.pk) if self.pk else []

    @cached_property
    def held(self) -> frozenset[tuple[str, int | None]]:
        """(role, team id) of every membership."""
        return frozenset((role, team) for role, team, _into in self._held_and_merged if role)

    @cached_property
    def merged(self) -> dict[int, list[int]]:
        """The teams that were retired, by the one that goes on for them."""
        into: dict[int, list[int]] = {}
        for role, team, successor in self._held_and_merged:
            if not role:
                into.setdefault(successor, []).append(team)
        return into

    def has_role(self, role: str) -> bool:
        return any(held == role for held, _team in self.held)

    def teams_as(self, *roles: str) -> list[int]:
        """Ids of the teams where she holds one of `roles`."""
        return sorted({team for role, team in self.held if role in roles and team is not None})

    def teams_read(self, *roles: str) -> list[int]:
        """The same with every team that was retired into one of these: what was closed there is theirs to read, to take
        back and to decide."""
        found = self.teams_as(*roles)
        for team in found:
            found += (one for one in self.merged.get(team, ()) if one not in found)
        return sorted(found)


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    # Empty only for admin, marketer and AE, who work for every team.
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.CheckConstraint(name="membership_role_is_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_bdr_and_manager_have_a_team",
                condition=Q(team__isnull=False) | Q(role__in=["admin", "marketer", "ae"]),
            ),
            models.UniqueConstraint(fields=["user", "team", "role"], name="membership_once_per_team_and_role"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(team=None), name="membership_once_per_role_without_team"
            ),
        ]
        indexes = [models.Index(fields=["team", "role"], name="membership_team_role")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.team_id or ''}"


def _held(user: int) -> models.QuerySet[Any, Any]:
    nobody = Cast(Value(None), models.BigIntegerField())
    merged = Team.objects.filter(successor__isnull=False).order_by()
    no_role = Value("", output_field=models.CharField())
    mine = Membership.objects.filter(user=user).order_by().values_list("role", "team_id", nobody)
    return mine.union(merged.values_list(no_role, "pk", "successor_id"), all=True)


_HELD = Prepared(_held)


class Territory(models.Model):
    """Leads from here go to this team. Empty parts match everything; the lowest position wins."""

    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.CASCADE, related_name="territories")
    # When set, leads go straight to this rep, who keeps them reserved until their first touch is due.
    bdr = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="territories")
    country = models.CharField(max_length=2, blank=True, default="")
    segment = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=60, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="territory_names_something", condition=~Q(country="") | ~Q(segment="") | ~Q(source="")
            ),
        ]

    def __str__(self) -> str:
        return self.name
