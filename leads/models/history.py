"""What happened. Events and activities are append-only: ids, codes, numbers, moments; words live in notes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Person
from agreement.models import Criterion, Disposition, Phase
from leads.models.lead import Lead


class LeadEvent(models.Model):
    """One line of history: verb, from, to, and what changed as {field: [old, new]}. Folding them gives the lead."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="events", db_index=False)
    verb = models.CharField(max_length=24)
    at = models.DateTimeField()
    # Empty: the system.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    from_phase = models.CharField(max_length=12, choices=Phase, blank=True, default="")
    to_phase = models.CharField(max_length=12, choices=Phase)
    changes = models.JSONField(default=dict)
    # Codes that the sentence of this verb needs: ids and keys, by value.
    data = models.JSONField(default=dict)
    corrects = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(name="leadevent_to_phase_is_known", condition=Q(to_phase__in=Phase.values)),
            models.CheckConstraint(name="leadevent_has_a_verb", condition=~Q(verb="")),
        ]
        indexes = [
            models.Index(fields=["lead", "id"], name="leadevent_of_lead"),
            # Whom somebody took from the pool, and whom she passed over.
            models.Index(
                fields=["by", "at"], condition=Q(verb="claim", data__has_key="ahead"), name="leadevent_chosen"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.verb}"


class Activity(models.Model):
    """What one of us did. An outward one is a touch."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        SOCIAL = "social", _("Social touch")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")

    TOUCHES = (Kind.CALL, Kind.EMAIL, Kind.SOCIAL)

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="activities", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="activities", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities", db_index=False)
    disposition = models.ForeignKey(Disposition, models.PROTECT, null=True, related_name="+", db_index=False)
    is_conversation = models.BooleanField(default=False)
    attempt = models.PositiveSmallIntegerField(null=True)
    # By value: the activity that this row takes back.
    reverses = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.CheckConstraint(
                name="activity_kind_is_known",
                condition=Q(kind__in=["call", "email", "social", "meeting", "note"]),
            ),
            models.CheckConstraint(
                name="activity_disposition_only_of_calls", condition=Q(kind="call") | Q(disposition=None)
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "-at", "-id"], name="activity_of_lead"),
            # What is counted of her days is told from it alone.
            models.Index(fields=["by", "at", "kind", "is_conversation", "reverses"], name="activity_of_user"),
            models.Index(
                fields=["disposition", "at"], condition=Q(disposition__isnull=False), name="activity_of_disposition"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.kind}"


class Note(models.Model):
    """Words about a lead. Erasure blanks them; the history that points here stays."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="notes", db_index=False)
    text = models.TextField(max_length=20000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    # By value: what the words belong to.
    activity_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            models.CheckConstraint(
                name="note_says_something_or_was_erased", condition=~Q(text="") | Q(erased_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["lead", "-at", "-id"], name="note_of_lead")]

    def __str__(self) -> str:
        return self.text[:40]


class Answer(models.Model):
    """What is known about one criterion. The newest counts; unknown is an answer."""

    class Value(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("Unknown")

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="answers", db_index=False)
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+", db_index=False)
    value = models.CharField(max_length=8, choices=Value)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    # By value: the note with the evidence.
    note_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.CheckConstraint(name="answer_value_is_known", condition=Q(value__in=["yes", "no", "unknown"])),
        ]
        indexes = [models.Index(fields=["lead", "criterion", "-id"], name="answer_of_lead")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.criterion_id} {self.value}"
