"""What a mail provider told by webhook, as it came: recorded before anything follows from it (R25)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ToldQuerySet(models.QuerySet["Told"]):
    def due(self, at: datetime) -> ToldQuerySet:
        """What is to be read now, the oldest first."""
        return self.filter(state=Told.State.WAITING, due_at__lte=at).order_by("due_at", "id")


class Told(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waits to be read")
        DONE = "done", _("Read")
        ASIDE = "aside", _("Set aside")

    id = models.BigAutoField(primary_key=True)
    # The address it came to (the name django-anymail gives it), and a hash of what came: told again, it is this row.
    hook = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    content_type = models.CharField(max_length=200, blank=True, default="")
    # Of the headers, those that are read with the words.
    headers = models.JSONField(default=dict)
    # The words themselves; nothing, once they have been read.
    body = models.BinaryField(default=b"")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    told_at = models.DateTimeField()
    # When it is to be read, or read again. Whoever reads it moves this first, so that it is nobody else's meanwhile.
    due_at = models.DateTimeField(null=True)
    # How often somebody began to read it.
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    objects = ToldQuerySet.as_manager()

    class Meta:
        verbose_name = _("what a mail provider told")
        verbose_name_plural = _("what mail providers told")
        constraints = [
            models.UniqueConstraint(fields=["hook", "key"], name="told_once_per_hook"),
            models.CheckConstraint(name="told_state_is_known", condition=Q(state__in=["waiting", "done", "aside"])),
            models.CheckConstraint(
                name="told_waiting_has_a_moment",
                condition=Q(state="waiting", due_at__isnull=False, ended_at=None)
                | (~Q(state="waiting") & Q(due_at=None, ended_at__isnull=False)),
            ),
            models.CheckConstraint(name="told_done_holds_no_words", condition=~Q(state="done") | Q(body=b"")),
            models.CheckConstraint(
                name="told_set_aside_says_why", condition=(Q(state="aside") & ~Q(error="")) | ~Q(state="aside")
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="told_due"),
            models.Index(fields=["ended_at"], condition=Q(state="aside"), name="told_aside"),
        ]

    def __str__(self) -> str:
        return f"{self.hook} {self.state}"
