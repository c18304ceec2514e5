"""What people read, watch and attend. Engagements name an asset and its topic."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Topic(models.Model):
    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class Asset(models.Model):
    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        GUIDE = "guide", _("Guide")
        CASE = "case", _("Case study")
        TEMPLATE = "template", _("Template")
        WEBINAR = "webinar", _("Webinar")
        PAGE = "page", _("Page")
        EVENT = "event", _("Event")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="assets")

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [
            models.CheckConstraint(name="asset_has_a_title", condition=~Q(title="")),
            models.UniqueConstraint(fields=["kind", "title"], name="asset_title_once_per_kind"),
        ]

    def __str__(self) -> str:
        return self.title
