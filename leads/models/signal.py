"""What may bring somebody back before her day: seen when it happened, looked at by a tick, or offered to a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Person
from agreement.models import Phase
from leads.models.lead import Lead
from team.models import Role

if TYPE_CHECKING:
    from team.models import User


class SignalQuerySet(models.QuerySet["Signal"]):
    def to_look_at(self, at: datetime) -> SignalQuerySet:
        return self.filter(state=Signal.State.WAITING, due_at__lte=at).order_by("due_at", "id")

    def offered_to(self, user: User) -> SignalQuerySet:
        """What a manager may bring back of those who sleep in her teams, the strongest interest first. Marketers and
        admins read it of every team."""
        asleep = self.filter(state=Signal.State.OFFERED, lead__phase=Phase.NURTURE)
        if not (user.has_role(Role.MARKETER) or user.has_role(Role.ADMIN)):
            asleep = asleep.filter(lead__team__in=user.teams_as(Role.MANAGER))
        return asleep.order_by(F("lead__person__interest__rank").desc(nulls_last=True), "id")


class Signal(models.Model):
    class Kind(models.TextChoices):
        ENGAGED = "engaged", _("Interest of their own")
        COLLEAGUE = "colleague", _("Interest of a colleague")
        ANSWERED = "answered", _("What was missing is known")
        JOB_CHANGE = "job_change", _("A new job")
        PROMOTION = "promotion", _("A new title")

    class State(models.TextChoices):
        # A tick looks at it when it is due.
        WAITING = "waiting", _("Waiting")
        WOKE = "woke", _("Woke")
        # Old or out of a file: it wakes nobody by itself, a manager decides.
        OFFERED = "offered", _("Offered")
        PLANNED = "planned", _("Planned")
        PASSED = "passed", _("Passed over")
        # Nobody was there to wake any more.
        NOTHING = "nothing", _("Came to nothing")

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State)
    # Who did something, or of whom something is known now.
    person = models.ForeignKey(Person, models.CASCADE, related_name="signals", db_index=False)
    # Whose sleep it may end; of a colleague's interest the tick finds whose, and writes it here.
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="signals")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+", db_index=False)
    # By value: the engagement; nothing has a foreign key to history.
    engagement_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = SignalQuerySet.as_manager()

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        constraints = [
            models.CheckConstraint(
                name="signal_kind_is_known",
                condition=Q(kind__in=["engaged", "colleague", "answered", "job_change", "promotion"]),
            ),
            models.CheckConstraint(
                name="signal_state_is_known",
                condition=Q(state__in=["waiting", "woke", "offered", "planned", "passed", "nothing"]),
            ),
            models.CheckConstraint(
                name="signal_waiting_is_due",
                condition=Q(state="waiting", due_at__isnull=False) | (~Q(state="waiting") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="signal_offered_names_a_lead",
                condition=~Q(state__in=["woke", "offered", "planned"]) | Q(lead__isnull=False),
            ),
            models.CheckConstraint(
                name="signal_of_a_colleague_names_the_account",
                condition=~Q(kind="colleague") | Q(account__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(state__in=["offered", "planned"]), name="signal_one_offer_per_lead"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="signal_to_look_at"),
            # Whom colleagues have woken at an account lately.
            models.Index(
                fields=["account", "decided_at"], condition=Q(kind="colleague", state="woke"), name="signal_woke_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.kind} {self.state}"
