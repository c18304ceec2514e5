"""People, where they work, how they may be reached and how they may not."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.account import Account, Standing


def called(given: str | None, family: str | None, known_by: str | None) -> str:
    """What somebody is called everywhere: her name, or else her best facts."""
    return f"{given or ''} {family or ''}".strip() or known_by or str(_("Somebody without a name"))


class Person(models.Model):
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    given_name = models.CharField(max_length=100, blank=True, default="")
    family_name = models.CharField(max_length=100, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    # IANA name; empty is unknown, and unknown is shown as unknown.
    time_zone = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    source = models.CharField(max_length=80, blank=True, default="")
    # Her own standing, used while she has no account.
    standing = models.CharField(max_length=16, choices=Standing, default=Standing.PROSPECT)
    custom = models.JSONField(default=dict, blank=True)
    # What she is called who has no name: kept by accounts/designation.py, empty for everybody else.
    known_by = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    erased_at = models.DateTimeField(null=True, blank=True)
    # Until when her mail program said last that she is out of office; empty once she is back before that.
    away_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(name="person_standing_is_known", condition=Q(standing__in=Standing.values)),
            models.CheckConstraint(
                name="person_is_not_merged_into_herself",
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")),
            ),
            models.CheckConstraint(
                name="person_erased_has_no_name",
                condition=Q(erased_at=None) | Q(given_name="", family_name=""),
            ),
        ]
        indexes = [
            models.Index(fields=["family_name", "given_name", "id"], name="person_by_name"),
            models.Index(fields=["id"], condition=Q(erased_at__isnull=False), name="person_erased"),
        ]

    def __str__(self) -> str:
        return called(self.given_name, self.family_name, self.known_by)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class ContactPoint(models.Model):
    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        MOBILE = "mobile", _("Mobile")
        SOCIAL = "social", _("Profile")

    class State(models.TextChoices):
        OK = "ok", _("OK")
        UNVERIFIED = "unverified", _("Unverified")
        WRONG = "wrong", _("Wrong")
        BOUNCED = "bounced", _("Bounced")

    PHONES = (Kind.PHONE, Kind.MOBILE)
    USABLE = (State.OK, State.UNVERIFIED)

    person = models.ForeignKey(Person, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=6, choices=Kind)
    value = models.CharField(max_length=254)
    normalised = models.CharField(max_length=254)
    extension = models.CharField(max_length=12, blank=True, default="")
    is_primary = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OK)
    source = models.CharField(max_length=80, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        ordering = ["kind", "-is_primary", "pk"]
        constraints = [
            models.CheckConstraint(
                name="contactpoint_kind_is_known",
                condition=Q(kind__in=["email", "phone", "mobile", "social"]),
            ),
            models.CheckConstraint(name="contactpoint_has_a_value", condition=~Q(value="") & ~Q(normalised="")),
            # An address is one person's; a phone may be a switchboard.
            models.UniqueConstraint(
                fields=["normalised"], condition=Q(kind="email"), name="contactpoint_one_person_per_email"
            ),
            models.UniqueConstraint(fields=["person", "kind", "normalised"], name="contactpoint_once_per_person"),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(is_primary=True),
                name="contactpoint_one_primary_per_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["normalised"], condition=Q(kind__in=["phone", "mobile"]), name="contactpoint_phone"),
        ]

    def __str__(self) -> str:
        return self.value


class Employment(models.Model):
    """Where somebody works or worked. Leaving ends the row; history keeps the account it happened at."""

    class Role(models.TextChoices):
        DECISION_MAKER = "decision_maker", _("Decision maker")
        CHAMPION = "champion", _("Champion")
        INFLUENCER = "influencer", _("Influencer")
        DOER = "doer", _("Doer")
        UNKNOWN = "unknown", _("Unknown")

    person = models.ForeignKey(Person, models.CASCADE, related_name="employments")
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="employments")
    title = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=14, choices=Role, default=Role.UNKNOWN)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_current=True), name="employment_one_current_per_person"
            ),
            models.CheckConstraint(
                name="employment_current_has_no_end", condition=Q(is_current=False) | Q(until_on=None)
            ),
            models.CheckConstraint(
                name="employment_ends_after_it_begins",
                condition=Q(from_on=None) | Q(until_on=None) | Q(until_on__gte=F("from_on")),
            ),
            models.CheckConstraint(
                name="employment_names_an_account_or_a_title",
                condition=Q(account__isnull=False) | ~Q(title=""),
            ),
            models.CheckConstraint(
                name="employment_role_is_known",
                condition=Q(role__in=["decision_maker", "champion", "influencer", "doer", "unknown"]),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "person"], condition=Q(is_current=True), name="employment_current"),
            # Who does and does not decide, among whom fans are looked for.
            models.Index(fields=["person"], condition=Q(is_current=True, role="doer"), name="employment_of_doers"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.account)


class JobChange(models.Model):
    """Somebody has another employer or title than before. Whoever is above looks when it matters, and notes that."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Another company")
        TITLE = "title", _("Another title")

    person = models.ForeignKey(Person, models.CASCADE, related_name="job_changes", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    # A file says so, and none of us.
    by_file = models.BooleanField(default=False)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change of job")
        verbose_name_plural = _("changes of job")
        constraints = [
            models.CheckConstraint(name="jobchange_kind_is_known", condition=Q(kind__in=["company", "title"])),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(looked_at=None), name="jobchange_to_look_at")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class Suppression(models.Model):
    """Somebody or some address that may not be reached on a channel. The key, a keyed hash, survives erasure."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        ALL = "all", _("Every channel")

    channel = models.CharField(max_length=6, choices=Channel)
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="suppressions")
    key_hash = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.CheckConstraint(
                name="suppression_channel_is_known", condition=Q(channel__in=["email", "phone", "all"])
            ),
            models.CheckConstraint(
                name="suppression_of_a_person_or_a_key",
                condition=Q(person__isnull=False, key_hash="") | (Q(person=None) & ~Q(key_hash="")),
            ),
            models.UniqueConstraint(
                fields=["channel", "person"],
                condition=Q(person__isnull=False),
                name="suppression_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["channel", "key_hash"], condition=~Q(key_hash=""), name="suppression_once_per_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.person_id or self.key_hash[:8]}"
