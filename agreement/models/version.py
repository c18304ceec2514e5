"""The agreement, versioned: published means immutable. Every lead is judged by the version in force when it came in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q, Subquery
from django.utils.translation import gettext_lazy as _

from agreement.models.codes import Criterion, Reason
from agreement.models.vocabulary import Lane, Phase


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    def published(self) -> AgreementVersionQuerySet:
        return self.filter(state=AgreementVersion.State.PUBLISHED)

    def in_force(self) -> AgreementVersion:
        """The latest published version; the installation publishes version 1, so there always is one."""
        return self.published().order_by("-number")[:1].get()


class AgreementVersion(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    # Empty: published by the installation.
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")
    # Fit is A from this many points, B from that many, else C.
    fit_a_from = models.SmallIntegerField(default=35)
    fit_b_from = models.SmallIntegerField(default=15)
    # Interest is 1 from this many points, 2 from that many, else 3.
    interest_1_from = models.PositiveSmallIntegerField(default=40)
    interest_2_from = models.PositiveSmallIntegerField(default=15)

    objects = AgreementVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement version")
        verbose_name_plural = _("agreement versions")
        constraints = [
            models.CheckConstraint(
                name="agreementversion_published_has_its_moment",
                condition=Q(state="draft", published_at=None) | Q(state="published", published_at__isnull=False),
            ),
            models.CheckConstraint(name="agreementversion_number_from_1", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class ReasonRuleQuerySet(models.QuerySet["ReasonRule"]):
    def under(self, version_id: int) -> ReasonRuleQuerySet:
        """What this version says of each reason. Of one that came later the version in force says it, so that it can
        be given at once, whenever the lead came in."""
        known = ReasonRule.objects.filter(version=version_id).values("reason")
        latest = AgreementVersion.objects.published().order_by("-number").values("pk")[:1]
        return self.filter(Q(version=version_id) | Q(version=Subquery(latest)) & ~Q(reason__in=known))


class ReasonRule(models.Model):
    """What a reason asks for and does, under one version."""

    class Category(models.TextChoices):
        NOT_READY = "not_ready", _("Not ready")
        MID_CONTRACT = "mid_contract", _("Mid-contract")
        NO_AUTHORITY = "no_authority", _("No authority")
        UNRESPONSIVE = "unresponsive", _("Unresponsive")
        WRONG_PERSON = "wrong_person", _("Wrong person")
        LEFT_COMPANY = "left_company", _("Left company")
        LOST_DEAL = "lost_deal", _("Lost deal")
        NONE = "", _("None")

    class Destination(models.TextChoices):
        BDR = "bdr", _("Back to the BDR")
        NURTURE = "nurture", _("Recycle")
        REROUTE = "reroute", _("Reroute")
        CLOSE = "close", _("Close")

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="reason_rules")
    reason = models.ForeignKey(Reason, models.PROTECT, related_name="rules")
    category = models.CharField(max_length=14, choices=Category, blank=True, default="")
    destination = models.CharField(max_length=8, choices=Destination)
    # The reason the lead carries at its destination, where that differs.
    destination_reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+")
    # Wake after so many days when no date is given.
    wake_days = models.PositiveSmallIntegerField(null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Keys of the facts the form asks for.
    facts = models.JSONField(default=list, blank=True)
    second_look = models.BooleanField(default=False)
    # A final loss opens no next pursuit.
    is_final = models.BooleanField(default=False)
    suppresses = models.BooleanField(default=False)

    objects = ReasonRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "reason"], name="reasonrule_once_per_version"),
            models.CheckConstraint(
                name="reasonrule_nurture_has_a_wake",
                condition=~Q(destination="nurture") | Q(wake_days__isnull=False, wake_days__gt=0),
            ),
            models.CheckConstraint(
                name="reasonrule_destination_is_known",
                condition=Q(destination__in=["bdr", "nurture", "reroute", "close"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.reason_id}"


class SLAClause(models.Model):
    """One promise: so many working minutes from its start to what meets it."""

    class Kind(models.TextChoices):
        FIRST_TOUCH = "first_touch", _("First touch")
        RESPONSE = "response", _("Answer to a hand-off")
        OUTCOME = "outcome", _("Outcome of a meeting")
        SECOND_LOOK = "second_look", _("Second look")

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="clauses")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    # Empty: every lane, every tier.
    lane = models.CharField(max_length=12, choices=Lane, blank=True, default="")
    tier = models.CharField(max_length=2, blank=True, default="")
    minutes = models.PositiveIntegerField()
    # Working minutes before the end at which the responsible gets notice; 0 gives none.
    notice_minutes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="slaclause_number_once"),
            models.UniqueConstraint(
                fields=["version", "kind", "lane", "tier"], name="slaclause_once_per_lane_and_tier"
            ),
            models.CheckConstraint(
                name="slaclause_notice_before_the_end",
                condition=Q(minutes__gt=models.F("notice_minutes")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.number}"


class Transition(models.Model):
    """A move this version allows. It may only narrow what `leads.transitions` knows."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="transitions")
    from_phase = models.CharField(max_length=12, choices=Phase, blank=True, default="")
    verb = models.CharField(max_length=24)
    to_phase = models.CharField(max_length=12, choices=Phase)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "from_phase", "verb", "to_phase"], name="transition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.from_phase} {self.verb} {self.to_phase}"


class DefinitionRule(models.Model):
    """When an engagement makes a lead, in which lane. The first that matches decides; none is a no."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="definition_rules")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    min_fit = models.CharField(max_length=1, blank=True, default="")
    min_points = models.PositiveSmallIntegerField(default=0)
    promotes = models.BooleanField(default=True)
    lane = models.CharField(max_length=12, choices=Lane, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="definitionrule_position_once"),
            models.CheckConstraint(
                name="definitionrule_promotion_has_a_lane", condition=Q(promotes=False) | ~Q(lane="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.position}"


class ScoreRule(models.Model):
    """One named part of a score. Fit reads fields of the person and her account, interest reads engagements."""

    class Axis(models.TextChoices):
        FIT = "fit", _("Fit")
        INTEREST = "interest", _("Interest")

    class Operator(models.TextChoices):
        IS = "is", _("is")
        IN = "in", _("is one of")
        BETWEEN = "between", _("is between")
        CONTAINS = "contains", _("contains a word of")

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="score_rules")
    axis = models.CharField(max_length=8, choices=Axis)
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    field = models.CharField(max_length=60)
    operator = models.CharField(max_length=8, choices=Operator)
    value = models.JSONField()
    points = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "axis", "key"], name="scorerule_once_per_axis"),
        ]

    def __str__(self) -> str:
        return self.label


class CriterionRule(models.Model):
    """Which criteria need an answer at the gate of sales; unknown is an answer."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="criterion_rules")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="rules")
    asked_at_qualified = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "criterion"], name="criterionrule_once_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.criterion_id}"


class Signature(models.Model):
    class Side(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        SALES = "sales", _("Sales")

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10, choices=Side)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "side", "user"], name="signature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.side}"
