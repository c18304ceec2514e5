"""What is kept about records of every kind: own fields, outside names, search text, merges."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.person import Person
from team.postgres import PgGinIndex


class Entity(models.TextChoices):
    PERSON = "person", _("Person")
    ACCOUNT = "account", _("Account")


class CustomField(models.Model):
    """A field of the company's own, kept in the `custom` column of its entity."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("One of a list")

    Entity = Entity

    entity = models.CharField(max_length=8, choices=Entity)
    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    type = models.CharField(max_length=8, choices=Type, default=Type.TEXT)
    choices = models.JSONField(default=list, blank=True)
    filterable = models.BooleanField(default=False)
    # Written during or after the sales contact: it leaks the outcome, so no score may read it.
    not_for_scores = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "key"], name="customfield_key_once_per_entity"),
            models.CheckConstraint(name="customfield_entity_is_known", condition=Q(entity__in=["person", "account"])),
            models.CheckConstraint(
                name="customfield_type_is_known",
                condition=Q(type__in=["text", "number", "date", "boolean", "choice"]),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ExternalId(models.Model):
    """What another system calls a person or an account."""

    entity = models.CharField(max_length=8, choices=Entity)
    source = models.SlugField(max_length=60)
    value = models.CharField(max_length=200)
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="external_ids")
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="external_ids")

    class Meta:
        verbose_name = _("external id")
        verbose_name_plural = _("external ids")
        constraints = [
            models.UniqueConstraint(fields=["entity", "source", "value"], name="externalid_once_per_source"),
            models.CheckConstraint(
                name="externalid_names_its_entity",
                condition=Q(entity="person", person__isnull=False, account=None)
                | Q(entity="account", account__isnull=False, person=None),
            ),
            models.CheckConstraint(name="externalid_is_not_empty", condition=~Q(value="") & ~Q(source="")),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.value}"


class SearchText(models.Model):
    """What a person or an account is found by, folded; off the hot rows, where its index would cost every claim."""

    person = models.OneToOneField(Person, models.CASCADE, null=True, related_name="search_text")
    account = models.OneToOneField(Account, models.CASCADE, null=True, related_name="search_text")
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="searchtext_of_one",
                condition=Q(person__isnull=False, account=None) | Q(person=None, account__isnull=False),
            ),
        ]
        indexes = [PgGinIndex(fields=["text"], name="searchtext_trigram", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.text


class PersonMerge(models.Model):
    """Two rows that were one person. What was moved is kept, so that the merge can be taken back."""

    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    merged = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="personmerge_of_two", condition=~Q(kept=F("merged"))),
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="personmerge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"
