"""What the library lacks: who asked for it, for which lead and by when, what became of it, and who has heard so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from content.models.asset import KEEPERS, Asset
from content.models.topic import Label, Topic

if TYPE_CHECKING:
    from team.models import User


class ContentRequestQuerySet(models.QuerySet["ContentRequest"]):
    def visible_to(self, user: User) -> ContentRequestQuerySet:
        """Everybody who works here sees what is asked for; for which lead is said by a page that knows leads."""
        return self if user.held else self.none()

    def kept_by(self, user: User) -> ContentRequestQuerySet:
        """What she may accept, take on, answer and decline."""
        return self if any(user.has_role(role) for role in KEEPERS) else self.none()

    def open(self) -> ContentRequestQuerySet:
        """Neither answered nor declined: this is the backlog."""
        return self.filter(state__in=ContentRequest.OPEN_STATES)

    def asked_by(self, user: User) -> ContentRequestQuerySet:
        return self.filter(pk__in=RequestVoice.objects.filter(user=user).values("request"))

    def marked(self, labels: Iterable[int]) -> ContentRequestQuerySet:
        """Those that bear every one of these labels."""
        rows = self
        for pk in labels:
            rows = rows.filter(pk__in=ContentRequest.labels.through.objects.filter(label=pk).values("contentrequest"))
        return rows

    def unmarked(self, dimension: str) -> ContentRequestQuerySet:
        """Those that bear no label of this dimension; one that was retired says nothing any more."""
        marked = ContentRequest.labels.through.objects.filter(label__dimension=dimension, label__retired_at=None)
        return self.exclude(pk__in=marked.values("contentrequest"))


class ContentRequest(models.Model):
    """Something that somebody of ours needs and the library has not."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        IN_WORK = "in_work", _("In work")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")
        JOINED = "joined", _("Joined to another")

    OPEN_STATES = (State.OPEN, State.ACCEPTED, State.IN_WORK)

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    need = models.CharField(max_length=500)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="requests")
    # For whom, when, against what: at most one of each dimension.
    labels = models.ManyToManyField(Label, blank=True, related_name="requests")
    # Null where nobody waits for a day.
    needed_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    # By value, the day it was then for the company; null of what was asked before that was kept.
    asked_on = models.DateField(null=True, blank=True)
    # Who makes it; null until somebody said so.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # When it was answered, declined or joined.
    closed_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=300, blank=True, default="", db_default="")
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="answers")
    joined_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="joined")

    objects = ContentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        constraints = [
            models.CheckConstraint(
                name="contentrequest_state_is_known",
                condition=Q(state__in=["open", "accepted", "in_work", "done", "declined", "joined"]),
            ),
            models.CheckConstraint(name="contentrequest_says_what_is_needed", condition=~Q(need="")),
            models.CheckConstraint(
                name="contentrequest_needed_on_a_day_to_come",
                condition=Q(needed_on=None) | Q(asked_on=None) | Q(needed_on__gte=models.F("asked_on")),
            ),
            models.CheckConstraint(
                name="contentrequest_closed_has_a_moment",
                condition=Q(state__in=["open", "accepted", "in_work"], closed_at=None)
                | (~Q(state__in=["open", "accepted", "in_work"]) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="contentrequest_in_work_has_an_owner", condition=~Q(state="in_work") | Q(owner__isnull=False)
            ),
            models.CheckConstraint(
                name="contentrequest_done_by_an_asset",
                condition=Q(state="done", asset__isnull=False) | (~Q(state="done") & Q(asset=None)),
            ),
            models.CheckConstraint(
                name="contentrequest_declined_for_a_reason",
                condition=(Q(state="declined") & ~Q(because="")) | (~Q(state="declined") & Q(because="")),
            ),
            models.CheckConstraint(
                name="contentrequest_joined_to_another",
                condition=(Q(state="joined", joined_to__isnull=False) & ~Q(joined_to=models.F("id")))
                | (~Q(state="joined") & Q(joined_to=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(state__in=["open", "accepted", "in_work"]), name="contentrequest_backlog"
            ),
            models.Index(fields=["-closed_at", "-id"], name="contentrequest_closed"),
        ]

    def __str__(self) -> str:
        return self.need

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    def is_kept_by(self, user: User) -> bool:
        """The same as the QuerySet of this name, of one that was read."""
        return any(user.has_role(role) for role in KEEPERS)


class RequestVoice(models.Model):
    """One of us needs it, too: once a request and lead, which is kept by value; without a lead once a request."""

    request = models.ForeignKey(ContentRequest, models.CASCADE, related_name="voices", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The key of a lead, which this room does not know.
    lead = models.BigIntegerField(null=True, blank=True)
    # What the lead is worth as she sees it, in minor units; null and empty where she did not say.
    worth = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    # Whether whoever the lead is of is pursued now: the room of leads writes it down (leads/actions/requests.py).
    is_pursued = models.BooleanField(default=True, db_default=True)

    class Meta:
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "user"], condition=Q(lead=None), name="requestvoice_once_per_user"
            ),
            models.UniqueConstraint(
                fields=["request", "user", "lead"],
                condition=Q(lead__isnull=False),
                name="requestvoice_once_per_user_and_lead",
            ),
            models.CheckConstraint(
                name="requestvoice_worth_has_a_currency",
                condition=Q(worth=None, currency="") | (Q(worth__gte=0) & ~Q(currency="")),
            ),
            models.CheckConstraint(
                name="requestvoice_of_no_lead_loses_none", condition=Q(is_pursued=True) | Q(lead__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["lead"], condition=Q(lead__isnull=False), name="requestvoice_of_lead")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.request_id}"


class RequestChange(models.Model):
    """One thing that became of a request. Only added to."""

    class Verb(models.TextChoices):
        ASK = "ask", _("asked")
        ACCEPT = "accept", _("accepted")
        TAKE_ON = "take_on", _("took on")
        ANSWER = "answer", _("answered")
        DECLINE = "decline", _("declined")
        JOIN = "join", _("joined")
        REOPEN = "reopen", _("opened again")

    request = models.ForeignKey(ContentRequest, models.CASCADE, related_name="changes")
    verb = models.CharField(max_length=8, choices=Verb)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # What it was for, as the request said then.
    because = models.CharField(max_length=300, blank=True, default="")
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="requestchange_verb_is_known",
                condition=Q(verb__in=["ask", "accept", "take_on", "answer", "decline", "join", "reopen"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.request_id}"


class LibraryLook(models.Model):
    """How far she has read what is new for her leads: one list, and no mail for each asset."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # She knows what changed until then.
    at = models.DateTimeField()
    # Of what changed at that very moment, up to this key of an asset, by value; null where she knows all of it.
    asset = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="librarylook_asset_is_a_key", condition=Q(asset=None) | Q(asset__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"


class NewsQuerySet(models.QuerySet["News"]):
    def of(self, user: User) -> NewsQuerySet:
        return self.filter(user=user)

    def unheard_by(self, user: User) -> NewsQuerySet:
        return self.filter(user=user, heard_at=None)


class News(models.Model):
    """Something that became of what she asked for: each change once a voice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    change = models.ForeignKey(RequestChange, models.CASCADE, related_name="news")
    at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)

    objects = NewsQuerySet.as_manager()

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")
        constraints = [models.UniqueConstraint(fields=["change", "user"], name="news_once_per_change")]
        indexes = [
            models.Index(fields=["user", "-id"], condition=Q(heard_at=None), name="news_unheard"),
            models.Index(fields=["user", "-id"], condition=Q(heard_at__isnull=False), name="news_heard"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.change_id}"
