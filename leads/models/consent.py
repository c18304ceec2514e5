"""What somebody agreed to be written, or took back: a row each time she says it, and none is ever changed."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from content.models import Topic


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self) -> ConsentQuerySet:
        """What was given and not taken back since, by a word about the same topic or about all mail."""
        later = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
        same = Q(topic=None) | Q(topic=OuterRef("topic"))
        taken_back = Consent.objects.filter(later, same, person=OuterRef("person"), is_given=False).order_by()
        return self.filter(~Exists(taken_back), is_given=True)

    def of(self, people: Collection[int]) -> ConsentQuerySet:
        """What these said, the newest first; of one moment what was noted last."""
        return self.filter(person__in=people).order_by("-at", "-pk")


class Consent(models.Model):
    class Source(models.TextChoices):
        FORM = "form", _("a form")
        IMPORT = "import", _("an import")
        BY_HAND = "by_hand", _("noted by hand")
        PREFERENCES = "preferences", _("their own page")

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents", db_index=False)
    # Empty: all mail.
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    is_given = models.BooleanField()
    # When she said it, and when it was written down here.
    at = models.DateTimeField()
    noted_at = models.DateTimeField()
    source = models.CharField(max_length=11, choices=Source)
    # In words: what she said and where, the name of the form, the line of the file.
    evidence = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                name="consent_source_is_known", condition=Q(source__in=["form", "import", "by_hand", "preferences"])
            ),
            models.CheckConstraint(
                name="consent_by_hand_says_who_and_why",
                condition=~Q(source="by_hand") | (Q(by__isnull=False) & ~Q(evidence="")),
            ),
            models.CheckConstraint(name="consent_was_said_before_it_was_noted", condition=Q(at__lte=F("noted_at"))),
        ]
        indexes = [models.Index(fields=["person", "-at", "-id"], name="consent_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {'given' if self.is_given else 'withdrawn'} {self.at:%Y-%m-%d}"
