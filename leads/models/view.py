"""A list that somebody comes back to: a filter of My queue with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from team.models import Team

if TYPE_CHECKING:
    from collections.abc import Sequence

    from team.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def offered_to(self, user: User | int, *, teams: Sequence[int]) -> SavedViewQuerySet:
        """Her own, and what is shared with the teams she works in."""
        return self.filter(Q(user=user) | Q(team__in=teams))

    def changeable_by(self, user: User, *, manages: Sequence[int]) -> SavedViewQuerySet:
        """Her own, and what is shared with a team she manages."""
        return self.filter(Q(user=user) | Q(team__in=manages))


class SavedView(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False)
    # Shared with whoever works in this team; else her own.
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="saved_views", db_index=False)
    name = models.CharField(max_length=40)
    # What the address of the list says, always written the same.
    query = models.CharField(max_length=600)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.CheckConstraint(name="savedview_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="savedview_asks_for_something", condition=~Q(query="")),
            models.UniqueConstraint("user", Lower("name"), condition=Q(team=None), name="savedview_own_name_once"),
            models.UniqueConstraint(
                "team", Lower("name"), condition=Q(team__isnull=False), name="savedview_team_name_once"
            ),
        ]
        indexes = [models.Index(fields=["user"], name="savedview_of_user")]

    def __str__(self) -> str:
        return self.name
