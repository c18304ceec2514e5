"""Until when people are away, as their own mail programs said: each time kept, the newest holds. Erasure takes them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person


class Away(models.Model):
    """Somebody is not there before this moment: the morning of her day of return, by her own clock."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="times_away", db_index=False)
    said_at = models.DateTimeField()
    # The day as she said it, and the moment from which she may be written to.
    back_on = models.DateField()
    until = models.DateTimeField()
    # She was back sooner: she wrote so, or one of us knew it.
    ended_at = models.DateTimeField(null=True)
    # When that was said, however late it was read.
    back_said_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("time away")
        verbose_name_plural = _("times away")
        constraints = [
            models.CheckConstraint(name="away_ends_after_it_was_said", condition=Q(until__gt=F("said_at"))),
            models.CheckConstraint(
                name="away_ended_while_it_lasted",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("said_at"), ended_at__lt=F("until")),
            ),
            models.CheckConstraint(
                name="away_end_was_said_before_it",
                condition=Q(back_said_at=None)
                | Q(ended_at__isnull=False, back_said_at__gte=F("said_at"), back_said_at__lte=F("ended_at")),
            ),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="away_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.back_on}"
