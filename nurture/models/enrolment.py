"""Who is under way in which track, and how far."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import Employment, Person
from agreement.models import Phase
from leads.models import Answer, Engagement, Lead, LeadEvent, Recycling, Step
from nurture.models.track import Track, TrackNode, TrackVersion
from team.models import Role, User

# What somebody does bears the clock of the web host, an end that of the database, as it was before its batch: the one
# may be later than the other, which followed from it.
CLOCKS_APART = timedelta(minutes=5)


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: User) -> EnrolmentQuerySet:
        """As messages: through the lead; who keeps tracks or the installation sees those of inquiries, too."""
        if user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER):
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def under_way(self) -> EnrolmentQuerySet:
        return self.filter(state__in=Enrolment.UNDER_WAY)

    def fed(self) -> EnrolmentQuerySet:
        """Whom a figure calls under way: without those who are left without, to compare."""
        return self.under_way().filter(is_held_out=False)

    def left_without(self) -> EnrolmentQuerySet:
        return self.under_way().filter(is_held_out=True)

    def over(self) -> EnrolmentQuerySet:
        """Under way, and whoever it is about is asleep no more, or worked no more, or has answered, or is gone."""
        pursued = Lead.objects.open().filter(person=OuterRef("person")).order_by()
        said = Engagement.objects.standing().filter(
            person=OuterRef("person"), kind=Engagement.Kind.REPLIED, at__gte=OuterRef("started_at")
        )
        awake = Q(track__kind=Track.Kind.TRACK, lead__isnull=False) & ~Q(lead__phase=Phase.NURTURE)
        no_inquiry = Q(track__kind=Track.Kind.TRACK, lead=None) & Exists(pursued)
        not_worked = Q(track__kind=Track.Kind.PLAY) & ~Q(lead__phase=Phase.WORKING)
        is_gone = Q(person__merged_into__isnull=False) | Q(person__erased_at__isnull=False)
        return self.under_way().filter(awake | no_inquiry | not_worked | is_gone | Exists(said))

    def at_goal(self) -> EnrolmentQuerySet:
        """Under way and fed, and its goal is reached, wherever she stands."""
        return self.fed().with_goal_reached()

    def with_goal_reached(self) -> EnrolmentQuerySet:
        """Whoever it is about has reached the goal of its track since it began, whatever became of it."""
        about = Q(topic=OuterRef("track__goal_topic")) | Q(topic=None, asset__topic=OuterRef("track__goal_topic"))
        showed = (
            Engagement.objects.standing()
            .filter(about, person=OuterRef("person"), at__gte=OuterRef("started_at"))
            .order_by()
        )
        job = Employment.objects.filter(
            person=OuterRef("person"), is_current=True, role=OuterRef("track__goal_role")
        ).order_by()
        # The newest counts, in whichever pursuit.
        newest = Answer.objects.filter(
            lead__person=OuterRef("person"), criterion=OuterRef("track__goal_criterion")
        ).order_by("-id")
        clicked = self.model.objects.filter(pk=OuterRef("pk"), messages__clicked_at__isnull=False).order_by()
        goal = Track.Goal
        rows = self.exclude(track__goal="")
        return rows.alias(said=Subquery(newest.values("value")[:1])).filter(
            (Q(track__goal=goal.TOPIC) & Exists(showed))
            | (Q(track__goal=goal.ROLE) & Exists(job))
            | (Q(track__goal=goal.CLICKED) & Exists(clicked))
            | Q(track__goal=goal.CRITERION, said=Answer.Value.YES)
        )

    def to_take_up(self, at: datetime) -> EnrolmentQuerySet:
        """Ended with its lead, or by a step of theirs, by an act that was taken back since, where the person is in none
        now and has not reached its goal, and not everybody was to leave it. An act is taken back on its own day: within
        two, wherever that is."""
        return self._ended_by_mistake(at).filter(~Exists(_others_under_way()), ~_would_end())

    def steps_left_over(self, at: datetime) -> list[int]:
        """Steps that are open again of those that cannot be taken up, since another has begun meanwhile."""
        rows = self._ended_by_mistake(at).filter(Exists(_others_under_way())).annotate(step_again=_step_again())
        return list(rows.filter(step_again__isnull=False).order_by("pk").values_list("step_again", flat=True))

    def _ended_by_mistake(self, at: datetime) -> EnrolmentQuerySet:
        """It `lives_in` the phase that its lead is in again."""
        is_play = Q(track__kind=Track.Kind.PLAY)
        phase = Case(When(is_play, then=Value(Phase.WORKING)), default=Value(Phase.NURTURE))
        left = (
            LeadEvent.objects.filter(
                lead=OuterRef("lead"), from_phase=OuterRef("lives_in"), at__gt=OuterRef("started_at"),
                at__lte=OuterRef("ended_at") + CLOCKS_APART,
            )
            .exclude(to_phase=F("from_phase"))
            .order_by("-id")
        )  # fmt: skip
        taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", corrects=OuterRef("left_by"))
        with_its_lead = Q(outcome__in=Enrolment.WITH_ITS_LEAD) & Exists(taken_back)
        ended = self.filter(
            outcome__in=(*Enrolment.WITH_ITS_LEAD, *Enrolment.BY_A_STEP), ended_at__gt=at - timedelta(days=2),
            person__merged_into=None, person__erased_at=None, track__emptied_at=None,
        )  # fmt: skip
        rows = ended.alias(lives_in=phase, left_by=Subquery(left.values("pk")[:1]), step_again=_step_again())
        return rows.filter(with_its_lead | Q(step_again__isnull=False), lead__phase=F("lives_in"))

    def beside_an_open_step(self) -> EnrolmentQuerySet:
        """Ended by a step of theirs that was done or left out, and is open again. What a track that everybody was to
        leave, or whose goal is reached, has left open is its rep's."""
        open_steps = Step.objects.open().filter(made_by=Step.MadeBy.FLOW)
        ended = self.filter(outcome__in=Enrolment.BY_A_STEP, track__emptied_at=None)
        rows = ended.filter(lead__in=open_steps.values("lead"))
        return rows.alias(step_again=_step_again()).filter(~_would_end(), step_again__isnull=False)

    def to_resume(self) -> EnrolmentQuerySet:
        """Paused for a step that somebody set by hand, and that was taken back: so was what history says of the
        pause."""
        said = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="plan", by=None, data__because="flow_waits")
        taken_back = LeadEvent.objects.filter(lead=OuterRef("lead"), verb="correct", corrects=OuterRef("said_by"))
        paused = self.filter(state=Enrolment.State.PAUSED, paused_because=Enrolment.Pause.OWN_STEP)
        rows = paused.alias(said_by=Subquery(said.order_by("-id").values("pk")[:1]))
        return rows.filter(Exists(taken_back))

    def to_go_back(self) -> EnrolmentQuerySet:
        """Under way and waiting for no open step, while one they had planned is open again: what did it was taken
        back. What a flow planned since they began is theirs: they are in one at a time."""
        planned = Step.objects.open().filter(made_by=Step.MadeBy.FLOW)
        theirs = planned.filter(lead=OuterRef("lead"), created_at__gte=OuterRef("started_at"))
        waits_for_none = Q(step=None) | ~Q(step__state=Step.State.OPEN)
        return self.under_way().filter(waits_for_none, Exists(theirs), lead__in=planned.values("lead"))

    def drawn(self) -> EnrolmentQuerySet:
        """Those for whom it was drawn whether they are fed: whoever somebody chose is like nobody who was left out."""
        return self.filter(hold_out_percent__isnull=False)

    def to_follow(self) -> EnrolmentQuerySet:
        """What one of us did is seen before its moment: a step that was done, a play's place taken by one of hers."""
        own = Step.objects.open().filter(
            lead=OuterRef("lead"), made_by=Step.MadeBy.PERSON, created_at__gt=OuterRef("followed_from")
        )
        is_done = Q(step__isnull=False) & ~Q(step__state=Step.State.OPEN)
        is_taken = Q(track__kind=Track.Kind.PLAY) & Exists(own)
        return self.filter(is_done | is_taken, state=Enrolment.State.ACTIVE)

    def due(self, at: datetime) -> EnrolmentQuerySet:
        """What the engine must look at, the longest due first."""
        return self.filter(state=Enrolment.State.ACTIVE, due_at__lte=at).order_by("due_at", "id")


def _others_under_way() -> EnrolmentQuerySet:
    return Enrolment.objects.under_way().filter(person=OuterRef("person")).order_by()


def _would_end() -> Exists:
    """Its goal is reached: it would end for that at once."""
    fed = Enrolment.objects.filter(pk=OuterRef("pk"), is_held_out=False)
    return Exists(fed.with_goal_reached().order_by())


def _step_again() -> Case:
    """Of one that has ended the step whose end had ended it, where that is open again. What a track out of use leaves
    open is its rep's: nobody had left it out."""
    planned = Step.objects.open().filter(
        lead=OuterRef("lead"), made_by=Step.MadeBy.FLOW, created_at__gte=OuterRef("started_at"),
        created_at__lte=OuterRef("ended_at"),
    )  # fmt: skip
    left_out = LeadEvent.objects.filter(
        lead=OuterRef("lead"), at=OuterRef("ended_at"), verb="plan", data__has_key="skipped"
    )
    # One that was reached before an end that was taken back since says nothing of this one.
    reached = Passage.objects.filter(enrolment=OuterRef("pk"), what=Passage.What.REACHED, at=OuterRef("ended_at"))
    by_it = (
        Q(outcome=Enrolment.Outcome.EXHAUSTED)
        | Q(outcome=Enrolment.Outcome.STOPPED) & Exists(left_out)
        | Q(outcome=Enrolment.Outcome.GOAL) & Exists(reached)
    )
    step = Subquery(planned.order_by("-id").values("pk")[:1])
    return Case(When(by_it, then=step), output_field=models.BigIntegerField(null=True))


class Enrolment(models.Model):
    """One person in one version of one track, at most one at a time. Active: `due_at` is when it goes on."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Under way")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    class Outcome(models.TextChoices):
        GOAL = "goal", _("reached its goal")
        EXHAUSTED = "exhausted", _("came to its end")
        REPLIED = "replied", _("replied")
        WOKEN = "woken", _("is worked again")
        UNREACHABLE = "unreachable", _("cannot be reached by e-mail")
        STOPPED = "stopped", _("was taken out")
        MOVED = "moved", _("went on in another track")
        MERGED = "merged", _("was merged")
        # Of plays: what they are for, and what they were not.
        MET = "met", _("led to a meeting")
        LEFT = "left", _("ended with its lead")

    class Pause(models.TextChoices):
        BY_HAND = "by_hand", _("by hand")
        OWN_STEP = "own_step", _("somebody set the next step by hand")

    UNDER_WAY = (State.ACTIVE, State.PAUSED)
    # What follows from the phase of the lead alone: where that is as before, so is this.
    WITH_ITS_LEAD = (Outcome.WOKEN, Outcome.MET, Outcome.LEFT)
    # What may follow from what somebody did with a step: where that is open again, so is this.
    BY_A_STEP = (Outcome.EXHAUSTED, Outcome.GOAL, Outcome.STOPPED)

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments", db_index=False)
    # The pursuit it began in; empty: an inquiry.
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="enrolments", db_index=False)
    track = models.ForeignKey(Track, models.PROTECT, related_name="enrolments", db_index=False)
    version = models.ForeignKey(TrackVersion, models.PROTECT, related_name="enrolments", db_index=False)
    # Where it stands; empty before the first node and after the last.
    node = models.ForeignKey(TrackNode, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=6, choices=State, default=State.ACTIVE)
    due_at = models.DateTimeField(null=True, blank=True)
    paused_because = models.CharField(max_length=16, choices=Pause, blank=True, default="")
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True, default="")
    # Left without, to measure what the track does: it plans nothing and ends as it began.
    is_held_out = models.BooleanField(default=False)
    # By value: it was drawn for her when so many of a hundred were left without. Empty: nobody drew for her, since
    # somebody chose, or nobody was left without then.
    hold_out_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    started_at = models.DateTimeField()
    # Empty: nobody, it followed from her reason and her topic.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    # What one of us has to do before it goes on.
    step = models.ForeignKey(Step, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    # Since when a step that somebody sets by hand takes the place of a play's.
    followed_from = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.CheckConstraint(
                name="enrolment_state_is_known", condition=Q(state__in=["active", "paused", "ended"])
            ),
            models.CheckConstraint(
                name="enrolment_outcome_is_known",
                condition=Q(
                    outcome__in=[
                        "",
                        "goal",
                        "exhausted",
                        "replied",
                        "woken",
                        "unreachable",
                        "stopped",
                        "moved",
                        "merged",
                        "met",
                        "left",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="enrolment_pause_is_known", condition=Q(paused_because__in=["", "by_hand", "own_step"])
            ),
            models.CheckConstraint(
                name="enrolment_active_has_a_moment",
                condition=Q(state="active", due_at__isnull=False) | (~Q(state="active") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="enrolment_ended_says_how",
                condition=(Q(state="ended", ended_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="ended") & Q(ended_at=None, outcome="")),
            ),
            models.CheckConstraint(
                name="enrolment_paused_says_why",
                condition=(Q(state="paused") & ~Q(paused_because="")) | (~Q(state="paused") & Q(paused_because="")),
            ),
            models.CheckConstraint(
                name="enrolment_held_out_has_no_place", condition=Q(is_held_out=False) | Q(node=None, step=None)
            ),
            # Only a lot makes those who are fed like those who are left without.
            models.CheckConstraint(
                name="enrolment_held_out_by_lot", condition=Q(is_held_out=False) | Q(hold_out_percent__isnull=False)
            ),
            models.CheckConstraint(
                name="enrolment_drawn_by_nobody",
                condition=Q(hold_out_percent=None) | Q(hold_out_percent__gte=1, hold_out_percent__lte=50, by=None),
            ),
            models.CheckConstraint(
                name="enrolment_waits_only_while_under_way", condition=~Q(state="ended") | Q(step=None)
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=["active", "paused"]),
                name="enrolment_one_under_way_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="active"), name="enrolment_due"),
            models.Index(fields=["person", "-id"], name="enrolment_of_person"),
            models.Index(fields=["version", "state"], name="enrolment_of_version"),
            models.Index(fields=["track", "-started_at"], name="enrolment_of_track"),
            models.Index(fields=["lead"], condition=Q(lead__isnull=False), name="enrolment_of_lead"),
            # Those whose end the engine looks for, and those that wait for one of us.
            models.Index(
                fields=["lead", "person"], condition=Q(state__in=["active", "paused"]), name="enrolment_under_way"
            ),
            models.Index(fields=["step"], condition=Q(step__isnull=False), name="enrolment_waits_for_step"),
            # What ended with its lead lately.
            models.Index(
                fields=["outcome", "ended_at"], condition=Q(ended_at__isnull=False), name="enrolment_ended_lately"
            ),
            models.Index(
                fields=["lead", "ended_at"], condition=Q(outcome="unreachable"), name="enrolment_lost_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.version_id}"

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY


class Passage(models.Model):
    """Somebody came by a node: the numbers at every step, and what her history tells. Append-only."""

    class What(models.TextChoices):
        ENTERED = "entered", _("entered")
        PLANNED = "planned", _("planned")
        WAITED = "waited", _("waits")
        YES = "yes", _("yes")
        NO = "no", _("no")
        REACHED = "reached", _("reached")
        SKIPPED = "skipped", _("skipped")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("went on")
        ENDED = "ended", _("ended")

    # Why it went on: what had ended it was taken back.
    TAKEN_BACK = "taken_back"

    id = models.BigAutoField(primary_key=True)
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="passages", db_index=False)
    node = models.ForeignKey(TrackNode, models.PROTECT, null=True, related_name="passages", db_index=False)
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    # Why, as a code: of a skip, a pause, an end.
    because = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        constraints = [
            models.CheckConstraint(
                name="passage_what_is_known",
                condition=Q(
                    what__in=[
                        "entered", "planned", "waited", "yes", "no", "reached", "skipped", "paused", "resumed", "ended",
                    ]
                ),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["enrolment", "id"], name="passage_of_enrolment"),
            models.Index(fields=["node", "what"], name="passage_of_node"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.what}"


class SortingQuerySet(models.QuerySet["Sorting"]):
    def asleep(self) -> SortingQuerySet:
        """Of sleeps that go on."""
        return self.filter(recycling__undone_at=None, recycling__lead__phase=Phase.NURTURE)


class Sorting(models.Model):
    """One sleep that was looked at, and which track it led to, or why to none. A sleep is looked at once."""

    class Answer(models.TextChoices):
        TAKEN = "taken", _("in a track")
        HELD_OUT = "held_out", _("left without, to compare")
        NO_TRACK = "no_track", _("no track fits")
        UNREACHABLE = "unreachable", _("cannot be reached by e-mail")
        ELSEWHERE = "elsewhere", _("was in a track already")

    class Because(models.TextChoices):
        """Why no e-mail reaches somebody who has an address, where only who knows every key and row can tell."""

        SILENT = "silent", _("asked for no e-mail")
        CONSENT = "consent", _("has not agreed to get e-mail")

    recycling = models.OneToOneField(Recycling, models.CASCADE, primary_key=True, related_name="sorting")
    answer = models.CharField(max_length=11, choices=Answer)
    because = models.CharField(max_length=7, choices=Because, blank=True, default="", db_default="")
    # By value: when it fell asleep, so that the next look begins near the last.
    slept_at = models.DateTimeField()
    at = models.DateTimeField()

    objects = SortingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sorting")
        verbose_name_plural = _("sortings")
        constraints = [
            models.CheckConstraint(
                name="sorting_answer_is_known",
                condition=Q(answer__in=["taken", "held_out", "no_track", "unreachable", "elsewhere"]),
            ),
            models.CheckConstraint(
                name="sorting_says_why_of_the_unreached",
                condition=Q(because="") | Q(because__in=["silent", "consent"], answer="unreachable"),
            ),
        ]
        indexes = [
            models.Index(fields=["slept_at"], name="sorting_by_sleep"),
            models.Index(fields=["answer"], condition=Q(answer="no_track"), name="sorting_without_track"),
            models.Index(fields=["recycling"], condition=Q(answer="unreachable"), name="sorting_without_address"),
            models.Index(fields=["recycling"], condition=Q(answer="elsewhere"), name="sorting_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.recycling_id} {self.answer}"
