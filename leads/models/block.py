"""A block: a list of leads as it stood when a rep began to work it, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead

if TYPE_CHECKING:
    from team.models import User


class BlockQuerySet(models.QuerySet["Block"]):
    def open_of(self, user: User | int) -> BlockQuerySet:
        """The one she works, if there is one."""
        return self.filter(user=user, state=Block.State.OPEN)


class Block(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FINISHED = "finished", _("Finished")
        LEFT = "left", _("Left")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks", db_index=False)
    # What the list was called, and where it stands.
    title = models.CharField(max_length=120)
    # What filters the queue it came from, or the address of another list.
    query = models.CharField(max_length=600, blank=True, default="")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.CheckConstraint(
                name="block_ended_has_its_moment",
                condition=Q(state="open", ended_at=None) | Q(state__in=["finished", "left"], ended_at__isnull=False),
            ),
            models.CheckConstraint(name="block_has_a_title", condition=~Q(title="")),
            models.UniqueConstraint(fields=["user"], condition=Q(state="open"), name="block_one_open_per_user"),
        ]
        indexes = [models.Index(fields=["user", "-made_at"], name="block_of_user")]

    def __str__(self) -> str:
        return self.title


class BlockLeadQuerySet(models.QuerySet["BlockLead"]):
    def in_open_block_of(self, user: User | int) -> BlockLeadQuerySet:
        return self.filter(block__user=user, block__state=Block.State.OPEN)

    def waiting(self) -> BlockLeadQuerySet:
        return self.filter(state=BlockLead.State.WAITING)


class BlockLead(models.Model):
    """One lead of a block, at its place."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")

    block = models.ForeignKey(Block, models.CASCADE, related_name="rows", db_index=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="block_rows")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    # When it was worked, or passed over.
    at = models.DateTimeField(null=True, blank=True)

    objects = BlockLeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead of a block")
        verbose_name_plural = _("leads of a block")
        constraints = [
            models.CheckConstraint(
                name="blocklead_past_has_its_moment",
                condition=Q(state="waiting", at=None) | Q(state__in=["done", "skipped"], at__isnull=False),
            ),
            models.CheckConstraint(name="blocklead_counts_from_one", condition=Q(position__gte=1)),
            models.UniqueConstraint(fields=["block", "position"], name="blocklead_one_at_each_place"),
            models.UniqueConstraint(fields=["block", "lead"], name="blocklead_each_lead_once"),
        ]

    def __str__(self) -> str:
        return f"{self.block_id} {self.position}"
