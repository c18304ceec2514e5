"""What a track sends is planned here, and leaves through the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from nurture.models import Message


def plan_messages(messages: Sequence[Message]) -> None:
    """Plan these. What somebody else has sent her at this moment is not planned twice: the next look passes over it."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)
