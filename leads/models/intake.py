"""Files of people or companies, row by row, and the dates on which what they brought is released to reps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import Person
from agreement.models import Lane
from leads.models.lead import Lead
from team.models import Upload


class Import(models.Model):
    class Kind(models.TextChoices):
        PEOPLE = "people", _("People")
        COMPANIES = "companies", _("Companies")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns")
        READY = "ready", _("Ready")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    class Pace(models.TextChoices):
        ALL = "all", _("All at once")
        PER_DAY = "per_day", _("So many a day")
        CAPACITY = "capacity", _("At the team's capacity")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PEOPLE)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Encoding, delimiter, headers, count, as read.
    profile = models.JSONField(default=dict)
    # {"columns": [{"target": ..., ...}], "identity": ...}
    mapping = models.JSONField(default=dict)
    # What the file cannot say.
    happened_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True, default="")
    lane = models.CharField(max_length=12, choices=Lane, blank=True, default="")
    engagement_kind = models.CharField(max_length=12, blank=True, default="")
    pace = models.CharField(max_length=8, choices=Pace, blank=True, default="")
    per_day = models.PositiveIntegerField(null=True, blank=True)
    # {value of the status column: meaning}
    meanings = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_updated = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    # The checkpoint moves in the transaction of its chunk.
    checkpoint = models.JSONField(default=dict)
    # {reason code: count} of rejected rows, {sentence code: count} of routed ones.
    tallies = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True, default="")
    claimed_by = models.CharField(max_length=60, blank=True, default="")
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                name="import_state_is_known",
                condition=Q(state__in=["uploaded", "ready", "running", "done", "cancelled", "failed"]),
            ),
            # Every row is accounted for, exactly once.
            models.CheckConstraint(
                name="import_rows_add_up",
                condition=~Q(state="done")
                | Q(rows_total=F("rows_created") + F("rows_updated") + F("rows_duplicate") + F("rows_rejected")),
            ),
            models.CheckConstraint(
                name="import_paced_says_how_many",
                condition=~Q(pace="per_day") | Q(per_day__isnull=False, per_day__gt=0),
            ),
            models.CheckConstraint(
                name="import_running_was_started", condition=~Q(state="running") | Q(started_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], condition=Q(state__in=["running"]), name="import_running")]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def rows_done(self) -> int:
        return self.rows_created + self.rows_updated + self.rows_duplicate + self.rows_rejected


class ImportReject(models.Model):
    """A row that was not taken, why, and the row itself."""

    id = models.BigAutoField(primary_key=True)
    import_run = models.ForeignKey(Import, models.CASCADE, related_name="rejects", db_index=False)
    row_no = models.PositiveIntegerField()
    line_no = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    raw = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["import_run", "row_no"], name="importreject_once_per_row"),
        ]

    def __str__(self) -> str:
        return f"{self.import_run_id}/{self.row_no}"


class Release(models.Model):
    """A person of a file becomes a lead on this day; until then she is an inquiry with no clock."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RELEASED = "released", _("Released")
        SKIPPED = "skipped", _("Skipped")

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="releases")
    import_run = models.ForeignKey(Import, models.PROTECT, related_name="releases", db_index=False)
    due_at = models.DateTimeField()
    # Order within the day: the strongest interest first.
    rank = models.FloatField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    done_at = models.DateTimeField(null=True, blank=True)
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # Why it was not released: she has a lead, was suppressed, became a customer.
    skipped_for = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="release_one_waiting_per_person"
            ),
            models.CheckConstraint(
                name="release_done_has_its_moment",
                condition=Q(state="waiting", done_at=None, lead=None)
                | Q(state="released", done_at__isnull=False, lead__isnull=False)
                | (Q(state="skipped", done_at__isnull=False, lead=None) & ~Q(skipped_for="")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "-rank", "id"], condition=Q(state="waiting"), name="release_waiting"),
            models.Index(fields=["import_run", "due_at"], name="release_of_import"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state}"
