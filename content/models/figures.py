"""What came of an asset within a year, counted every hour by a room that knows mail and leads: for lists and orders."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from content.models.asset import Asset


class AssetFigures(models.Model):
    """One row an asset of which there is anything to count; nurture/worth.py says what each figure is."""

    asset = models.OneToOneField(Asset, models.CASCADE, primary_key=True, related_name="figures")
    used = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    promoted = models.PositiveIntegerField(default=0)
    as_of = models.DateTimeField()

    # By which of these the library can be put in order.
    NAMES = ("used", "opened", "answered", "met", "promoted")

    class Meta:
        verbose_name = _("figures of an asset")
        verbose_name_plural = _("figures of assets")
        indexes = [
            models.Index(fields=["-used", "-asset"], name="assetfigures_used", condition=Q(used__gt=0)),
            models.Index(fields=["-opened", "-asset"], name="assetfigures_opened", condition=Q(opened__gt=0)),
            models.Index(fields=["-answered", "-asset"], name="assetfigures_answered", condition=Q(answered__gt=0)),
            models.Index(fields=["-met", "-asset"], name="assetfigures_met", condition=Q(met__gt=0)),
            models.Index(fields=["-promoted", "-asset"], name="assetfigures_promoted", condition=Q(promoted__gt=0)),
            # Whose figures are the oldest are counted again first.
            models.Index(fields=["as_of", "asset"], name="assetfigures_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}"
