"""What many people under way in a track are to do, while a tick sees to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nurture.models.enrolment import Enrolment, EnrolmentQuerySet
from nurture.models.track import Track, TrackVersion


class TrackMove(models.Model):
    """Everybody under way in a track goes on in this version of it; without one, leaves it. The row is the wish: it is
    there until nobody is left, so that whatever ends a worker, another one goes on, and for some minutes in any case:
    whoever was coming in when it was asked for is seen then.

    There are a handful: nothing here needs an index.
    """

    track = models.OneToOneField(Track, models.CASCADE, primary_key=True, related_name="move")
    version = models.ForeignKey(TrackVersion, models.CASCADE, null=True, related_name="+", db_index=False)
    # Where whoever leaves begins, where that may be; empty: nowhere.
    into = models.ForeignKey(Track, models.CASCADE, null=True, related_name="+", db_index=False)
    # How many were fed when it was asked for: whom a figure calls under way.
    people = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    # The last enrolment that was looked at, in order of their keys; 0: the next ring begins with the first.
    looked_to = models.PositiveBigIntegerField(default=0, db_default=0)
    # By value, the enrolments that could not be done when they were looked at last: a few hundred at most.
    aside = models.JSONField(default=list, db_default=[], blank=True)

    class Meta:
        verbose_name = _("move of everybody in a track")
        verbose_name_plural = _("moves of everybody in a track")
        constraints = [
            models.CheckConstraint(name="trackmove_goes_on_or_leaves", condition=Q(version=None) | Q(into=None)),
            models.CheckConstraint(name="trackmove_into_another", condition=Q(into=None) | ~Q(into=F("track"))),
        ]

    def __str__(self) -> str:
        return f"{self.track_id} {self.version_id or ''}"

    def left(self) -> EnrolmentQuerySet:
        """Whom it is still to do with, also whoever is left without, to compare."""
        versions = TrackVersion.objects.filter(track=self.track_id)
        if self.version is not None:
            versions = versions.filter(number__lt=self.version.number)
        return Enrolment.objects.under_way().filter(version__in=versions.order_by().values("pk"))
