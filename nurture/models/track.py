"""What feeds a sleeping person, and what we do after a first conversation: one engine, read from top to bottom.

A version that was published never changes; who is under way in it finishes it or is moved.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import Employment
from agreement.models import Criterion, ReasonRule, StepKind
from content.models import Asset, Topic


class TrackQuerySet(models.QuerySet["Track"]):
    def in_use(self) -> TrackQuerySet:
        return self.filter(retired_at=None)

    def running(self) -> TrackQuerySet:
        """With a published version: somebody may be enrolled."""
        return self.in_use().filter(versions__published_at__isnull=False).distinct()


class Track(models.Model):
    """`track` feeds whoever sleeps or inquired; `play` follows the first conversation of a lead that is worked."""

    class Kind(models.TextChoices):
        TRACK = "track", _("Track")
        PLAY = "play", _("Play")

    class Cycle(models.TextChoices):
        """Where in the buying cycle she is."""

        EARLY = "early", _("Early: learning")
        MIDDLE = "middle", _("Middle: comparing")
        LATE = "late", _("Late: choosing")

    class Goal(models.TextChoices):
        """What ends it for somebody who is under way, wherever she stands. Who replies leaves it anyway."""

        TOPIC = "topic", _("showed interest in")
        ROLE = "role", _("is")
        CLICKED = "clicked", _("clicked in this track")
        CRITERION = "criterion", _("answered yes to")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.TRACK)
    name = models.CharField(max_length=80)
    about = models.CharField(max_length=300, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # Whom a track takes by itself: who was put to sleep for this reason and showed interest in this topic. Empty: any.
    category = models.CharField(max_length=14, choices=ReasonRule.Category, blank=True, default="")
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="tracks")
    # When a play is suggested: where in the cycle x who x what they need. Empty: any.
    cycle = models.CharField(max_length=8, choices=Cycle, blank=True, default="")
    role = models.CharField(max_length=14, choices=Employment.Role, blank=True, default="")
    need = models.ForeignKey(Criterion, models.PROTECT, null=True, blank=True, related_name="+")
    # Doers who read everything and buy nothing: fed and measured, kept out of every queue.
    is_fan_base = models.BooleanField(default=False)
    # It takes nobody by itself: somebody enrols, or another track ends here.
    is_by_hand = models.BooleanField(default=False)
    # Of those it would take, so many in a hundred are left without, to measure what it does.
    hold_out_percent = models.PositiveSmallIntegerField(default=0)
    # What it is for: whoever comes there has reached its goal, at whichever step. Empty: it ends at its last step.
    goal = models.CharField(max_length=9, choices=Goal, blank=True, default="", db_default="")
    goal_topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="+")
    goal_role = models.CharField(max_length=14, choices=Employment.Role, blank=True, default="", db_default="")
    goal_criterion = models.ForeignKey(Criterion, models.PROTECT, null=True, blank=True, related_name="+")
    # Where whoever came to its end goes on; empty: her date wakes her.
    fallback = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    # Everybody was to leave it when it was taken out of use: nobody comes back into it. Empty: who is under way
    # finishes it.
    emptied_at = models.DateTimeField(null=True, blank=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        verbose_name = _("track")
        verbose_name_plural = _("tracks")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="track_kind_is_known", condition=Q(kind__in=["track", "play"])),
            models.CheckConstraint(name="track_has_a_name", condition=~Q(name="")),
            models.UniqueConstraint(fields=["kind", "name"], name="track_name_once_per_kind"),
            models.CheckConstraint(name="track_cycle_is_known", condition=Q(cycle__in=["", "early", "middle", "late"])),
            models.CheckConstraint(name="track_role_is_known", condition=Q(role__in=["", *Employment.Role.values])),
            models.CheckConstraint(
                name="track_category_is_known", condition=Q(category__in=["", *ReasonRule.Category.values])
            ),
            models.CheckConstraint(name="track_holds_out_at_most_half", condition=Q(hold_out_percent__lte=50)),
            models.CheckConstraint(
                name="track_falls_back_on_another", condition=Q(fallback=None) | ~Q(fallback=models.F("pk"))
            ),
            models.CheckConstraint(
                name="track_emptied_is_out_of_use", condition=Q(emptied_at=None) | Q(retired_at__isnull=False)
            ),
            models.CheckConstraint(
                name="track_goal_asks_what_it_can_answer",
                condition=Q(goal__in=["", "clicked"], goal_topic=None, goal_role="", goal_criterion=None)
                | Q(goal="topic", goal_topic__isnull=False, goal_role="", goal_criterion=None)
                | (
                    Q(goal="role", goal_topic=None, goal_role__in=Employment.Role.values, goal_criterion=None)
                    & ~Q(goal_role="")
                )
                | Q(goal="criterion", goal_topic=None, goal_role="", goal_criterion__isnull=False),
            ),
            # A play is for somebody who is worked: it neither takes by category nor keeps anybody out of a queue.
            models.CheckConstraint(
                name="track_play_takes_nobody_asleep",
                condition=Q(kind="track") | Q(category="", is_fan_base=False, hold_out_percent=0, fallback=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TrackVersion(models.Model):
    """The flow as it stands. A draft has no moment of publication; there is one draft a track."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # Whoever published it wanted everybody in an older one to go on in it. Empty: they finish theirs.
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("version of a track")
        verbose_name_plural = _("versions of tracks")
        ordering = ["track", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["track", "number"], name="trackversion_number_once_per_track"),
            models.UniqueConstraint(
                fields=["track"], condition=Q(published_at=None), name="trackversion_one_draft_per_track"
            ),
            models.CheckConstraint(
                name="trackversion_moved_into_by_who_published_it",
                condition=Q(moved_at=None) | Q(published_at__isnull=False, published_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track} {self.number}"


class TrackNode(models.Model):
    """One thing in the flow. `position` orders the nodes of one arm; a branch has two arms, and both go on after it."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WAIT = "wait", _("Wait")
        STEP = "step", _("Step of ours")
        BRANCH = "branch", _("Branch")
        GOAL = "goal", _("Goal")

    class Question(models.TextChoices):
        """What a branch or a goal asks of a person."""

        TOPIC = "topic", _("showed interest in")
        ROLE = "role", _("is")
        CLICKED = "clicked", _("clicked in this track")
        REPLIED = "replied", _("replied in this track")
        CRITERION = "criterion", _("answered yes to")

    class Arm(models.TextChoices):
        MAIN = "", _("Main")
        YES = "yes", _("Yes")
        NO = "no", _("No")

    version = models.ForeignKey(TrackVersion, models.CASCADE, related_name="nodes", db_index=False)
    # The same place in every version that has it: by it somebody is moved from one to the next.
    key = models.UUIDField(default=uuid7, editable=False)
    # The branch it stands in, and in which arm of it; empty: the main flow.
    branch = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="arms")
    arm = models.CharField(max_length=3, choices=Arm, blank=True, default="")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    # An e-mail: what it says, in the fields of nurture/fields.py, and what it brings. No asset: none.
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(max_length=20000, blank=True, default="")
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="+")
    # It brings whatever fits her best and she has not had, instead of one asset for all.
    brings_what_fits = models.BooleanField(default=False)
    # A wait: days of the calendar.
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    # A step of ours: what to do, in words that the queue shows.
    step_kind = models.CharField(max_length=12, choices=StepKind, blank=True, default="")
    words = models.CharField(max_length=200, blank=True, default="")
    # A branch or a goal.
    question = models.CharField(max_length=9, choices=Question, blank=True, default="")
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=14, choices=Employment.Role, blank=True, default="")
    criterion = models.ForeignKey(Criterion, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("node of a track")
        verbose_name_plural = _("nodes of tracks")
        ordering = ["version", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="tracknode_kind_is_known", condition=Q(kind__in=["email", "wait", "step", "branch", "goal"])
            ),
            models.UniqueConstraint(fields=["version", "key"], name="tracknode_key_once_per_version"),
            models.UniqueConstraint(
                fields=["version", "position"], condition=Q(branch=None), name="tracknode_one_per_place"
            ),
            models.UniqueConstraint(
                fields=["branch", "arm", "position"],
                condition=Q(branch__isnull=False),
                name="tracknode_one_per_place_of_an_arm",
            ),
            models.CheckConstraint(
                name="tracknode_stands_in_an_arm_of_a_branch",
                condition=Q(branch=None, arm="") | Q(branch__isnull=False, arm__in=["yes", "no"]),
            ),
            models.CheckConstraint(
                name="tracknode_email_says_something", condition=~Q(kind="email") | (~Q(subject="") & ~Q(text=""))
            ),
            models.CheckConstraint(
                name="tracknode_email_brings_one_thing", condition=Q(asset=None) | Q(brings_what_fits=False)
            ),
            models.CheckConstraint(
                name="tracknode_wait_says_how_long",
                condition=Q(kind="wait", days__gte=1, days__lte=400) | (~Q(kind="wait") & Q(days=None)),
            ),
            models.CheckConstraint(
                name="tracknode_step_says_what_to_do",
                condition=Q(kind="step", step_kind__in=StepKind.values) | (~Q(kind="step") & Q(step_kind="")),
            ),
            models.CheckConstraint(
                name="tracknode_asks_what_it_can_answer",
                condition=(~Q(kind__in=["branch", "goal"]) & Q(question=""))
                | (
                    Q(kind__in=["branch", "goal"])
                    & (
                        Q(question__in=["clicked", "replied"])
                        | Q(question="topic", topic__isnull=False)
                        | (Q(question="role") & ~Q(role=""))
                        | Q(question="criterion", criterion__isnull=False)
                    )
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.position} {self.kind}"
