"""The rules of mail of this installation, what a recipient wants of it, and how the mail server does."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from content.models import Topic


class MailRules(models.Model):
    """The one row. All are practice of the field and may be changed; caps are for tracks, not for what a rep writes."""

    # What stopped it.
    BY_HAND, RESTORED = "by_hand", "restored"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # The switch that stops everything that leaves, within one batch (R15).
    is_stopped = models.BooleanField(default=False)
    stopped_because = models.CharField(max_length=10, blank=True, default="")
    # In the words of who stopped it.
    stopped_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    switched_at = models.DateTimeField(null=True, blank=True)
    switched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    most_a_day = models.PositiveSmallIntegerField(default=1)
    most_a_week = models.PositiveSmallIntegerField(default=3)
    # The recipient's own hours in which a track may write.
    opens = models.PositiveSmallIntegerField(default=8)
    closes = models.PositiveSmallIntegerField(default=18)
    on_weekends = models.BooleanField(default=False)
    domain_most_a_minute = models.PositiveSmallIntegerField(default=60)
    # Later than this it waits for her next hours instead of going out in a burst.
    hours_late = models.PositiveSmallIntegerField(default=24)
    # Hours or caps were changed: what is planned follows in order of its key, and this letter was the last that did.
    # Empty: all of it does.
    followed_to = models.PositiveBigIntegerField(null=True, blank=True)

    class ConsentFor(models.TextChoices):
        NONE = "none", _("No mail: whoever has not said no may be written to")
        TRACKS = "tracks", _("What tracks send by themselves")
        ALL = "all", _("All mail, what a rep writes too")

    # Which mail goes only to whom has agreed to it.
    consent_for = models.CharField(max_length=6, choices=ConsentFor, default=ConsentFor.NONE)
    sender_name = models.CharField(max_length=80, blank=True, default="")
    # What the law of many countries asks of a mailing's foot.
    postal_address = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("rules of mail")
        verbose_name_plural = _("rules of mail")
        constraints = [
            models.CheckConstraint(name="mailrules_is_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="mailrules_consent_for_is_known", condition=Q(consent_for__in=["none", "tracks", "all"])
            ),
            models.CheckConstraint(
                name="mailrules_stopped_says_why",
                condition=(Q(is_stopped=True) & ~Q(stopped_because="")) | Q(is_stopped=False, stopped_because=""),
            ),
            models.CheckConstraint(
                name="mailrules_reason_while_stopped", condition=Q(is_stopped=True) | Q(stopped_reason="")
            ),
            models.CheckConstraint(
                name="mailrules_hours_are_a_day", condition=Q(opens__lt=F("closes"), closes__lte=24)
            ),
            models.CheckConstraint(
                name="mailrules_caps_are_positive",
                condition=Q(most_a_day__gte=1, most_a_week__gte=F("most_a_day"), domain_most_a_minute__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(_("rules of mail"))


class Preference(models.Model):
    """What a recipient asked for on her own page. Without a row: everything, at the company's pace."""

    class Pace(models.TextChoices):
        NORMAL = "normal", _("As it comes")
        WEEKLY = "weekly", _("At most once a week")
        MONTHLY = "monthly", _("At most once a month")

    DAYS = {Pace.NORMAL: 0, Pace.WEEKLY: 7, Pace.MONTHLY: 30}

    person = models.OneToOneField(Person, models.CASCADE, related_name="preference")
    pace = models.CharField(max_length=7, choices=Pace, default=Pace.NORMAL)
    paused_until = models.DateTimeField(null=True, blank=True)
    refused = models.ManyToManyField(Topic, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(
                name="preference_pace_is_known", condition=Q(pace__in=["normal", "weekly", "monthly"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.pace}"


class MailServer(models.Model):
    """How a mail server does: after ten failures in a row it is asked once a minute, and nobody waits for it (R11)."""

    host = models.CharField(max_length=253, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    ask_again_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.host
