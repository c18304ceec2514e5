"""Mail that leaves the house, every letter of it through one outbox: at most once, and what is unknown is shown.

A row holds ids, codes and moments; address and words live in `MessageBody`, which erasure blanks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import ContactPoint, Person
from content.models import Asset
from leads.models import Lead, LeadEvent
from nurture.models.enrolment import Enrolment
from nurture.models.track import TrackNode
from team.models import Role, User


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> MessageQuerySet:
        """What may go out now, the longest due first."""
        return self.filter(state=Message.State.PLANNED, due_at__lte=at).order_by("due_at", "id")

    def planned_by_tracks(self) -> MessageQuerySet:
        """What hours and caps are for: what somebody writes by hand goes at once."""
        return self.filter(state=Message.State.PLANNED, kind=Message.Kind.NURTURE)

    def to_follow_rules(self, at: datetime) -> MessageQuerySet:
        """What tracks have planned for later, and holds up for no reason of its own: its server, a track that rests, or
        that its person is away."""
        planned = self.planned_by_tracks().filter(due_at__gt=at, put_off_since=None)
        resting = Q(enrolment__state=Enrolment.State.PAUSED)
        return planned.exclude(resting).exclude(person__away_until__gt=at)

    def in_order(self, state: str) -> MessageQuerySet:
        """Of this state: what is planned, the next to leave first; of any other, or of all where it is empty, the
        newest first."""
        if state == Message.State.PLANNED:
            # What has a moment is planned, and nothing else; its state would have SQLite take another index.
            return self.filter(due_at__isnull=False).order_by("due_at", "id")
        return (self.filter(state=state) if state else self).order_by("-id")

    def longest_due(self, at: datetime) -> datetime | None:
        """Since when what has been due longest is: of each kind, what nobody has lost hold of and what was, in order
        of one index."""
        due = self.due(at).values_list("due_at", flat=True)
        kinds = [due.filter(kind=kind) for kind in Message.Kind.values]
        firsts = [part.first() for kind in kinds for part in (kind.filter(lapses=0), kind.filter(lapses__gt=0))]
        return min((one for one in firsts if one is not None), default=None)

    def ended_since(self, at: datetime) -> MessageQuerySet:
        """What is over, one way or another, and was planned since then."""
        return self.filter(state__in=[Message.State.SENT, *Message.NEVER_LEFT], planned_at__gt=at)

    def last_to(self, key: str) -> MessageQuerySet:
        """What she got, or may have got, at the address of this keyed hash, the newest first."""
        return self.left().filter(to_hash=key).order_by("-claimed_at", "-id")

    def answered_at(self, key: str) -> MessageQuerySet:
        """What she got at the address of this keyed hash, or was refused there, the newest first. What was refused or
        came back for its own sake, or for ours, says nothing of an address."""
        refused = Q(state=Message.State.REFUSED, bounced_at__isnull=False)
        said = self.filter(Q(state__in=Message.LEFT) | refused, to_hash=key, is_block_bounce=False)
        return said.order_by("-claimed_at", "-id")

    def lost_sight_of(self, at: datetime) -> MessageQuerySet:
        """Whoever sent these said neither yes nor no before its lease ended."""
        return self.filter(state=Message.State.SENDING, lease_until__lt=at)

    def visible_to(self, user: User) -> MessageQuerySet:
        """Through the lead; who keeps tracks or the installation sees those of people without one, too."""
        if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def unsettled(self) -> MessageQuerySet:
        """What somebody wrote that ended without leaving, and whose attempt still counts."""
        return self.filter(kind=Message.Kind.BY_HAND, state__in=Message.NEVER_LEFT, settled_at=None).order_by("id")

    def taken_back(self) -> MessageQuerySet:
        """What somebody wrote and has taken back before anybody took it up: it does not leave."""
        return self.filter(taken_back())

    def left(self) -> MessageQuerySet:
        """What she got, or may have got."""
        return self.filter(state__in=Message.LEFT)


class Message(models.Model):
    class Kind(models.TextChoices):
        NURTURE = "nurture", _("From a track")
        BY_HAND = "by_hand", _("By hand")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        # The process died, or the line broke, after the server may have taken it: nobody sends it again by guess.
        UNKNOWN = "unknown", _("Unknown")
        REFUSED = "refused", _("Refused")
        DEAD = "dead", _("Cannot be sent")
        CANCELLED = "cancelled", _("Not sent")

    class Because(models.TextChoices):
        """Why it was not sent, refused or given up."""

        SUPPRESSED = "suppressed", _("they asked for no e-mail")
        CONSENT = "consent", _("they have not agreed to get it")
        PREFERENCE = "preference", _("they do not want this topic")
        NO_ADDRESS = "no_address", _("there is no address")
        EXPIRED = "expired", _("what it brings has expired")
        ENDED = "ended", _("the track had ended for them")
        HAD_IT = "had_it", _("they have had it already")
        BY_HAND = "by_hand", _("taken back by hand")
        UNDONE = "undone", _("what was logged of it was taken back")
        HARD = "hard", _("refused by their mail server")
        TOO_OFTEN = "too_often", _("it was tried too often")
        HEADERS = "headers", _("its headers cannot be sent")
        WORDS = "words", _("its words cannot be put together")

    # Only by a human's word.
    MAY_GO_AGAIN = (State.UNKNOWN, State.REFUSED, State.DEAD)
    LEFT = (State.SENDING, State.SENT, State.UNKNOWN)
    NEVER_LEFT = (State.REFUSED, State.DEAD, State.CANCELLED)
    # She has had the asset, or is about to get it.
    HOLDS_ASSET = (State.PLANNED, State.SENDING, State.SENT, State.UNKNOWN)

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    person = models.ForeignKey(Person, models.PROTECT, related_name="messages", db_index=False)
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, null=True, related_name="messages", db_index=False)
    node = models.ForeignKey(TrackNode, models.PROTECT, null=True, related_name="messages", db_index=False)
    # Whose words they are; empty: nobody's, the track's.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    # By value: the event of the lead that logged it. Whoever takes that back takes back what has not left.
    event_id = models.BigIntegerField(null=True)
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="messages", db_index=False)
    # By value: which version went out.
    asset_version = models.PositiveIntegerField(null=True)
    point = models.ForeignKey(ContactPoint, models.SET_NULL, null=True, related_name="+", db_index=False)
    # The keyed hash of the address (accounts.actions.people.suppression_key), and its domain: what caps and limits
    # count. Written when it is claimed.
    to_hash = models.CharField(max_length=64, blank=True, default="")
    domain = models.CharField(max_length=253, blank=True, default="")
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    because = models.CharField(max_length=10, choices=Because, blank=True, default="")
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    # The lease of whoever sends it. `attempt` is its fence: a late answer of an old one changes nothing.
    claimed_by = models.CharField(max_length=60, blank=True, default="")
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    # The conversation with the mail server began. A lease that ends before is nothing; after, nobody knows.
    begun_at = models.DateTimeField(null=True)
    # How often a lease ended before anything began: what kills whoever takes it up is not taken up for ever.
    lapses = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    # Since when the mail server puts it off: for a day at least it is tried again (R11).
    put_off_since = models.DateTimeField(null=True)
    # Written by hand and never left: since when it is no attempt any more, and whoever wrote it knows.
    settled_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    # What came back of it, each the first time; of what was refused, that it was for its address's sake.
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    # It came back for what the other side thinks of us or of the letter, or would not say why.
    is_block_bounce = models.BooleanField(default=False, db_default=False)
    complained_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(name="message_kind_is_known", condition=Q(kind__in=["nurture", "by_hand"])),
            models.CheckConstraint(
                name="message_state_is_known",
                condition=Q(state__in=["planned", "sending", "sent", "unknown", "refused", "dead", "cancelled"]),
            ),
            models.CheckConstraint(
                name="message_planned_has_a_moment",
                condition=Q(state="planned", due_at__isnull=False) | (~Q(state="planned") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="message_being_sent_has_a_lease",
                condition=(Q(state="sending", lease_until__isnull=False) & ~Q(claimed_by=""))
                | (~Q(state="sending") & Q(lease_until=None)),
            ),
            models.CheckConstraint(
                name="message_planned_has_not_begun", condition=~Q(state="planned") | Q(begun_at=None)
            ),
            models.CheckConstraint(
                name="message_that_left_was_claimed",
                condition=~Q(state__in=["sending", "sent", "unknown"]) | (Q(claimed_at__isnull=False) & ~Q(to_hash="")),
            ),
            models.CheckConstraint(
                name="message_sent_says_when",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
            models.CheckConstraint(
                name="message_block_came_back", condition=Q(is_block_bounce=False) | Q(bounced_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_settled_never_left",
                condition=Q(settled_at=None) | Q(kind="by_hand", state__in=["refused", "dead", "cancelled"]),
            ),
            models.CheckConstraint(
                name="message_not_sent_says_why",
                condition=(Q(state__in=["refused", "dead", "cancelled"]) & ~Q(because=""))
                | (~Q(state__in=["refused", "dead", "cancelled"]) & Q(because="")),
            ),
            models.CheckConstraint(
                name="message_of_a_track_or_by_somebody",
                condition=Q(kind="nurture", enrolment__isnull=False, node__isnull=False, by=None)
                | Q(kind="by_hand", enrolment=None, node=None, by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["enrolment", "node"],
                condition=Q(enrolment__isnull=False),
                name="message_once_per_node_and_enrolment",
            ),
            # Nobody gets the same thing twice, whoever plans it.
            models.UniqueConstraint(
                fields=["person", "asset"],
                condition=Q(asset__isnull=False, state__in=["planned", "sending", "sent", "unknown"]),
                name="message_asset_once_per_person",
            ),
        ]
        indexes = [
            # What may go out, in order: what somebody wrote, which goes before what tracks write, and of each what
            # nobody has lost hold of before the rest. SQLite uses a part of an index only where it sees that the rows
            # are in it, which it cannot of a state that is handed over as a value.
            models.Index(
                fields=["state", "kind", "lapses", "due_at", "id"],
                condition=Q(due_at__isnull=False),
                name="message_to_send",
            ),
            models.Index(
                fields=["id"],
                condition=Q(kind="by_hand", state__in=["refused", "dead", "cancelled"], settled_at=None),
                name="message_unsettled",
            ),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_lease"),
            # An address that goes leaves what went to it.
            models.Index(fields=["point"], condition=Q(point__isnull=False), name="message_to_point"),
            models.Index(fields=["state", "-id"], name="message_in_state"),
            # What is planned, in the order in which it leaves.
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="message_planned"),
            # What ended within a week, counted by state.
            models.Index(fields=["state", "planned_at"], name="message_ended"),
            # What went to an address: its cap, what came back from it, the last one a provider tells of.
            models.Index(fields=["to_hash", "-claimed_at"], name="message_to_hash"),
            # What the limit of a domain counts.
            models.Index(fields=["domain", "claimed_at"], condition=~Q(domain=""), name="message_domain"),
            # The newest claim, which the disk remembers too.
            models.Index(fields=["-claimed_at"], condition=Q(claimed_at__isnull=False), name="message_claimed"),
            models.Index(fields=["person", "-id"], name="message_of_person"),
            models.Index(fields=["lead", "-id"], condition=Q(lead__isnull=False), name="message_of_lead"),
            models.Index(fields=["asset", "state"], condition=Q(asset__isnull=False), name="message_of_asset"),
            models.Index(fields=["node", "state"], condition=Q(node__isnull=False), name="message_of_node"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def has_left(self) -> bool:
        return self.state in self.LEFT

    @property
    def may_have_left(self) -> bool:
        """As an Undo meets it: a claim that has not begun to speak ends with that."""
        return self.has_left and (self.state != self.State.SENDING or self.begun_at is not None)

    @property
    def is_going(self) -> bool:
        """It will leave, or is on its way, unless what was logged of it is taken back."""
        return self.state in (self.State.PLANNED, self.State.SENDING) and not self.may_have_left

    @property
    def was_undone(self) -> bool:
        """Asks the database."""
        return bool(undone([self]))

    @property
    def may_be_mended(self) -> bool:
        """Whoever wrote it may begin with its words again: it did not leave, and does not. Asks the database."""
        return self.state in self.NEVER_LEFT or (self.state == self.State.PLANNED and self.was_undone)


def taken_back() -> Q:
    """Of a letter that somebody wrote and nobody has taken up: what was logged of it was taken back since. That it has
    a moment leads SQLite to the index of what is to be sent."""
    corrected = LeadEvent.objects.filter(lead=OuterRef("lead"), corrects=OuterRef("event_id"))
    waits = Q(kind=Message.Kind.BY_HAND, state=Message.State.PLANNED, due_at__isnull=False)
    return waits & Q(Exists(corrected))


def undone(messages: Collection[Message]) -> set[int]:
    """Of these the ones whose logging was taken back since."""
    by_event = {message.event_id: message.pk for message in messages if message.event_id is not None}
    corrected = LeadEvent.objects.filter(
        lead__in={message.lead_id for message in messages if message.event_id is not None}, corrects__in=list(by_event)
    )
    back = {pk for pk in corrected.values_list("corrects", flat=True) if pk is not None} if by_event else set()
    return {by_event[pk] for pk in back}


class MessageBody(models.Model):
    """Where it went and what it said, as it was sent. Erasure blanks it."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="body")
    to_address = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=500, blank=True, default="")
    # As its author wrote it, in the fields of nurture/fields.py; what was sent once it has been.
    text = models.TextField(blank=True, default="")
    # What the mail server answered.
    answer = models.CharField(max_length=500, blank=True, default="")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("words of a message")
        verbose_name_plural = _("words of messages")

    def __str__(self) -> str:
        return self.subject


class MessageLink(models.Model):
    """Where a link of a message leads: looked up here, never in the address itself (R28)."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="links", db_index=False)
    number = models.PositiveSmallIntegerField()
    # The asset's permalink, or an address its author wrote; neither: the hidden one that only machines follow.
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+", db_index=False)
    url = models.URLField(max_length=2000, blank=True, default="")

    class Meta:
        verbose_name = _("link of a message")
        verbose_name_plural = _("links of messages")
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="messagelink_number_once_per_message"),
            models.CheckConstraint(name="messagelink_leads_to_one_place", condition=Q(asset=None) | Q(url="")),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number}"

    @property
    def is_hidden(self) -> bool:
        return self.asset_id is None and not self.url


class Hit(models.Model):
    """Somebody, or some machine, opened a message or followed a link of it (R29)."""

    class Verdict(models.TextChoices):
        HUMAN = "human", _("a person")
        PROBABLE = "probable", _("probably a person")
        SCANNER = "scanner", _("a machine")

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="hits", db_index=False)
    # Empty: it was opened.
    link = models.ForeignKey(MessageLink, models.CASCADE, null=True, related_name="hits", db_index=False)
    at = models.DateTimeField()
    method = models.CharField(max_length=7)
    # The keyed hash of the network it came from: two of one message are compared, and nobody is found by it.
    network = models.CharField(max_length=16, blank=True, default="")
    agent = models.CharField(max_length=200, blank=True, default="")
    verdict = models.CharField(max_length=8, choices=Verdict)
    because = models.CharField(max_length=16, blank=True, default="")
    # When it is judged: a minute later, so that whatever follows every link at once shows itself. Empty: it was.
    judge_at = models.DateTimeField(null=True)
    # By value: what it counted as, and what took that back.
    engagement_id = models.BigIntegerField(null=True)
    reversed_by = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("hit")
        verbose_name_plural = _("hits")
        constraints = [
            models.CheckConstraint(
                name="hit_verdict_is_known", condition=Q(verdict__in=["human", "probable", "scanner"])
            ),
            # What a machine did counts for nothing.
            models.CheckConstraint(
                name="hit_of_a_machine_counts_for_nothing",
                condition=~Q(verdict="scanner") | Q(engagement_id=None) | Q(reversed_by__isnull=False),
            ),
            # A link counts once a message, however often it is followed.
            models.UniqueConstraint(
                fields=["link"],
                condition=Q(engagement_id__isnull=False, reversed_by=None),
                name="hit_counts_once_per_link",
            ),
        ]
        indexes = [
            models.Index(fields=["message", "at"], name="hit_of_message"),
            # Whoever is erased takes her links along.
            models.Index(fields=["link"], condition=Q(link__isnull=False), name="hit_of_link"),
            models.Index(fields=["judge_at", "id"], condition=Q(judge_at__isnull=False), name="hit_to_judge"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.verdict}"
