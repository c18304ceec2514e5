"""A secret address under which somebody's own calendar reads what she has to do at a moment."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CalendarFeed(models.Model):
    """Of the address only its hash is kept: who reads the database reads no calendar. Revoking deletes the row."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    # Names leave with the file to whoever keeps her calendar: only if she says so.
    has_names = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [models.CheckConstraint(name="calendarfeed_keeps_a_hash", condition=~Q(("token_hash", "")))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at:%Y-%m-%d}"


def hash_of(token: str) -> str:
    """A token is drawn with 256 bits: its plain hash tells nobody the address."""
    return hashlib.sha256(token.encode()).hexdigest()
