"""What reps say when they are asked, and what becomes of it: three questions every few weeks, each answer tracked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from content.models.asset import KEEPERS, Asset
from team.models import Role

if TYPE_CHECKING:
    from datetime import date

    from team.models import User

QUESTIONS = 3
# Whom marketing asks: those who work with what it makes.
ASKED = (Role.BDR, Role.AE)


class PulseQuerySet(models.QuerySet["Pulse"]):
    def due(self, *, on: date) -> PulseQuerySet:
        """Those whose next round opens on this day or should have before."""
        return self.filter(retired_at=None, next_on__lte=on)

    def kept_by(self, user: User) -> PulseQuerySet:
        """Those whose questions she may set."""
        return self if any(user.has_role(role) for role in KEEPERS) else self.none()


class Pulse(models.Model):
    """Three questions that reps are asked again and again. What was answered keeps the words it answered."""

    first = models.CharField(max_length=200)
    second = models.CharField(max_length=200)
    third = models.CharField(max_length=200)
    every_weeks = models.PositiveSmallIntegerField(default=4)
    # The row is the schedule: on this day the next round opens.
    next_on = models.DateField()
    # No page, no list and no export says who answered; who it was is kept so that she hears what became of it.
    is_anonymous = models.BooleanField(default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects = PulseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")
        constraints = [
            models.CheckConstraint(
                name="pulse_asks_three_questions", condition=~Q(first="") & ~Q(second="") & ~Q(third="")
            ),
            models.CheckConstraint(
                name="pulse_comes_every_few_weeks", condition=Q(every_weeks__gte=1, every_weeks__lte=52)
            ),
            # Nobody is asked two things at once.
            models.UniqueConstraint(models.Value(1), condition=Q(retired_at=None), name="pulse_one_is_asked"),
        ]

    def __str__(self) -> str:
        return self.first

    @property
    def questions(self) -> list[str]:
        return [self.first, self.second, self.third]


class PulseRound(models.Model):
    """One time the questions are asked, in the words of that day, until the next one opens."""

    pulse = models.ForeignKey(Pulse, models.CASCADE, related_name="rounds")
    opens_on = models.DateField()
    closes_on = models.DateField()
    questions = models.JSONField()
    is_anonymous = models.BooleanField()

    class Meta:
        verbose_name = _("round of a pulse")
        verbose_name_plural = _("rounds of pulses")
        constraints = [
            models.UniqueConstraint(fields=["pulse", "opens_on"], name="pulseround_once_a_day"),
            models.CheckConstraint(
                name="pulseround_closes_after_it_opens", condition=Q(closes_on__gt=models.F("opens_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pulse_id} {self.opens_on}"


class PulseAsked(models.Model):
    """Who is asked in a round: rows of reps who have not answered are what waits for them."""

    round = models.ForeignKey(PulseRound, models.CASCADE, related_name="asked", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    answered_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "user"], name="pulseasked_once_a_round")]
        indexes = [models.Index(fields=["user", "round"], condition=Q(answered_on=None), name="pulseasked_waits")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.round_id}"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def open(self) -> FeedbackQuerySet:
        return self.filter(state__in=Feedback.OPEN_STATES)

    def visible_to(self, user: User) -> FeedbackQuerySet:
        """Keepers and managers read all of it, everybody her own."""
        if any(user.has_role(role) for role in (*KEEPERS, Role.MANAGER)):
            return self
        return self.filter(given_by=user)

    def kept_by(self, user: User) -> FeedbackQuerySet:
        return self if any(user.has_role(role) for role in KEEPERS) else self.none()

    def in_list_order(self) -> FeedbackQuerySet:
        """The newest day first, and of one day as chance has it: rows of one person do not stand together."""
        return self.order_by("-given_on", "public_id")

    def late(self, *, on: date) -> FeedbackQuerySet:
        """Open beyond the day that was promised."""
        return self.open().filter(answer_by__lt=on)

    def unheard_by(self, user: User | int) -> FeedbackQuerySet:
        """What became of what she said, and she has not heard yet."""
        return self.filter(given_by=user, heard_at=None).exclude(state__in=Feedback.OPEN_STATES)


class Feedback(models.Model):
    """One thing a rep said, with who answers for it and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        IN_WORK = "in_work", _("In work")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")

    OPEN_STATES = (State.OPEN, State.IN_WORK)

    # By chance alone: it says neither when something was said, nor what else was said at that moment.
    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    round = models.ForeignKey(PulseRound, models.PROTECT, null=True, related_name="answers")
    # As it was asked; empty where nobody asked.
    question = models.CharField(max_length=200, blank=True, default="")
    text = models.CharField(max_length=1000)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    is_anonymous = models.BooleanField()
    given_on = models.DateField()
    # The talk in which it was said, where one was; by whom it was noted says the talk.
    talk = models.ForeignKey("content.Talk", models.PROTECT, null=True, related_name="feedback")
    # What it is about, where that was said: an asset, or by its public id a lead that who reads this may not see.
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="feedback")
    lead = models.UUIDField(null=True)
    # By when it was promised to say what became of it; empty for what was said before there was a promise.
    answer_by = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=300, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.CheckConstraint(
                name="feedback_state_is_known", condition=Q(state__in=["open", "in_work", "done", "declined"])
            ),
            models.CheckConstraint(name="feedback_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="feedback_closed_says_what_became_of_it",
                condition=Q(state__in=["open", "in_work"], closed_at=None, outcome="")
                | (~Q(state__in=["open", "in_work"]) & Q(closed_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="feedback_in_work_has_an_owner", condition=~Q(state="in_work") | Q(owner__isnull=False)
            ),
            models.CheckConstraint(
                name="feedback_heard_once_it_is_closed", condition=Q(heard_at=None) | Q(closed_at__isnull=False)
            ),
            # Whoever was talked to is known, and no round asked.
            models.CheckConstraint(
                name="feedback_of_a_talk_has_a_name", condition=Q(talk=None) | Q(is_anonymous=False, round=None)
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=Q(state__in=["open", "in_work"]), name="feedback_promised"),
            models.Index(
                fields=["-given_on", "public_id"],
                condition=Q(state__in=["open", "in_work"]),
                name="feedback_open_by_day",
            ),
            models.Index(fields=["given_by", "-given_on", "public_id"], name="feedback_of_giver_by_day"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    def is_late(self, *, on: date) -> bool:
        return self.is_open and self.answer_by is not None and self.answer_by < on
