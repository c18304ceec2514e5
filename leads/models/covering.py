"""What was put off because somebody is away and covered: her planned steps wait for her return."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agreement.models import Phase
from leads.models.work import Step
from team.models import Absence


class SlidStepQuerySet(models.QuerySet["SlidStep"]):
    def waiting(self, at: Any) -> SlidStepQuerySet:
        """Whose step is open and stands where it was put, if only behind a meeting. Who is back already is waited for
        no more: what she finds is due at her return."""
        there = Q(step__due_at=F("due_at")) | Q(step__held_from=F("due_at"))
        ahead = Q(absence=None) | Q(absence__ends_at__gt=at)
        worked = Q(step__lead__phase__in=[Phase.QUEUED, Phase.WORKING])
        return self.filter(there & ahead & worked, step__state=Step.State.OPEN)

    def for_nobody(self, at: datetime | Any) -> SlidStepQuerySet:
        """Waits for a return that nobody waits for any more: the absence is gone, or without cover by now, or the lead
        is no more of who is away."""
        uncovered = Q(absence__cover=None) | Q(absence__cover__is_active=False)
        return self.waiting(at).filter(uncovered | ~Q(step__lead__bdr=F("absence__user")))


class SlidStep(models.Model):
    """A planned step that waits for its owner's return: where it stood, and where it was put.

    It goes back when she is back earlier, or when it is hers no more, unless somebody has moved it since.
    """

    # Empty when the absence was deleted: what it had put off must still go back.
    absence = models.ForeignKey(Absence, models.SET_NULL, null=True, related_name="slid")
    step = models.ForeignKey(Step, models.CASCADE, related_name="+")
    was_due_at = models.DateTimeField()
    due_at = models.DateTimeField()

    objects = SlidStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step put off")
        verbose_name_plural = _("steps put off")
        constraints = [
            models.UniqueConstraint(fields=["absence", "step"], name="slidstep_once_per_absence"),
            models.CheckConstraint(name="slidstep_goes_to_a_later_moment", condition=Q(due_at__gt=F("was_due_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.due_at:%Y-%m-%d %H:%M}"
