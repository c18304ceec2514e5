"""What each message that left brought: what was chosen for it, what its words link to, and the step it was."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from content.models import Asset
from nurture.models.message import Message
from nurture.models.track import TrackNode


class Brought(models.Model):
    """One thing one person was given. It holds as long as its message has left, or may have; a message that did not
    leave is followed by the next that brings the same."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="brought", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+", db_index=False)
    # The words of a step that are always the same: whoever has had them gets them no more.
    node = models.ForeignKey(TrackNode, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("what a message brought")
        verbose_name_plural = _("what messages brought")
        constraints = [
            models.CheckConstraint(
                name="brought_is_one_thing",
                condition=Q(asset__isnull=False, node=None) | Q(asset=None, node__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["person", "asset"], condition=Q(asset__isnull=False), name="brought_asset_once_per_person"
            ),
            models.UniqueConstraint(
                fields=["person", "node"], condition=Q(node__isnull=False), name="brought_step_once_per_person"
            ),
        ]
        indexes = [
            models.Index(fields=["message"], name="brought_by_message"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.asset_id or self.node_id}"
