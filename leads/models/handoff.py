"""From the BDR to the AE: a booked meeting, or a hand-off without one, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from agreement.models import Phase, Reason
from leads.models.lead import Lead
from team.models import Absence, Role, Team

if TYPE_CHECKING:
    from team.models import User


class HandOffQuerySet(models.QuerySet["HandOff"]):
    def open(self) -> HandOffQuerySet:
        return self.filter(state__in=HandOff.OPEN_STATES)

    def unanswered(self) -> HandOffQuerySet:
        return self.filter(state=HandOff.State.SENT)

    def accepted(self) -> HandOffQuerySet:
        return self.filter(state=HandOff.State.ACCEPTED)

    def came_back(self) -> HandOffQuerySet:
        """Not withdrawn by the BDR herself: sales sent it back, or nobody came."""
        return self.filter(state__in=HandOff.BACK_STATES)

    def qualified(self) -> HandOffQuerySet:
        """Those whose lead is an open deal; a lead that was qualified twice stands once, by the last time."""
        later = HandOff.objects.filter(lead=OuterRef("lead"), id__gt=OuterRef("id"))
        held = self.filter(state=HandOff.State.QUALIFIED, lead__phase=Phase.QUALIFIED)
        return held.filter(~models.Exists(later.filter(state=HandOff.State.QUALIFIED)))

    def come_to(self, user: User) -> HandOffQuerySet:
        return self.filter(_came_to(user))

    def addressed_to(self, user: User) -> HandOffQuerySet:
        """Hers to answer, unanswered ones that came to her as backup or cover, and what she covers after its answer."""
        lent = Q(state=HandOff.State.ACCEPTED, lead__in=Lead.objects.lent_by_an_ae(user))
        return self.filter(Q(ae=user) | _came_to(user) | lent)

    def booked(self) -> HandOffQuerySet:
        """With a meeting that stands, or was held or missed: what was taken back was none."""
        return self.filter(BOOKED)

    def sent_by(self, user: User) -> HandOffQuerySet:
        return self.filter(bdr=user)

    def of_teams(self, teams: list[int]) -> HandOffQuerySet:
        return self.filter(lead__team__in=teams)

    def unanswered_since(self, at: datetime) -> HandOffQuerySet:
        """Their answer was promised before `at`."""
        return self.unanswered().filter(respond_by__lte=at)

    def meeting_ahead(self, at: datetime) -> HandOffQuerySet:
        """Open ones whose meeting is not over at `at`, each with the moment at which it will be: `ends_at`."""
        # That there is one is said for the index of booked ones.
        return self.open().filter(meeting_at__isnull=False)._not_over(at)

    def meeting_ahead_at(self, account: Any, at: datetime) -> HandOffQuerySet:
        """The same of one account. Only its leads with sales are asked, few however many it has: an open hand-off of
        any other lead is one of the broken promises of `check_leads`."""
        # That it is not over says that there is a meeting; said again, SQLite would read every meeting there is.
        with_sales = Q(lead__phase=Phase.HANDED_OFF) | Q(lead__phase=Phase.ACCEPTED)
        return self.open().filter(with_sales, lead__account=account)._not_over(at)

    def _not_over(self, at: datetime) -> HandOffQuerySet:
        minute = timedelta(minutes=1)
        length = ExpressionWrapper(Cast("minutes", IntegerField()) * minute, output_field=DurationField())
        ends = ExpressionWrapper(F("meeting_at") + length, output_field=DateTimeField())
        # Most meetings ahead have not begun: only of the others is the end computed.
        return self.annotate(ends_at=ends).filter(Q(meeting_at__gt=at) | Q(ends_at__gt=at))

    def accounts(self) -> QuerySet[HandOff, Any]:
        return self.filter(lead__account__isnull=False).values("lead__account")

    def with_people(self) -> HandOffQuerySet:
        """With everybody a line about it names."""
        return self.select_related("lead__person", "lead__account", "ae", "bdr", "escalated_to")

    def with_absence(self, at: datetime) -> HandOffQuerySet:
        """With until when its account executive is away at `at`, and who covers her: `away_until`, `covered_by`."""
        covers = who_answer_at(at)
        # To whom it is lent already, else to whom it will be.
        names = (Subquery(one.values("cover__name")[:1]) for one in (covers.filter(cover=OuterRef("lent_to")), covers))
        return self.annotate(away_until=away_until(at=at), covered_by=Coalesce(*names))

    def visible_to(self, user: User) -> HandOffQuerySet:
        """What is open is seen by whom it asks; what is over, by whoever sees its lead."""
        mine = Q(ae=user, state__in=HandOff.OPEN_STATES) | _came_to(user)
        return self.filter(Q(lead__in=Lead.objects.visible_to(user)) | mine)


def who_answer_at(at: datetime) -> models.QuerySet[Absence]:
    """For a hand-off: the absences of its account executive whose cover answers and sells for her at `at`, never who
    sent it. Whose ends last goes first."""
    covers = Absence.objects.covered_in_sales(at).filter(user=OuterRef("ae"))
    # Neither who sent it nor who keeps the relation by now answers for the other side.
    covers = covers.exclude(cover=OuterRef("bdr")).exclude(cover=OuterRef("lead__bdr"))
    return covers.order_by("-ends_at", "pk")


def away_until(*, at: datetime, hand_off: str = "") -> Subquery:
    """Until when its account executive is away at `at`; null while she is there."""
    away = Absence.objects.covering(at).filter(user=OuterRef(f"{hand_off}ae")).order_by("-ends_at", "pk")
    return Subquery(away.values("ends_at")[:1])


def came_to(user: Any, *, sells: bool) -> Q:
    """Those that wait for an answer and came to her: as backup because nobody gave it in time, or, who sells, as cover
    while its account executive is away."""
    hers = Q(escalated_to=user)
    if sells:
        hers |= Q(lent_to=user)
    return hers & Q(state=HandOff.State.SENT)


def _came_to(user: User) -> Q:
    return came_to(user, sells=user.has_role(Role.AE))


# Meetings that stand, or were held or missed: what was taken back was none.
MEETS = ~Q(state__in=["undone", "withdrawn"])
BOOKED = MEETS & Q(meeting_at__isnull=False)


class HandOff(models.Model):
    class State(models.TextChoices):
        SENT = "sent", _("To answer")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        NO_SHOW = "no_show", _("No-show")
        QUALIFIED = "qualified", _("Held and qualified")
        NOT_QUALIFIED = "not_qualified", _("Held and not qualified")
        RETURNED = "returned", _("Returned")
        UNDONE = "undone", _("Undone")

    OPEN_STATES = (State.SENT, State.ACCEPTED)
    BACK_STATES = (State.REJECTED, State.NO_SHOW, State.NOT_QUALIFIED, State.RETURNED)

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="hand_offs")
    ae = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="hand_offs", db_index=False)
    bdr = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    # For whom it was booked: the lead's team then, wherever the lead is now. Empty where a process of before wrote it.
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=14, choices=State, default=State.SENT)
    sent_at = models.DateTimeField()
    respond_by = models.DateTimeField()
    # Empty: handed off without a meeting.
    meeting_at = models.DateTimeField(null=True, blank=True)
    local_meeting = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=64, blank=True, default="")
    minutes = models.PositiveSmallIntegerField(default=30)
    place = models.CharField(max_length=200, blank=True, default="")
    # Why now, in one line; blanked by erasure.
    line = models.CharField(max_length=500, blank=True, default="")
    # When whoever meets them first had the brief before them.
    brief_read_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    outcome_at = models.DateTimeField(null=True, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # The unanswered one went here.
    escalated_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # Who answers it while its AE is away: her cover, kept by the tick.
    lent_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # RFC 5545: moves with every change of the meeting.
    sequence = models.PositiveSmallIntegerField(default=0)

    objects = HandOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=Q(state__in=["sent", "accepted"]), name="handoff_one_open_per_lead"
            ),
            models.CheckConstraint(
                name="handoff_rejected_has_a_reason", condition=~Q(state="rejected") | Q(reason__isnull=False)
            ),
            models.CheckConstraint(
                name="handoff_answered_has_its_moment",
                condition=Q(state__in=["sent", "withdrawn", "returned", "undone"]) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="handoff_meeting_has_its_zone",
                condition=Q(meeting_at=None, local_meeting=None, zone="")
                | (Q(meeting_at__isnull=False, local_meeting__isnull=False) & ~Q(zone="")),
            ),
            models.CheckConstraint(
                name="handoff_read_once_sent", condition=Q(brief_read_at=None) | Q(brief_read_at__gte=F("sent_at"))
            ),
            models.CheckConstraint(name="handoff_meeting_has_a_length", condition=Q(minutes__gte=5)),
        ]
        indexes = [
            models.Index(fields=["ae", "state", "meeting_at"], name="handoff_of_ae"),
            models.Index(fields=["ae", "-sent_at"], name="handoff_last_of_ae"),
            models.Index(fields=["bdr", "-sent_at"], name="handoff_sent_by"),
            models.Index(fields=["team", "-sent_at"], name="handoff_of_team"),
            models.Index(fields=["escalated_to"], condition=Q(state="sent"), name="handoff_passed_on"),
            models.Index(fields=["lent_to"], condition=Q(lent_to__isnull=False), name="handoff_lent"),
            # Whom a meeting at her account holds up is asked with every tick.
            models.Index(fields=["state", "meeting_at"], condition=Q(meeting_at__isnull=False), name="handoff_booked"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def is_unanswered(self) -> bool:
        return self.state == self.State.SENT

    @property
    def is_accepted(self) -> bool:
        return self.state == self.State.ACCEPTED

    def came_to(self, user: User) -> bool:
        """As HandOffQuerySet.come_to."""
        is_lent = self.lent_to_id == user.pk and user.has_role(Role.AE)
        return self.is_unanswered and (self.escalated_to_id == user.pk or is_lent)

    @property
    def over_at(self) -> datetime | None:
        """When this hand-off ended without becoming a deal."""
        if self.is_open or self.state == self.State.QUALIFIED:
            return None
        return self.outcome_at or self.answered_at

    @property
    def meeting_ends_at(self) -> datetime | None:
        return self.meeting_at + timedelta(minutes=self.minutes) if self.meeting_at else None

    def has_begun(self, at: datetime) -> bool:
        """Whether there is an outcome to record: the meeting began, or there was none to wait for."""
        return self.meeting_at is None or self.meeting_at <= at
