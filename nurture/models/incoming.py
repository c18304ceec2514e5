"""What came back, by mail or told by the mail provider: each taken once, for ever, and what followed from it.

A row holds codes and moments; who wrote and what she said lives in `IncomingBody`, which erasure blanks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from nurture.models.message import Message

LATELY = timedelta(days=30)


class IncomingQuerySet(models.QuerySet["Incoming"]):
    def set_aside(self) -> IncomingQuerySet:
        """What could not be read, for a human to look at."""
        return self.filter(state=Incoming.State.ASIDE)

    def replies_of_strangers(self) -> IncomingQuerySet:
        """What somebody wrote whom we do not know, that they want no more of it, too: they wait for us, until a human
        says who they are."""
        # As its index has it: SQLite finds no partial index by a list of values.
        return self._of_nobody_known().filter(Q(kind=Incoming.Kind.REPLY) | Q(kind=Incoming.Kind.UNSUBSCRIBE))

    def other_of_strangers(self, at: datetime) -> IncomingQuerySet:
        """Whatever else concerned nobody we know, bounces most of all: of the last month, until a human says whom."""
        return self._of_nobody_known().filter(taken_at__gt=at - LATELY).exclude(kind__in=Incoming.WRITTEN)

    def waiting(self) -> int:
        """How much waits for one of us: replies of people nobody knows, and what could not be read."""
        return self.replies_of_strangers().count() + self.set_aside().count()

    def _of_nobody_known(self) -> IncomingQuerySet:
        return self.filter(effect=Incoming.Effect.STRANGER, decided_at=None)

    def for_a_human(self) -> IncomingQuerySet:
        """What a human may still decide on."""
        unread = Q(state=Incoming.State.ASIDE)
        return self.filter(unread | Q(state=Incoming.State.DONE, effect=Incoming.Effect.STRANGER), decided_at=None)


class Incoming(models.Model):
    class State(models.TextChoices):
        # Somebody reads it now, or ended while she did.
        TAKEN = "taken", _("Being read")
        DONE = "done", _("Read")
        ASIDE = "aside", _("Set aside")

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        AUTO_REPLY = "auto_reply", _("Automatic answer")
        OUT_OF_OFFICE = "out_of_office", _("Out of office")
        BOUNCE_HARD = "bounce_hard", _("The address takes no mail")
        BOUNCE_SOFT = "bounce_soft", _("Not delivered")
        COMPLAINT = "complaint", _("Complaint")
        UNSUBSCRIBE = "unsubscribe", _("Wants no e-mail")
        OTHER = "other", _("Something else")

    # What only a human says.
    WRITTEN = (Kind.REPLY, Kind.UNSUBSCRIBE)

    class Effect(models.TextChoices):
        """What followed. Nothing follows from what nobody can be found for."""

        NONE = "none", _("nothing")
        STRANGER = "stranger", _("from nobody we know")
        IN_FRONT = "in_front", _("put in front of the queue")
        POSTPONED = "postponed", _("waits until they are back")
        # Nothing was planned that could have moved.
        NOTED = "noted", _("no track writes before they are back")
        BOUNCED = "bounced", _("the address is used no more")
        COUNTED = "counted", _("counted")
        SILENCED = "silenced", _("they get no e-mail any more")

    id = models.BigAutoField(primary_key=True)
    # Where it came in ("imap", or a provider), and what it is called there: a hash, so that any name fits.
    source = models.CharField(max_length=30)
    key = models.CharField(max_length=64)
    # Where it lies in the mailbox ("validity:number"): what lies there and is no business of ours is not fetched again.
    place = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=5, choices=State, default=State.TAKEN)
    # How often somebody began to read it: what ends its reader is set aside.
    attempts = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=13, choices=Kind, blank=True, default="")
    effect = models.CharField(max_length=9, choices=Effect, blank=True, default="")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="incoming", db_index=False)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="incoming", db_index=False)
    # RFC 3463, of a bounce.
    status = models.CharField(max_length=16, blank=True, default="")
    back_on = models.DateField(null=True)
    # What it says of its own moment, and when we took and read it.
    sent_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    # One of us has said whose it is, or that it is nobody's.
    decided_at = models.DateTimeField(null=True)

    objects = IncomingQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="incoming_once_per_source"),
            models.CheckConstraint(name="incoming_has_a_key", condition=~Q(source="") & ~Q(key="")),
            models.CheckConstraint(name="incoming_state_is_known", condition=Q(state__in=["taken", "done", "aside"])),
            models.CheckConstraint(
                name="incoming_kind_is_known",
                condition=Q(
                    kind__in=[
                        "", "reply", "auto_reply", "out_of_office", "bounce_hard", "bounce_soft", "complaint",
                        "unsubscribe", "other",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="incoming_effect_is_known",
                condition=Q(
                    effect__in=[
                        "", "none", "stranger", "in_front", "postponed", "noted", "bounced", "counted",
                        "silenced",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="incoming_read_says_what",
                condition=(Q(state="done", read_at__isnull=False) & ~Q(kind="") & ~Q(effect=""))
                | (~Q(state="done") & Q(read_at=None, kind="", effect="")),
            ),
            models.CheckConstraint(
                name="incoming_set_aside_says_why",
                condition=(Q(state="aside") & ~Q(error="")) | (~Q(state="aside") & Q(error="")),
            ),
            models.CheckConstraint(
                name="incoming_decided_was_read", condition=Q(decided_at=None) | Q(state="done")
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "-id"], name="incoming_in_state"),
            models.Index(
                fields=["-id"], condition=Q(effect="stranger", decided_at=None), name="incoming_from_strangers"
            ),
            models.Index(
                fields=["-id"],
                condition=Q(effect="stranger", decided_at=None) & (Q(kind="reply") | Q(kind="unsubscribe")),
                name="incoming_written_by_strangers",
            ),
            models.Index(fields=["place"], condition=~Q(place=""), name="incoming_place"),
            models.Index(
                fields=["person", "kind", "-id"], condition=Q(person__isnull=False), name="incoming_of_person"
            ),
            models.Index(fields=["message"], condition=Q(message__isnull=False), name="incoming_of_message"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind or self.state}"

    @property
    def is_dealt_with(self) -> bool:
        """Nobody has to look at it in the mailbox: it was about somebody we know, and her history tells it, or one of
        us has said whose it is."""
        if self.decided_at is not None:
            return True
        if self.state != self.State.DONE or self.effect == self.Effect.STRANGER:
            return False
        return self.effect != self.Effect.NONE or self.kind not in (self.Kind.REPLY, self.Kind.OTHER)


class IncomingBody(models.Model):
    """Who wrote, and what she said. Erasure blanks it."""

    incoming = models.OneToOneField(Incoming, models.CASCADE, primary_key=True, related_name="body")
    sender = models.CharField(max_length=254, blank=True, default="")
    # As their mail program says it; anybody can call themselves anything.
    sender_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    subject = models.CharField(max_length=300, blank=True, default="")
    text = models.TextField(blank=True, default="")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("words of incoming mail")
        verbose_name_plural = _("words of incoming mail")

    def __str__(self) -> str:
        return self.subject
