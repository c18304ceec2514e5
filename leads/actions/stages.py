"""The stage a lead stands in when it enters a phase, or when a rep has spoken to it."""

from __future__ import annotations

from agreement.models import Phase, Stage
from team.prepared_objects import PreparedObjects

_ENTRIES = PreparedObjects(lambda phase: Stage.objects.in_use().filter(phase=phase, is_entry=True))
_CONNECTED = PreparedObjects(lambda: Stage.objects.in_use().filter(is_connected=True))
_WITHOUT_MEETING = PreparedObjects(lambda: Stage.objects.in_use().filter(is_without_meeting=True))


def entry_stage(phase: str) -> Stage:
    """Where a lead enters this phase; there always is one."""
    found: list[Stage] = _ENTRIES.objects(shape=(phase,))
    return found[0]


def connected_stage() -> Stage:
    """Where a worked lead stands once there was a conversation."""
    found: list[Stage] = _CONNECTED.objects()
    return found[0]


def handed_off_stage(*, with_meeting: bool) -> Stage:
    if with_meeting:
        return entry_stage(Phase.HANDED_OFF)
    found: list[Stage] = _WITHOUT_MEETING.objects()
    return found[0]
