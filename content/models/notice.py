"""What people are told of an asset: who answers for it, that its day has come or that it waits for a decision; who made
it and handed it in, what became of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from content.models.asset import KEEPERS, Asset
from team.models import Membership

if TYPE_CHECKING:
    from team.models import User


class AssetNoticeQuerySet(models.QuerySet["AssetNotice"]):
    def unheard_by(self, user: User) -> AssetNoticeQuerySet:
        """What she has yet to hear; whoever keeps the library no more hears only what became of her own."""
        return self.unheard(user.pk, roles={role for role, _team in user.held})

    def unheard(self, user: int, *, roles: Collection[str]) -> AssetNoticeQuerySet:
        """The same of a user, by key, who holds these roles."""
        rows = self.filter(user=user, heard_at=None)
        return rows if set(roles) & set(KEEPERS) else rows.filter(kind__in=AssetNotice.BECAME)

    def reaching(self) -> AssetNoticeQuerySet:
        """What was heard, and what stands before somebody who keeps the library."""
        return self.filter(Q(heard_at__isnull=False) | keeps_library("user"))


def keeps_library(column: str) -> Exists:
    """Whether the user in this column is here and looks after the library."""
    return Exists(Membership.objects.filter(user=OuterRef(column), user__is_active=True, role__in=KEEPERS))


class AssetNotice(models.Model):
    """Once a day: another day of the same asset is another notice."""

    class Kind(models.TextChoices):
        REVIEW = "review", _("is to be looked at again")
        EXPIRED = "expired", _("has expired")
        WAITS = "waits", _("waits for you to decide")
        TAKEN = "taken", _("is in the library")
        RETIRED = "retired", _("was retired")
        BACK = "back", _("is in the library again")

    # Of one's own that was handed in.
    BECAME = (Kind.TAKEN, Kind.RETIRED, Kind.BACK)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    # The day that the asset said, or on which it happened.
    day = models.DateField()
    at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)

    objects = AssetNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of an asset")
        verbose_name_plural = _("notices of assets")
        constraints = [
            models.CheckConstraint(
                name="assetnotice_kind_is_known",
                condition=Q(kind__in=["review", "expired", "waits", "taken", "retired", "back"]),
            ),
            models.UniqueConstraint(fields=["asset", "kind", "day", "user"], name="assetnotice_once_a_day_it_has"),
        ]
        indexes = [models.Index(fields=["user", "-id"], condition=Q(heard_at=None), name="assetnotice_unheard")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.asset_id}"
