"""What was put off because somebody is away and covered: her planned steps wait for her return."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leads.models.work import Step
from team.models import Absence


class SlidStep(models.Model):
    """A planned step that waits for its owner's return: where it stood, and where it was put.

    It goes back when she is back earlier, unless somebody has moved it since.
    """

    absence = models.ForeignKey(Absence, models.CASCADE, related_name="slid")
    step = models.ForeignKey(Step, models.CASCADE, related_name="+")
    was_due_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("step put off")
        verbose_name_plural = _("steps put off")
        constraints = [
            models.UniqueConstraint(fields=["absence", "step"], name="slidstep_once_per_absence"),
            models.CheckConstraint(name="slidstep_goes_to_a_later_moment", condition=Q(due_at__gt=F("was_due_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.due_at:%Y-%m-%d %H:%M}"
