"""Many leads on their way to one receiver, and how far they are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from team.models import Team


def new_key() -> str:
    return uuid7().hex


class BulkMoveQuerySet(models.QuerySet["BulkMove"]):
    def under_way(self) -> BulkMoveQuerySet:
        return self.filter(ended_at=None)


class BulkMove(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    # The act that all its events belong to.
    key = models.CharField(max_length=32, unique=True, default=new_key)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    # Whose leads they were.
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    # To a rep or an account executive, else to the pool: of another team, else of their own.
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    side = models.CharField(max_length=3, choices=[("bdr", _("BDR")), ("ae", _("Account executive"))])
    to_team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    # The move that this one takes back.
    takes_back = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="taken_back_by")
    # Ids by value, in the order in which they are moved; before `place` they were looked at.
    leads: Any = models.JSONField()
    place = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    # {why: how many}
    stayed: Any = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BulkMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("move of many leads")
        verbose_name_plural = _("moves of many leads")
        constraints = [
            models.CheckConstraint(name="bulkmove_side_is_known", condition=Q(side__in=["bdr", "ae"])),
            models.CheckConstraint(name="bulkmove_moved_what_it_looked_at", condition=Q(moved__lte=F("place"))),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(ended_at=None), name="bulkmove_under_way")]

    def __str__(self) -> str:
        return f"{self.pk} {self.place}"

    @property
    def total(self) -> int:
        return len(self.leads)

    @property
    def stayed_total(self) -> int:
        return sum(self.stayed.values())

    @property
    def percent(self) -> int:
        return 100 * self.place // max(self.total, 1)
