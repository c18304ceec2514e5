"""What an asset is about, and for whom, when and against what it is made: lasting words that an admin edits."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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


class Label(models.Model):
    """One answer to one of the four questions that a rep asks of an asset. Keys of personas and stages are those by
    which other rooms know people and leads."""

    class Dimension(models.TextChoices):
        PERSONA = "persona", _("For whom")
        STAGE = "stage", _("When")
        NEED = "need", _("What they need")
        OBJECTION = "objection", _("What they object")

    dimension = models.CharField(max_length=10, choices=Dimension)
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["dimension", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="label_dimension_is_known",
                condition=Q(dimension__in=["persona", "stage", "need", "objection"]),
            ),
            models.CheckConstraint(name="label_says_something", condition=~Q(label="")),
            models.UniqueConstraint(fields=["dimension", "key"], name="label_key_once_per_dimension"),
        ]

    def __str__(self) -> str:
        return self.label
