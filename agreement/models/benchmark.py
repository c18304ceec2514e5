"""What others wrote about leads that are not ready: it stands beside our own figures, and is no target."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Benchmark(models.Model):
    """A band in percent, and whose figure it is."""

    class Key(models.TextChoices):
        NOT_NURTURED = "not_nurtured", _("Converted of those who were not nurtured")
        NURTURED = "nurtured", _("Converted of those who were nurtured")
        NOT_READY = "not_ready", _("Not ready to buy, of all that came in")
        UNUSED_CONTENT = "unused_content", _("Content that is never used in selling")
        OWN_WORDS = "own_words", _("Messages that sales make themselves")

    key = models.CharField(max_length=14, choices=Key, unique=True)
    low = models.PositiveSmallIntegerField()
    high = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("benchmark")
        verbose_name_plural = _("benchmarks")
        constraints = [
            models.CheckConstraint(
                name="benchmark_key_is_known",
                condition=Q(key__in=["not_nurtured", "nurtured", "not_ready", "unused_content", "own_words"]),
            ),
            # One figure is a band, too.
            models.CheckConstraint(name="benchmark_is_a_band", condition=Q(low__lte=F("high"), high__lte=100)),
        ]

    def __str__(self) -> str:
        return self.get_key_display()
