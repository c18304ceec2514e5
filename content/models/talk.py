"""Talks with reps: with whom, by whom, on which day, and what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from content.models.asset import KEEPERS
from content.models.pulse import ASKED
from team.models import Membership, Role, User

if TYPE_CHECKING:
    from datetime import date

    from team.models.user import UserQuerySet

TEXT_MAX = 4000


def reps_heard_by(user: User) -> UserQuerySet:
    """With whom she may talk for marketing: keepers with every rep, managers with those of their teams, and nobody with
    herself."""
    held = Membership.objects.filter(user=OuterRef("pk"), role__in=ASKED)
    if not _keeps(user):
        held = held.filter(team__in=user.teams_read(Role.MANAGER))
    return User.objects.filter(Exists(held)).exclude(pk=user.pk)


class TalkQuerySet(models.QuerySet["Talk"]):
    def visible_to(self, user: User) -> TalkQuerySet:
        """Keepers read all of them, managers those with reps of their teams, everybody those with her."""
        if _keeps(user):
            return self
        seen = Q(rep=user)
        if user.has_role(Role.MANAGER):
            seen |= Q(rep__in=reps_heard_by(user).values("pk"))
        return self.filter(seen)

    def after(self, day: date, pk: int) -> TalkQuerySet:
        """Those that the list has below this one."""
        return self.filter(held_on__lte=day).exclude(held_on=day, pk__gte=pk)

    def in_list_order(self) -> TalkQuerySet:
        return self.order_by("-held_on", "-pk")


class Talk(models.Model):
    """One talk with a rep. It stays as it was noted: she reads it, and what is to be added is another note."""

    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    held_on = models.DateField()
    text = models.CharField(max_length=TEXT_MAX)
    noted_at = models.DateTimeField()
    # The day of that moment by the clock of the company, as it went then.
    noted_on = models.DateField()

    objects = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = _("talk")
        verbose_name_plural = _("talks")
        constraints = [
            models.CheckConstraint(name="talk_says_something", condition=~Q(text="")),
            models.CheckConstraint(name="talk_is_with_somebody_else", condition=~Q(rep=F("by"))),
            models.CheckConstraint(name="talk_is_noted_once_it_was_held", condition=Q(held_on__lte=F("noted_on"))),
        ]
        indexes = [
            models.Index(fields=["-held_on", "-id"], name="talk_by_day"),
            models.Index(fields=["rep", "-held_on", "-id"], name="talk_of_rep_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.rep_id} {self.held_on}"


def _keeps(user: User) -> bool:
    return any(user.has_role(role) for role in KEEPERS)
