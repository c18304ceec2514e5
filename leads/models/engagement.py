"""What people did, and what it is worth. Engagements are append-only and hold codes and moments, never words."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Person
from agreement.models import AgreementVersion
from content.models import Asset, Topic


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def standing(self) -> EngagementQuerySet:
        """What was done, without what turned out not to have been a person's, and without what takes that back."""
        return self.filter(~Exists(_taken_back()), reverses=None)

    def with_what_was_taken_back(self) -> EngagementQuerySet:
        """`is_taken_back`: it turned out not to have been a person's."""
        return self.annotate(is_taken_back=Exists(_taken_back()))


def _taken_back() -> models.QuerySet[Engagement]:
    return Engagement.objects.filter(reverses=OuterRef("pk")).order_by()


class Engagement(models.Model):
    class Kind(models.TextChoices):
        ASKED = "asked", _("asked to be contacted")
        DOWNLOADED = "downloaded", _("downloaded")
        REGISTERED = "registered", _("registered")
        ATTENDED = "attended", _("attended")
        READ = "read", _("read")
        CLICKED = "clicked", _("clicked")
        FOLLOWED = "followed", _("followed")
        REPLIED = "replied", _("replied")
        VISITED = "visited", _("visited")
        LISTED = "listed", _("was on a list")

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="engagements", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+", db_index=False)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=60, blank=True, default="")
    points = models.SmallIntegerField(default=0)
    # By value: the engagement this one takes back, the import it came with.
    reverses = models.BigIntegerField(null=True)
    import_id = models.BigIntegerField(null=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        constraints = [
            models.CheckConstraint(
                name="engagement_kind_is_known",
                condition=Q(
                    kind__in=[
                        "asked",
                        "downloaded",
                        "registered",
                        "attended",
                        "read",
                        "clicked",
                        "followed",
                        "replied",
                        "visited",
                        "listed",
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="engagement_of_person"),
            # What was taken back, which is little, is found from what it takes back.
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="engagement_taken_back"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class EngagementKey(models.Model):
    """What an engagement is called at its source; the same thing told twice is one engagement, for ever."""

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    engagement_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="engagementkey_once_per_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"


class InterestQuerySet(models.QuerySet["Interest"]):
    def reckoned_otherwise(self, days: int) -> InterestQuerySet:
        """By another half-life than this one."""
        return self.filter(Q(half_life_days__lt=days) | Q(half_life_days__gt=days))


class Interest(models.Model):
    """Interest of a person: rank = log2(max(points, 1)) + at / half-life, comparable at any later moment."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="interest")
    points = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    rank = models.FloatField()
    # By which it was reckoned: a tick finds those that another one holds for by now.
    half_life_days = models.PositiveSmallIntegerField(default=30, db_default=30)

    objects = InterestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-rank"], name="interest_by_rank"),
            models.Index(fields=["half_life_days"], name="interest_by_half_life"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.points}"


class Verdict(models.Model):
    """The definition's answer to a strong engagement of somebody without an open lead; a no keeps its reason."""

    class Answer(models.TextChoices):
        LEAD = "lead", _("made a lead")
        DEFINITION = "definition", _("the definition says no")
        STANDING = "standing", _("not a prospect")
        OLD = "old", _("old or imported")
        SUPPRESSED = "suppressed", _("do not contact")

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="verdicts")
    # By value: nothing has a foreign key to history.
    engagement_id = models.BigIntegerField()
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+", db_index=False)
    answer = models.CharField(max_length=12, choices=Answer)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="verdict_answer_is_known",
                condition=Q(answer__in=["lead", "definition", "standing", "old", "suppressed"]),
            ),
            models.UniqueConstraint(fields=["engagement_id"], name="verdict_once_per_engagement"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.answer}"
