"""Companies and what we are to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Standing(models.TextChoices):
    """What a company, or a person without one, is to us. Only prospects reach a rep's queue."""

    PROSPECT = "prospect", _("Prospect")
    OPEN_OPPORTUNITY = "open_opportunity", _("Open opportunity")
    CUSTOMER = "customer", _("Customer")
    COMPETITOR = "competitor", _("Competitor")
    DO_NOT_WORK = "do_not_work", _("Do not work")


class Account(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=200)
    standing = models.CharField(max_length=16, choices=Standing, default=Standing.PROSPECT)
    # Hears in the digest when somebody at a customer or an open opportunity shows interest.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="accounts")
    industry = models.CharField(max_length=80, blank=True, default="")
    segment = models.CharField(max_length=60, blank=True, default="")
    employees = models.PositiveIntegerField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    website = models.CharField(max_length=200, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    incumbent = models.CharField(max_length=120, blank=True, default="")
    contract_ends_on = models.DateField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(name="account_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="account_standing_is_known", condition=Q(standing__in=Standing.values)),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="account_by_name"),
            models.Index(fields=["standing"], condition=~Q(standing="prospect"), name="account_not_prospect"),
            models.Index(fields=["segment"], name="account_by_segment"),
        ]

    def __str__(self) -> str:
        return self.name


class AccountDomain(models.Model):
    """An internet domain of one account; people whose address ends in it work there."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [models.CheckConstraint(name="accountdomain_is_not_empty", condition=~Q(domain=""))]

    def __str__(self) -> str:
        return self.domain
