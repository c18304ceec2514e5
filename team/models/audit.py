"""What a security officer asks for: who signed in, was refused, took data away, changed what others work by.

Rows are written once. Each holds the hash of the one before, so that one that was changed or taken out is found.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """No secrets, no names, no text of anybody: ids, codes and moments."""

    class Verb(models.TextChoices):
        LOGIN = "login", _("signed in")
        LOGIN_FAILED = "login_failed", _("failed to sign in")
        REFUSED = "refused", _("was refused")
        EXPORT = "export", _("exported")
        SETTING = "setting", _("changed a setting")
        REVERT = "revert", _("reverted a setting")
        DEACTIVATED = "deactivated", _("ended a login")
        LET_IN = "let_in", _("made a password")
        FEED_MADE = "feed_made", _("made a calendar address")
        FEED_REVOKED = "feed_revoked", _("revoked a calendar address")
        ERASED = "erased", _("erased a person")

    class ErasedFor(models.TextChoices):
        """Why somebody was erased, as `detail` says it: never in words, which could say who it was."""

        ASKED = "asked", _("They asked for it")
        RETENTION = "retention", _("Kept long enough")
        MISTAKE = "mistake", _("Should never have been kept")
        AGAIN = "again", _("Again, after a restore")

    # From 1 on without a gap.
    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=12, choices=Verb)
    # Empty: nobody who is known. It stays when the user is gone.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    # What it was done to: a model's label or the name of a file, and which.
    about = models.CharField(max_length=80, blank=True, default="")
    about_id = models.CharField(max_length=40, blank=True, default="")
    before = models.CharField(max_length=64, blank=True, default="")
    after = models.CharField(max_length=64, blank=True, default="")
    detail = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    previous = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [
            models.CheckConstraint(
                name="auditentry_verb_is_known",
                condition=Q(
                    verb__in=[
                        "login", "login_failed", "refused", "export", "setting", "revert", "deactivated", "let_in",
                        "feed_made", "feed_revoked", "erased",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="auditentry_first_alone_has_none_before", condition=Q(number=1, previous="") | ~Q(previous="")
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["by", "-number"], name="auditentry_of_user"),
            models.Index(fields=["verb", "-number"], name="auditentry_of_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"

    def sealed(self) -> str:
        """The hash of everything it says, with that of the one before."""
        said = [
            self.number, self.at.astimezone(UTC).isoformat(timespec="microseconds"), self.verb, self.by_id, self.about,
            self.about_id, self.before, self.after, self.detail, self.address, self.request_id, self.previous,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class AuditHead(models.Model):
    """The last entry there is: whoever adds one locks it, and whoever takes the last ones away is found by it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(name="audithead_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.number)
