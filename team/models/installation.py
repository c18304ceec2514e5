"""What belongs to the installation as a whole: its choices, its alarm clocks, its files, its memory of forms."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """The one row of choices that hold for the whole company."""

    class Letters(models.TextChoices):
        SOURCE_ARTICLES = "articles", _("Source articles: MQL, SAL when accepted, SQL when qualified")
        BDR_ACCEPTS = (
            "bdr_accepts",
            _("BDR accepts: SAL when a BDR takes the lead, SQL at the agreed meeting"),
        )

    class Gate(models.TextChoices):
        MEETING_AGREED = "a", _("Gate A: the agreed meeting")
        QUALIFIED = "b", _("Gate B: conversation held and judged qualified")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    instance_id = models.UUIDField(default=uuid.uuid4, editable=False)
    company = models.CharField(max_length=120, blank=True, default="")
    letters = models.CharField(max_length=12, choices=Letters, default=Letters.SOURCE_ARTICLES)
    opportunity_gate = models.CharField(max_length=1, choices=Gate, default=Gate.QUALIFIED)
    interest_half_life_days = models.PositiveSmallIntegerField(default=30)
    step_max_days = models.PositiveSmallIntegerField(default=14)
    # How many who sleep at an account a colleague's interest may wake within a month; none, and it wakes nobody.
    colleagues_woken = models.PositiveSmallIntegerField(default=1, db_default=1)
    # Within so many days somebody says what became of what a rep said.
    feedback_days = models.PositiveSmallIntegerField(default=7, db_default=7)
    # Said on every page when the demo team's hours were shifted so that somebody is at work now.
    calendar_shift = models.CharField(max_length=200, blank=True, default="")
    # How much incoming mail waits for one of us, set aside or of people nobody knows: kept by who reads it, said in the
    # rail.
    mail_aside = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installation")
        constraints = [
            models.CheckConstraint(name="installation_is_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="installation_half_life_is_positive", condition=Q(interest_half_life_days__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.company or "Midfield"


class Tick(models.Model):
    """One alarm clock: when it last rang. The due rows are the schedule; losing a ring costs latency only."""

    kind = models.CharField(max_length=40, primary_key=True)
    last_at = models.DateTimeField(null=True)
    worked = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.kind


class FormSubmission(models.Model):
    """A form that was carried out once. Sent again, the first answer is given (R22)."""

    form_id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    answer_url = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["at"], name="formsubmission_at")]

    def __str__(self) -> str:
        return str(self.form_id)


class Upload(models.Model):
    """A file somebody gave us: kept under a name of our own, for a purpose, for so long."""

    class Purpose(models.TextChoices):
        IMPORT = "import", _("import")
        IMPORT_REJECTS = "import_rejects", _("rejected rows")
        ASSET = "asset", _("asset")

    purpose = models.CharField(max_length=20, choices=Purpose)
    file = models.FileField(upload_to="uploads/%Y/%m/")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    at = models.DateTimeField()
    # Null for what is kept as long as something names it: the file of an asset.
    keep_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="upload_purpose_is_known", condition=Q(purpose__in=["import", "import_rejects", "asset"])
            ),
            models.CheckConstraint(
                name="upload_of_people_is_forgotten", condition=Q(purpose="asset") | Q(keep_until__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["keep_until"], name="upload_keep_until")]

    def __str__(self) -> str:
        return self.name


class SettingChange(models.Model):
    """One change of a setting, with the old and the new, so that it can be explained and reverted."""

    class Verb(models.TextChoices):
        ADD = "add", _("added")
        CHANGE = "change", _("changed")
        RETIRE = "retire", _("retired")
        REMOVE = "remove", _("removed")
        ORDER = "order", _("reordered")

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    model = models.CharField(max_length=80)
    object_id = models.CharField(max_length=40)
    # {field: [old, new]}
    changes = models.JSONField(default=dict)
    verb = models.CharField(max_length=8, choices=Verb, default=Verb.CHANGE, db_default=Verb.CHANGE)
    reverts = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="settingchange_verb_is_known",
                condition=Q(verb__in=["add", "change", "retire", "remove", "order"]),
            ),
            models.UniqueConstraint(
                fields=["reverts"], condition=Q(reverts__isnull=False), name="settingchange_reverted_once"
            ),
        ]
        indexes = [
            models.Index(fields=["model", "object_id", "at"], name="settingchange_of_object"),
            models.Index(fields=["model", "-at", "-id"], name="settingchange_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"
