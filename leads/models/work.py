"""What has to be done and what was promised: steps, clocks, notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactPoint, Suppression
from agreement.models import AgreementVersion, Cadence, Lane, Phase, SLAClause, StepKind
from leads.models.handoff import HandOff
from leads.models.lead import Lead
from team.models import Calendar

if TYPE_CHECKING:
    from team.models import User


# A figure of the field: a promised moment is in front this long before.
PROMISE_LEAD = timedelta(minutes=15)
# A promised moment is shown as the time of day it was promised for.
EXACT = (StepKind.CALL_BACK, StepKind.MEETING)


def next_of(steps: Iterable[Step], *, at: datetime) -> Step | None:
    """Of the open steps of a lead the next one: that for which somebody waits, else the earliest."""
    return min(steps, key=lambda step: step.turn(at), default=None)


def is_waited_for(kind: str, due_at: datetime, *, promised: bool, at: datetime) -> bool:
    """A reply, or a moment that was promised and is near or past."""
    told = promised or kind in EXACT
    return kind == StepKind.REPLY or (told and due_at - PROMISE_LEAD <= at)


class StepQuerySet(models.QuerySet["Step"]):
    def open(self) -> StepQuerySet:
        return self.filter(state=Step.State.OPEN)

    def of(self, user: User) -> StepQuerySet:
        return self.filter(assignee=user)

    def attempts(self) -> StepQuerySet:
        """What a cadence, a play or a track planned for leads in work. What a rep put off herself is her choice: no
        meeting moves it."""
        return self.open().filter(made_by__in=Step.PLANNED, snoozed=0, lead__phase=Phase.WORKING)

    def before_a_meeting(self, at: datetime) -> StepQuerySet:
        """Attempts at somebody while a colleague of hers has a meeting ahead."""
        there = HandOff.objects.meeting_ahead(at).accounts()
        return self.attempts().filter(lead__account__in=there).annotate(free_at=_end(at)).filter(_BEFORE_A_MEETING)

    def held_wrongly(self, at: datetime) -> StepQuerySet:
        """Held up until another moment than the end of the last meeting there is."""
        held = self.attempts().filter(held_from__isnull=False)
        return held.annotate(free_at=_end(at)).filter(_held_wrongly(at))

    def wrongly_timed_until(self, until: datetime | None, *, at: datetime) -> StepQuerySet:
        """Both of these, of people of one account, where the last meeting ahead ends at `until`."""
        return self.attempts().annotate(free_at=_moment(until)).filter(_BEFORE_A_MEETING | _held_wrongly(at))

    def over_shut_channels(self) -> StepQuerySet:
        """Attempts, steps of plays and tracks, and searches for a way, of which nothing is left since she asked to be
        left alone. What a person has planned is her own."""
        silent = Suppression.objects.filter(person=OuterRef("lead__person"))
        no_calls, no_mails = (Exists(silent.filter(channel=channel)) for channel in _ONE_BY_ONE)
        both = Q(kind__in=[StepKind.CALL_EMAIL, StepKind.FIND_CONTACT])
        # Few have asked for anything: the rest is asked of them only.
        asked = self.open().exclude(made_by=Step.MadeBy.PERSON).filter(Exists(silent))
        return asked.filter(
            Q(kind__in=_TRIED) & Exists(silent.filter(channel=Suppression.Channel.ALL))
            | Q(kind=StepKind.CALL) & no_calls
            | Q(kind=StepKind.EMAIL) & no_mails
            | both & no_calls & no_mails
        )

    def without_an_address(self) -> StepQuerySet:
        """E-mails that a cadence, a play or a track planned to somebody of whom no address is good any more. Where
        there is a number that may be called, a call with an e-mail is still a call."""
        points = ContactPoint.objects.filter(person=OuterRef("lead__person"), state__in=ContactPoint.USABLE)
        mails, calls = (Exists(points.filter(kind__in=kinds)) for kinds in (["email"], ContactPoint.PHONES))
        no_calls = Exists(Suppression.objects.filter(person=OuterRef("lead__person"), channel__in=_NO_CALLS))
        planned = self.open().exclude(made_by=Step.MadeBy.PERSON)
        both = Q(kind=StepKind.CALL_EMAIL) & (~calls | no_calls)
        return planned.filter(Q(kind=StepKind.EMAIL) | both, ~mails)

    def earliest_of_each_lead(self) -> StepQuerySet:
        """One row a lead: its assignee's earliest open step."""
        earlier = Step.objects.filter(
            Q(due_at__lt=models.OuterRef("due_at")) | Q(due_at=models.OuterRef("due_at"), id__lt=models.OuterRef("id")),
            lead=models.OuterRef("lead"),
            assignee=models.OuterRef("assignee"),
            state=Step.State.OPEN,
        )
        return self.filter(~models.Exists(earlier))

    def in_queue_order(self) -> StepQuerySet:
        return self.order_by("due_at", "id")


def _end(at: datetime) -> Subquery:
    """Of a step or a clock: when the last meeting ahead at its account ends, as `free_at`."""
    there: Any = HandOff.objects.meeting_ahead_at(OuterRef("lead__account"), at)
    return Subquery(there.order_by("-ends_at").values("ends_at")[:1])


def _moment(at: datetime | None) -> Value:
    return Value(at, output_field=models.DateTimeField())


_ONE_BY_ONE = (Suppression.Channel.PHONE, Suppression.Channel.EMAIL)
_NO_CALLS = (Suppression.Channel.PHONE, Suppression.Channel.ALL)
# What tries to reach somebody, or looks for a way to.
_TRIED = (StepKind.CALL, StepKind.EMAIL, StepKind.CALL_EMAIL, StepKind.SOCIAL, StepKind.FIND_CONTACT)
# Who asked to be called and was not reached yet waits for nobody's meeting.
_ASKED = Q(lead__lane=Lane.HAND_RAISER, lead__first_touched_at=None)
_BEFORE_A_MEETING = ~_ASKED & Q(held_from=None, due_at__lt=F("free_at"))


def _held_wrongly(at: datetime) -> Q:
    """Held until the last meeting's end or not at all: until then the moment of a held attempt is that end."""
    another = Q(due_at__lt=F("free_at")) | Q(due_at__gt=F("free_at"))
    nothing = Q(free_at=None, due_at__gt=at)
    return Q(held_from__isnull=False) & ((~_ASKED & (another | nothing)) | (_ASKED & Q(due_at__gt=at)))


class Step(models.Model):
    """One thing one of us has to do for a lead. The next step is the earliest open one, unless somebody waits for
    another (`next_of`)."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        CANCELLED = "cancelled", _("Cancelled")

    class MadeBy(models.TextChoices):
        CADENCE = "cadence", _("Cadence")
        FLOW = "flow", _("Play or track")
        PERSON = "person", _("Somebody")
        SYSTEM = "system", _("System")

    # Planned ahead by us, and neither promised nor set by a person: it waits until she is back, and for a meeting of a
    # colleague at her account.
    PLANNED = (MadeBy.CADENCE, MadeBy.FLOW)

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=12, choices=StepKind)
    # Words of a person; blanked by erasure. Empty: the kind says it.
    title = models.CharField(max_length=200, blank=True, default="")
    due_at = models.DateTimeField()
    # When an attempt would be due but for a meeting of a colleague at the account, which holds it up until `due_at`.
    held_from = models.DateTimeField(null=True, blank=True)
    # Where the moment was promised as wall time (R23): what was said, and in which zone.
    local_due = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=64, blank=True, default="")
    # Empty: whoever takes the lead from the pool.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="steps", db_index=False
    )
    # Whose it is while somebody covers her: the assignee is her cover then.
    lent_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # A person was told this moment: it stands before what is only planned.
    promised = models.BooleanField(default=False)
    cadence = models.ForeignKey(Cadence, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    attempt = models.PositiveSmallIntegerField(null=True, blank=True)
    made_by = models.CharField(max_length=8, choices=MadeBy)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    snoozed = models.PositiveSmallIntegerField(default=0)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.CheckConstraint(name="step_kind_is_known", condition=Q(kind__in=StepKind.values)),
            models.CheckConstraint(
                name="step_closed_has_its_moment",
                condition=Q(state="open", closed_at=None)
                | Q(state__in=["done", "skipped", "cancelled"], closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="step_of_a_cadence_has_its_attempt",
                condition=Q(made_by="cadence", cadence__isnull=False, attempt__isnull=False, attempt__gte=1)
                | (~Q(made_by="cadence") & Q(cadence=None)),
            ),
            models.CheckConstraint(
                name="step_local_moment_has_its_zone",
                condition=Q(local_due=None, zone="") | (Q(local_due__isnull=False) & ~Q(zone="")),
            ),
            models.CheckConstraint(
                name="step_held_up_is_a_later_attempt",
                condition=Q(held_from=None) | Q(made_by__in=["cadence", "flow"], held_from__lt=models.F("due_at")),
            ),
            models.CheckConstraint(
                name="step_is_lent_to_somebody_else",
                condition=Q(lent_from=None) | Q(assignee__isnull=False) & ~Q(assignee=models.F("lent_from")),
            ),
            # Looking for a way to reach somebody is asked for once.
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(kind="find_contact", state="open"),
                name="step_one_find_contact_per_lead",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(made_by="cadence", state="open"),
                name="step_one_open_attempt_per_lead",
            ),
        ]
        indexes = [
            models.Index(fields=["assignee", "due_at", "id"], condition=Q(state="open"), name="step_open_of_assignee"),
            models.Index(fields=["lead"], condition=Q(state="open", held_from__isnull=False), name="step_held"),
            # What a play or track asks for, and may ask for again.
            models.Index(
                fields=["lead", "created_at"], condition=Q(state="open", made_by="flow"), name="step_open_of_flow"
            ),
            models.Index(fields=["lead", "due_at"], condition=Q(state="open", kind="rebook"), name="step_rebook"),
            # A reply that waits stands first on every page.
            models.Index(fields=["assignee", "due_at"], condition=Q(state="open", kind="reply"), name="step_reply"),
            models.Index(fields=["lead"], condition=Q(state="open", lent_from__isnull=False), name="step_lent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"

    def turn(self, at: datetime) -> tuple[bool, datetime, int]:
        """Its place among the open steps of its lead."""
        is_planned = not is_waited_for(self.kind, self.due_at, promised=self.promised, at=at)
        return is_planned, self.due_at, self.pk

    @property
    def mark(self) -> str:
        """What a form about the next step is shown with: at another moment it is another one to whoever reads it."""
        return f"{self.pk}_{self.due_at:%Y%m%dT%H%M%S}"


class ClockQuerySet(models.QuerySet["Clock"]):
    def running(self) -> ClockQuerySet:
        return self.filter(state=Clock.State.RUNNING)

    def before_a_meeting(self, at: datetime) -> ClockQuerySet:
        """First touches of the pool that a meeting at the account should put off and does not. Who asked, or was
        promised a moment, waits for nobody's meeting; what was missed stays missed."""
        there = HandOff.objects.meeting_ahead(at).accounts()
        return self._in_pool(at).filter(lead__account__in=there).annotate(free_at=_end(at)).filter(_RUNS_ON)

    def put_off_wrongly(self, at: datetime) -> ClockQuerySet:
        """First touches of the pool that wait for what is not."""
        return self._in_pool(at).annotate(free_at=_end(at)).filter(_put_off_wrongly(at))

    def wrongly_timed_until(self, until: datetime | None, *, at: datetime) -> ClockQuerySet:
        """Both of these, of people of one account, where the last meeting ahead ends at `until`."""
        return self._in_pool(at).annotate(free_at=_moment(until)).filter(_RUNS_ON | _put_off_wrongly(at))

    def _in_pool(self, at: datetime) -> ClockQuerySet:
        promised = Step.objects.open().filter(lead=OuterRef("lead"), promised=True)
        pooled = self.running().filter(kind=SLAClause.Kind.FIRST_TOUCH, lead__phase=Phase.QUEUED, due_at__gt=at)
        return pooled.annotate(is_promised=Exists(promised))

    def to_notice(self, at: datetime) -> ClockQuerySet:
        return self.running().filter(next_notice_at__lte=at).order_by("next_notice_at", "id")


_WAITS = ~Q(lead__lane=Lane.HAND_RAISER) & Q(is_promised=False)
_RUNS_ON = _WAITS & Q(started_at__lt=F("free_at"))


def _put_off_wrongly(at: datetime) -> Q:
    """It begins later than its lead came in, and at no end of a last meeting that it waits for."""
    put_off = Q(started_at__gt=at) & (Q(lead__first_queued_at=None) | Q(started_at__gt=F("lead__first_queued_at")))
    return put_off & (~_WAITS | Q(free_at=None) | Q(started_at__gt=F("free_at")))


class Clock(models.Model):
    """One running SLA of one lead under one clause. Claim, snooze and reassignment never move it."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        MET = "met", _("Met")
        MISSED = "missed", _("Missed")
        EXCUSED = "excused", _("Excused")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="clocks")
    clause = models.ForeignKey(SLAClause, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=SLAClause.Kind)
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+", db_index=False)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    ended_at = models.DateTimeField(null=True, blank=True)
    # A miss is recorded once, at its moment; what was asked may still be done later.
    missed_at = models.DateTimeField(null=True, blank=True)
    next_notice_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.CheckConstraint(
                name="clock_ended_has_its_moment",
                condition=Q(state="running", ended_at=None)
                | Q(state__in=["met", "missed", "excused"], ended_at__isnull=False, next_notice_at=None),
            ),
            models.CheckConstraint(
                name="clock_is_due_after_it_starts", condition=Q(due_at__gte=models.F("started_at"))
            ),
            models.CheckConstraint(
                name="clock_missed_says_when", condition=~Q(state="missed") | Q(missed_at__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["lead", "kind"], condition=Q(state="running"), name="clock_one_running_per_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_notice_at", "id"],
                condition=Q(next_notice_at__isnull=False),
                name="clock_to_notice",
            ),
            # Those that begin later are the few that were put off.
            models.Index(fields=["started_at"], condition=Q(kind="first_touch", state="running"), name="clock_put_off"),
            # Which promises of a kind ran out in a week, and how they ended, told from it alone.
            models.Index(fields=["due_at", "kind", "state", "missed_at", "lead"], name="clock_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.kind} {self.state}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unseen_by(self, user: User) -> NoticeQuerySet:
        return self.filter(user=user, seen_at=None)

    def of(self, user: User) -> NoticeQuerySet:
        return self.filter(user=user)


class Notice(models.Model):
    """Something a user should know now: about one clock, once per kind."""

    class Kind(models.TextChoices):
        SOON = "soon", _("runs out soon")
        MISSED = "missed", _("was missed")
        ESCALATED = "escalated", _("was passed on to you")
        HAND_OFF = "hand_off", _("waits for your answer")
        ANSWERED = "answered", _("was answered")
        MOVED = "moved", _("was moved to another moment")
        RELEASED = "released", _("was given back")
        SECOND_LOOK = "second_look", _("asks for a second look")
        RETURNED = "returned", _("came back to you")
        ENDED = "ended", _("ended: its company is not for reps now")
        UNSENT = "unsent", _("did not get your e-mail")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="notices")
    clock = models.ForeignKey(Clock, models.CASCADE, null=True, blank=True, related_name="notices", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    # Of many leads in one act she is told once: the ids of the others, empty where it is of one, and which act it was.
    others = models.JSONField(null=True, blank=True)
    act = models.CharField(max_length=36, blank=True, db_default="")
    # By value: the e-mail it is about, by its public id, and in words what became of it.
    letter = models.UUIDField(null=True, blank=True)
    words = models.CharField(max_length=200, blank=True, db_default="")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "kind", "user"],
                condition=Q(clock__isnull=False),
                name="notice_once_per_clock_and_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], condition=Q(seen_at=None), name="notice_unseen"),
            # What she saw lately.
            models.Index(fields=["user", "-at", "-id"], condition=Q(seen_at__isnull=False), name="notice_seen"),
            # What was told of many in one act, when it is taken back.
            models.Index(fields=["act"], condition=~Q(act=""), name="notice_by_act"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"

    @property
    def leads(self) -> list[int]:
        """The ids of all it is about."""
        return [self.lead_id, *(self.others or ())]
