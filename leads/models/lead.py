"""A lead is one pursuit of one person. The constraints below are the table "The life of a lead", row by row."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import Account, Employment, Person, Standing
from agreement.models import AgreementVersion, Cadence, Criterion, Lane, Phase, Reason, Stage
from agreement.models.version import ReasonRule
from team.models import Absence, Role, Team

if TYPE_CHECKING:
    from team.models import User

AE_PHASES = (Phase.HANDED_OFF, Phase.ACCEPTED, Phase.QUALIFIED)
REP_PHASES = (Phase.QUEUED, Phase.WORKING)
# Only prospects reach a rep's queue.
NOT_FOR_REPS = tuple(standing for standing in Standing if standing != Standing.PROSPECT)


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self) -> LeadQuerySet:
        return self.exclude(phase=Phase.CLOSED)

    def in_phase(self, *phases: str) -> LeadQuerySet:
        return self.filter(phase__in=phases)

    def visible_to(self, user: User) -> LeadQuerySet:
        """BDRs and managers see their teams' leads, with what ended in a team that was retired into theirs; AEs what
        was handed to them, marketers and admins all."""
        if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
            return self
        teams = user.teams_read(Role.BDR, Role.MANAGER)
        seen = Q(team__in=teams)
        if user.has_role(Role.AE):
            seen |= Q(ae=user) | self._passed_to(user) | self._answered_by_cover(user) | self._lent_by_ae(user)
        return self.filter(seen)

    def handed_to(self, user: User) -> LeadQuerySet:
        """Of these what an account executive of no team may see, as `visible_to` says it: each part of it found by its
        own index, where one condition of all of them would be asked of every lead there is."""
        parts = (Q(ae=user), self._passed_to(user), self._answered_by_cover(user), self._lent_by_ae(user))
        first, *others = (self.filter(part).order_by() for part in parts)
        return first.union(*others)

    def workable_by(self, user: User) -> LeadQuerySet:
        """Her own leads, what she covers, her teams' pool, what waits for her as AE, and as a manager everything in her
        teams."""
        own = Q(bdr=user) | Q(ae=user, phase__in=AE_PHASES) | self._lent_by_rep(user)
        if user.has_role(Role.AE):
            own |= self._passed_to(user) | self._lent_by_ae(user)
        pool = Q(phase=Phase.QUEUED, team__in=user.teams_as(Role.BDR))
        return self.filter(own | pool | Q(team__in=user.teams_read(Role.MANAGER)))

    def lent_by_an_ae(self, user: User) -> LeadQuerySet:
        """What she decides for an account executive who is away."""
        return self.filter(self._lent_by_ae(user)) if user.has_role(Role.AE) else self.none()

    def _lent_by_rep(self, user: User) -> Q:
        """Leads of her teams with something to do for her."""
        return Q(team__in=user.teams_as(Role.BDR)) & self._with_step_of(user)

    def _lent_by_ae(self, user: User) -> Q:
        """Leads of an account executive who is away and whom she covers, with something to do for her. Whoever keeps
        the relation decides nothing about it for sales: a step alone, which she may give herself, makes no cover."""
        away = Absence.objects.covered_in_sales(Now()).filter(cover=user)
        lent = Q(phase__in=AE_PHASES, ae__in=away.values("user")) & self._with_step_of(user)
        return lent & ~Q(bdr=user)

    def _with_step_of(self, user: User) -> Q:
        steps: Any = self.model._meta.get_field("steps").related_model
        return Q(pk__in=steps.objects.open().filter(assignee=user).values("lead"))

    def _passed_to(self, user: User) -> Q:
        """Leads whose hand-off waits for an answer and came to her."""
        hand_offs: Any = self.model._meta.get_field("hand_offs").related_model
        return Q(pk__in=hand_offs.objects.come_to(user).values("lead"))

    def _answered_by_cover(self, user: User) -> Q:
        """What she answered as cover is hers to read until whose it is comes back."""
        hand_offs: Any = self.model._meta.get_field("hand_offs").related_model
        return Q(pk__in=hand_offs.objects.accepted().filter(lent_to=user).values("lead"))

    def in_pool(self, *, teams: list[int], at: datetime) -> LeadQuerySet:
        """What any BDR of `teams` may take at `at`: free, and not laid aside."""
        return self.free_for(teams=teams, at=at)._not_laid_aside(at)

    def free_for(self, *, teams: list[int], at: datetime) -> LeadQuerySet:
        """What waits for a BDR of `teams`: queued, and not reserved for somebody. Counted on every page."""
        return self.filter(Q(reserved_until=None) | Q(reserved_until__lte=at), phase=Phase.QUEUED, team__in=teams)

    def _not_laid_aside(self, at: datetime) -> LeadQuerySet:
        """Without those whom nobody may try yet, because a colleague of theirs has a meeting. Who waits for us, asked
        to be called or was promised a moment, is not laid aside."""
        hand_offs: Any = self.model._meta.get_field("hand_offs").related_model
        steps: Any = self.model._meta.get_field("steps").related_model
        there = hand_offs.objects.meeting_ahead_at(OuterRef("account"), at).order_by()
        promised = steps.objects.open().filter(lead=OuterRef("pk"), promised=True).order_by()
        # Each with its LIMIT is looked up a row, by the index of the account or of the lead, and the second nearly
        # never: an EXISTS or an IN would be answered by reading every lead with a meeting, every step there is.
        looked_up = self.alias(meets=Subquery(there.values("pk")[:1]), promise=Subquery(promised.values("pk")[:1]))
        return looked_up.filter(
            Q(band=self.model.Band.WAITING)
            | Q(lane=Lane.HAND_RAISER, first_touched_at=None)
            | Q(meets=None)
            | Q(promise__isnull=False)
        )

    def in_pool_order(self) -> LeadQuerySet:
        """Who is waiting first, then first touches in time, today's steps, what was missed."""
        return self.order_by("band", "due_at", "id")

    def after_in_pool(self, band: int, due_at: datetime, pk: int) -> LeadQuerySet:
        """What stands behind this place of the pool, found by the index that orders it."""
        behind = Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=pk)
        return self.filter(Q(band__gt=band) | (Q(band=band) & behind), band__gte=band)

    def in_lane(self, lane: str) -> LeadQuerySet:
        return self.filter(lane=lane)

    def reserved_for(self, user: User | int, *, at: datetime) -> LeadQuerySet:
        return self.filter(phase=Phase.QUEUED, bdr=user, reserved_until__gt=at)

    def asleep_for(self, user: User) -> LeadQuerySet:
        """Who comes back to her: what she put to sleep, as AE what stalled, as manager everything of her teams."""
        roles = frozenset(role for role, _team in user.held)
        teams, managed = user.teams_as(Role.BDR, Role.MANAGER), user.teams_as(Role.MANAGER)
        return self.asleep_of(user.pk, roles, teams=teams, managed=managed)

    def asleep_of(self, user: int, roles: frozenset[str], *, teams: list[int], managed: list[int]) -> LeadQuerySet:
        return self._cared_for(user, roles, teams=teams, managed=managed).filter(phase=Phase.NURTURE)

    def cared_for_by(self, user: User) -> LeadQuerySet:
        """As `asleep_for`, whether they sleep or not."""
        roles = frozenset(role for role, _team in user.held)
        teams, managed = user.teams_as(Role.BDR, Role.MANAGER), user.teams_as(Role.MANAGER)
        return self._cared_for(user.pk, roles, teams=teams, managed=managed)

    def _cared_for(self, user: int, roles: frozenset[str], *, teams: list[int], managed: list[int]) -> LeadQuerySet:
        mine = Q()
        if Role.BDR in roles:
            mine |= Q(team__in=teams, bdr=user)
        if Role.MANAGER in roles:
            mine |= Q(team__in=managed)
        if Role.AE in roles:
            # What she was handed, found by the index of her hand-offs.
            hand_offs: Any = self.model._meta.get_field("hand_offs").related_model
            mine |= Q(ae=user, pk__in=hand_offs.objects.filter(ae=user).values("lead"))
        return self.filter(mine) if mine else self.none()

    def to_sweep(self, at: datetime) -> LeadQuerySet:
        """The system must look at these by `at`."""
        return self.filter(sweep_at__lte=at).order_by("sweep_at", "id")

    def worked_by(self, user: User) -> LeadQuerySet:
        return self.filter(bdr=user, phase=Phase.WORKING)

    def held_by(self, user: User | int) -> LeadQuerySet:
        """What counts against her open limit: what she works and what is reserved for her."""
        return self.filter(bdr=user, phase__in=[Phase.QUEUED, Phase.WORKING])

    def came_in(self) -> LeadQuerySet:
        """What came in and was there to be worked; whoever was woken came in before, and is a cohort of their own."""
        began_at_work = self.exclude(first_queued_at=None, first_working_at=None)
        return began_at_work.exclude(previous__closed_as=Lead.ClosedAs.WOKEN)

    def at_account(self, account: Account | int) -> LeadQuerySet:
        return self.filter(account=account)

    def of_companies(self, *accounts: Account | int) -> LeadQuerySet:
        """Of who works there now, and what began there."""
        employed = Employment.objects.filter(account__in=accounts, is_current=True)
        return self.filter(Q(account__in=accounts) | Q(person__in=employed.values("person")))

    def at_no_prospect(self) -> LeadQuerySet:
        """Those that are not for reps: it began at a company that is no prospect, or she works at one now; without a
        company, she is none herself."""
        employed = Employment.objects.filter(person=OuterRef("person"), is_current=True, account__isnull=False)
        return self.filter(
            Q(account__standing__in=NOT_FOR_REPS)
            | Exists(employed.filter(account__standing__in=NOT_FOR_REPS))
            | Q(~Exists(employed), account=None, person__standing__in=NOT_FOR_REPS)
        )

    def standings(self) -> dict[int, str]:
        """What these are to us that are not for reps, by lead."""
        employed = Employment.objects.filter(person=OuterRef("person"), is_current=True)
        found = self.at_no_prospect().annotate(now=Subquery(employed.values("account__standing")[:1])).order_by()
        return {
            pk: next(standing for standing in standings if standing in NOT_FOR_REPS)
            for pk, *standings in found.values_list("pk", "account__standing", "now", "person__standing")
        }


class Lead(models.Model):
    class Origin(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        HAND_RAISER = "hand_raiser", _("Hand-raiser")
        REP_SOURCED = "rep_sourced", _("Rep-sourced")
        SIGNAL = "signal", _("Signal")
        DATE = "date", _("Date")
        RETURNED_DEAL = "returned_deal", _("Returned deal")
        IMPORT = "import", _("Import")
        MANUAL = "manual", _("Manual")

    class ClosedAs(models.TextChoices):
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        DISQUALIFIED = "disqualified", _("Disqualified")
        DO_NOT_CONTACT = "do_not_contact", _("Do not contact")
        MERGED = "merged", _("Merged")
        ERASED = "erased", _("Erased")
        WOKEN = "woken", _("Woken")
        # Its company became what no rep works: a customer, an open opportunity, a competitor, not to be worked.
        STANDING = "standing", _("Not for reps")

    class Band(models.IntegerChoices):
        WAITING = 0, _("A person is waiting")
        FIRST_TOUCH = 1, _("First touch in time")
        TODAY = 2, _("Planned for today")
        MISSED = 3, _("Missed")

    # Every column that an event may change and the fold must give back, in this order.
    FOLDED = (
        "phase", "stage", "team", "lane", "origin", "bdr", "ae", "sourced_by", "due_at", "wake_at", "reserved_until",
        "reason", "closed_as", "closed_at", "account", "cadence", "attempts", "first_touched_at", "last_touched_at",
        "first_queued_at", "first_working_at", "first_handed_off_at", "first_accepted_at", "first_qualified_at",
        "first_nurture_at", "meeting_agreed_at", "opportunity_at",
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="leads")
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="leads")
    team = models.ForeignKey(Team, models.PROTECT, related_name="leads", db_index=False)
    phase = models.CharField(max_length=12, choices=Phase)
    # Empty when closed.
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, blank=True, related_name="leads", db_index=False)
    lane = models.CharField(max_length=12, choices=Lane)
    origin = models.CharField(max_length=14, choices=Origin)
    source = models.CharField(max_length=60, blank=True, default="")
    bdr = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads_as_bdr",
        db_index=False,
    )
    ae = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads_as_ae",
        db_index=False,
    )
    sourced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # What the responsible sees; empty when closed.
    due_at = models.DateTimeField(null=True, blank=True)
    wake_at = models.DateTimeField(null=True, blank=True)
    # When the system must look next; each visit moves or clears it.
    sweep_at = models.DateTimeField(null=True, blank=True)
    band = models.PositiveSmallIntegerField(choices=Band, default=Band.FIRST_TOUCH)
    reserved_until = models.DateTimeField(null=True, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    closed_as = models.CharField(max_length=14, choices=ClosedAs, blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    previous = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    agreement = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+", db_index=False)
    cadence = models.ForeignKey(Cadence, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_touched_at = models.DateTimeField(null=True, blank=True)
    last_touched_at = models.DateTimeField(null=True, blank=True)
    # As judged at entry: fit A to C, interest 1 to 3, and the named parts that sum to it.
    tier = models.CharField(max_length=2, default="C3")
    tier_parts = models.JSONField(default=list, blank=True)
    # By value: up to three engagements [kind, asset id, topic id, moment] that made it.
    evidence = models.JSONField(default=list, blank=True)
    first_queued_at = models.DateTimeField(null=True, blank=True)
    first_working_at = models.DateTimeField(null=True, blank=True)
    first_handed_off_at = models.DateTimeField(null=True, blank=True)
    first_accepted_at = models.DateTimeField(null=True, blank=True)
    first_qualified_at = models.DateTimeField(null=True, blank=True)
    first_nurture_at = models.DateTimeField(null=True, blank=True)
    # Gate A is the agreed meeting, gate B is first_qualified_at; the installation chooses which opens the opportunity.
    meeting_agreed_at = models.DateTimeField(null=True, blank=True)
    opportunity_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [
            models.CheckConstraint(name="lead_phase_is_known", condition=Q(phase__in=Phase.values)),
            models.CheckConstraint(name="lead_lane_is_known", condition=Q(lane__in=Lane.values)),
            # Every open lead waits for something with a date; a closed one waits for nothing.
            models.CheckConstraint(
                name="lead_open_is_due",
                condition=Q(phase="closed", due_at=None) | (~Q(phase="closed") & Q(due_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="lead_closed_says_how",
                condition=(
                    Q(
                        phase="closed",
                        closed_at__isnull=False,
                        stage=None,
                        closed_as__in=[
                            "won",
                            "lost",
                            "disqualified",
                            "do_not_contact",
                            "merged",
                            "erased",
                            "woken",
                            "standing",
                        ],
                    )
                    | (~Q(phase="closed") & Q(closed_at=None, closed_as="", stage__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="lead_queued_is_reserved_or_free",
                condition=~Q(phase="queued")
                | Q(bdr=None, reserved_until=None)
                | Q(bdr__isnull=False, reserved_until__isnull=False),
            ),
            models.CheckConstraint(
                name="lead_reserved_only_in_the_queue", condition=Q(phase="queued") | Q(reserved_until=None)
            ),
            models.CheckConstraint(
                name="lead_worked_has_a_bdr",
                condition=~Q(phase__in=["working", "handed_off"]) | Q(bdr__isnull=False),
            ),
            models.CheckConstraint(
                name="lead_handed_off_has_an_ae",
                condition=~Q(phase__in=["handed_off", "accepted", "qualified"]) | Q(ae__isnull=False),
            ),
            models.CheckConstraint(
                name="lead_nurture_has_a_wake_and_a_reason",
                condition=Q(phase="nurture", wake_at__isnull=False, reason__isnull=False)
                | (~Q(phase="nurture") & Q(wake_at=None)),
            ),
            models.CheckConstraint(
                name="lead_refused_has_a_reason",
                condition=~Q(closed_as__in=["lost", "disqualified", "do_not_contact"]) | Q(reason__isnull=False),
            ),
            models.CheckConstraint(
                name="lead_reason_only_where_refused",
                condition=Q(phase__in=["nurture", "closed"]) | Q(reason=None),
            ),
            models.CheckConstraint(name="lead_band_is_known", condition=Q(band__lte=3)),
            models.CheckConstraint(
                name="lead_does_not_follow_itself", condition=Q(previous=None) | ~Q(previous=F("pk"))
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=~Q(phase="closed"),
                name="lead_one_open_per_person",
                violation_error_message=_("This person already has an open lead."),
            ),
        ]
        indexes = [
            models.Index(fields=["team", "band", "due_at", "id"], condition=Q(phase="queued"), name="lead_pool"),
            models.Index(fields=["bdr", "phase", "wake_at"], condition=~Q(phase="closed"), name="lead_open_of_bdr"),
            models.Index(
                fields=["ae", "phase", "due_at"],
                condition=Q(phase__in=["handed_off", "accepted", "qualified"]),
                name="lead_of_ae",
            ),
            # SQLite knows it again by these very words: see HandOffQuerySet.meeting_ahead_at.
            models.Index(
                fields=["account"], condition=Q(phase="handed_off") | Q(phase="accepted"), name="lead_with_sales"
            ),
            models.Index(fields=["sweep_at", "id"], condition=Q(sweep_at__isnull=False), name="lead_to_sweep"),
            models.Index(fields=["team", "wake_at"], condition=Q(phase="nurture"), name="lead_asleep"),
            # Closed ones too: whose promises were kept is asked of them as well.
            models.Index(fields=["team", "phase", "id"], name="lead_of_team"),
            models.Index(fields=["ae"], condition=Q(ae__isnull=False) & ~Q(phase="closed"), name="lead_handed"),
            # The orders of the list of leads: what is due, what came in, whom nobody has touched for longest.
            models.Index(fields=["due_at", "id"], condition=~Q(phase="closed"), name="lead_by_due"),
            models.Index(fields=["team", "due_at", "id"], condition=~Q(phase="closed"), name="lead_due_of_team"),
            models.Index(fields=["created_at", "id"], name="lead_by_arrival"),
            models.Index(fields=["source"], name="lead_by_source"),
            models.Index(Coalesce("last_touched_at", "created_at"), "id", name="lead_by_touch"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.phase}"

    @property
    def is_open(self) -> bool:
        return self.phase != Phase.CLOSED

    @property
    def responsible_id(self) -> int | None:
        """Who answers for `due_at`: the AE after the hand-off, else the BDR; nobody in the pool and after the end."""
        if self.phase in AE_PHASES:
            return self.ae_id
        return None if self.phase == Phase.CLOSED else self.bdr_id


class Recycling(models.Model):
    """Why a lead sleeps and what its return is computed from. Words here are blanked by erasure."""

    class Precision(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")
        UNKNOWN = "unknown", _("Unknown")

    class Satisfaction(models.TextChoices):
        HAPPY = "happy", _("happy with them")
        NEITHER = "neither", _("neither happy nor unhappy with them")
        UNHAPPY = "unhappy", _("unhappy with them")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="recyclings")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    category = models.CharField(max_length=14, choices=ReasonRule.Category)
    wake_at = models.DateTimeField()
    missing = models.ForeignKey(Criterion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    vendor = models.CharField(max_length=120, blank=True, default="")
    # What they said of whom they have a contract with; empty where nobody asked.
    satisfaction = models.CharField(max_length=8, choices=Satisfaction, blank=True, default="", db_default="")
    contract_ends_on = models.DateField(null=True, blank=True)
    precision = models.CharField(max_length=8, choices=Precision, blank=True, default="")
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    referred_to = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("recycling")
        verbose_name_plural = _("recyclings")
        constraints = [
            models.CheckConstraint(name="recycling_wakes_later", condition=Q(wake_at__gt=F("at"))),
            models.CheckConstraint(name="recycling_has_a_category", condition=~Q(category="")),
            models.CheckConstraint(
                name="recycling_satisfied_with_a_vendor",
                condition=Q(satisfaction="")
                | Q(category="mid_contract", satisfaction__in=["happy", "neither", "unhappy"]),
            ),
            models.UniqueConstraint(fields=["lead"], condition=Q(undone_at=None), name="recycling_one_per_lead"),
        ]
        indexes = [
            models.Index(fields=["at"], name="recycling_at"),
            # Which contracts end when.
            models.Index(
                fields=["contract_ends_on"],
                condition=Q(category="mid_contract", undone_at=None, contract_ends_on__isnull=False),
                name="recycling_by_contract",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.category}"


class SecondLook(models.Model):
    """A manager looks again at a lead that was disqualified after too few attempts."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        PUT_BACK = "put_back", _("Put back")
        EXPIRED = "expired", _("Expired")
        UNDONE = "undone", _("Undone")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="second_looks")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        constraints = [
            models.CheckConstraint(
                name="secondlook_decided_has_its_moment",
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["lead"], condition=Q(state="open"), name="secondlook_one_open_per_lead"),
        ]
        indexes = [models.Index(fields=["team", "due_at"], condition=Q(state="open"), name="secondlook_open")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.state}"
