"""What name servers last said of the domain that our mail comes from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SenderCheck(models.Model):
    """The one row, written anew each time somebody asks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    domain = models.CharField(max_length=253)
    # The name under which the mail server's key is published; empty while nobody has said it.
    selector = models.CharField(max_length=63, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # [{"key", "name", "code", "found"}]
    findings = models.JSONField(default=list)

    class Meta:
        verbose_name = _("check of the sender")
        verbose_name_plural = _("checks of the sender")
        constraints = [models.CheckConstraint(name="sendercheck_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.domain} {self.at:%Y-%m-%d}"
