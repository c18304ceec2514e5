"""What one act did to several leads, so that it can be taken back as one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class SharedAct(models.Model):
    class Verb(models.TextChoices):
        TAKE = "take", _("Taken")
        CALL = "call", _("Called")
        SNOOZE = "snooze", _("Snoozed")
        STEP = "step", _("Next step set")
        CADENCE = "cadence", _("Cadence changed")
        RECYCLE = "recycle", _("Recycled")
        RELEASE = "release", _("Given back")
        MOVE = "move", _("Moved")
        REWAKE = "rewake", _("Put to another day")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    # What its events carry.
    key = models.CharField(max_length=32, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=8, choices=Verb)
    # By value: of each lead its id and the last event of this act on it.
    events = models.JSONField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("act on several leads")
        verbose_name_plural = _("acts on several leads")
        constraints = [
            models.CheckConstraint(
                name="sharedact_verb_is_known",
                condition=Q(
                    verb__in=["take", "call", "snooze", "step", "cadence", "recycle", "release", "move", "rewake"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.key}"
