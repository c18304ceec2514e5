"""Lasting identities: labels and order change at once, what they mean is ruled by the version in force."""

from __future__ import annotations

from typing import cast

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agreement.models.vocabulary import Lane, Phase, StepKind


class CodeQuerySet(models.QuerySet):
    def in_use(self) -> CodeQuerySet:
        return self.filter(retired_at=None)


class Code(models.Model):
    """A key for the program, a label for people, an order, and an end that names its successor."""

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    objects = CodeQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="%(class)s_has_a_label", condition=~Q(label="")),
            models.CheckConstraint(
                name="%(class)s_does_not_succeed_itself", condition=Q(successor=None) | ~Q(successor=F("pk"))
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Stage(Code):
    """The admin's columns inside a phase. CLOSED has none."""

    phase = models.CharField(max_length=12, choices=Phase)
    # What enters here; one stage may take several, the order says nothing of it. One that was retired keeps what it
    # had, to have it again when it is taken up.
    is_entry = models.BooleanField(default=False)  # Whatever enters the phase: taken, handed off with a meeting, ...
    is_connected = models.BooleanField(default=False, db_default=False)  # Whom a rep works and has spoken to.
    is_without_meeting = models.BooleanField(default=False, db_default=False)  # What is handed off without a meeting.

    class Meta(Code.Meta):
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = [
            *Code.Meta.constraints,
            models.CheckConstraint(
                name="stage_phase_is_open",
                condition=Q(phase__in=[p.value for p in Phase if p is not Phase.CLOSED]),
            ),
            models.CheckConstraint(
                name="stage_retired_has_a_successor",
                condition=Q(retired_at=None, successor=None) | Q(retired_at__isnull=False, successor__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["phase"], condition=Q(is_entry=True, retired_at=None), name="stage_one_entry_per_phase"
            ),
            models.UniqueConstraint(
                fields=["phase"], condition=Q(is_connected=True, retired_at=None), name="stage_one_connected"
            ),
            models.UniqueConstraint(
                fields=["phase"],
                condition=Q(is_without_meeting=True, retired_at=None),
                name="stage_one_without_meeting",
            ),
            models.CheckConstraint(
                name="stage_connected_is_worked", condition=Q(is_connected=False) | Q(phase="working")
            ),
            models.CheckConstraint(
                name="stage_without_meeting_is_handed_off",
                condition=Q(is_without_meeting=False) | Q(phase="handed_off"),
            ),
        ]


class Reason(Code):
    class Kind(models.TextChoices):
        RECYCLE = "recycle", _("Recycle")
        DISQUALIFY = "disqualify", _("Disqualify")
        REJECT = "reject", _("Reject a hand-off")
        LOSE = "lose", _("Lose a deal")

    kind = models.CharField(max_length=12, choices=Kind)
    # After so many months whoever ended with it is proposed to be forgotten; null: kept. At once, in no version.
    keep_months = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(Code.Meta):
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        constraints = [
            *Code.Meta.constraints,
            models.CheckConstraint(
                name="reason_kind_is_known", condition=Q(kind__in=["recycle", "disqualify", "reject", "lose"])
            ),
            models.CheckConstraint(
                name="reason_that_ends_is_kept_for_months",
                condition=Q(keep_months=None) | Q(keep_months__gte=1, kind__in=["disqualify", "lose"]),
            ),
        ]


def in_use_for[C: Code](code: C) -> C:
    """What stands in its place: itself, or the successor of one that was retired."""
    while code.retired_at and (successor := code.successor):
        # A code is succeeded by one of its own kind.
        code = cast("C", successor)
    return code


class Disposition(Code):
    """What a call came to, and what follows."""

    class Sentiment(models.TextChoices):
        NEUTRAL = "neutral", _("Neutral")
        POSITIVE = "positive", _("Positive")
        NEGATIVE = "negative", _("Negative")

    class Follows(models.TextChoices):
        NEXT_ATTEMPT = "next_attempt", _("The cadence's next attempt")
        CALL_BACK = "call_back", _("A promised call back")
        BOOK_MEETING = "book_meeting", _("Book meeting")
        RECYCLE = "recycle", _("Recycle lead")
        FIND_CONTACT = "find_contact", _("Find a phone or e-mail")
        DISQUALIFY = "disqualify", _("Recycle or disqualify")

    sentiment = models.CharField(max_length=8, choices=Sentiment, default=Sentiment.NEUTRAL)
    follows = models.CharField(max_length=14, choices=Follows)
    is_conversation = models.BooleanField(default=False)
    # The rep also sent an e-mail with it: the attempt counts for both channels.
    with_email = models.BooleanField(default=False)
    # Offered first in the form that follows.
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(Code.Meta):
        verbose_name = _("disposition")
        verbose_name_plural = _("dispositions")


class Criterion(Code):
    """One of Budget, Authority, Need, Timeframe, Motivation, or one of the admin's own."""

    question = models.CharField(max_length=200, blank=True, default="")

    class Meta(Code.Meta):
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")


class Cadence(models.Model):
    """Attempts until there is a conversation. A change is a new number; people under way finish theirs."""

    key = models.SlugField(max_length=40)
    number = models.PositiveIntegerField(default=1)
    label = models.CharField(max_length=80)
    lane = models.CharField(max_length=12, choices=Lane)
    is_current = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("cadence")
        verbose_name_plural = _("cadences")
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="cadence_number_once"),
            models.UniqueConstraint(fields=["lane"], condition=Q(is_current=True), name="cadence_one_current_per_lane"),
            models.CheckConstraint(name="cadence_lane_is_known", condition=Q(lane__in=Lane.values)),
        ]

    def __str__(self) -> str:
        return self.label


class CadenceStep(models.Model):
    """The attempt with this position, so many working days after the first."""

    cadence = models.ForeignKey(Cadence, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    day_offset = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "position"], name="cadencestep_position_once"),
            models.CheckConstraint(name="cadencestep_position_from_1", condition=Q(position__gte=1)),
            models.CheckConstraint(
                name="cadencestep_kind_is_an_attempt",
                condition=Q(kind__in=["call", "email", "call_email", "social"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cadence_id}/{self.position}"
