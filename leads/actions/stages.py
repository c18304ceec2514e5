"""The stage a lead stands in when it enters a phase."""

from __future__ import annotations

from agreement.models import Phase, Stage
from team.prepared_objects import PreparedObjects

_ENTRIES = PreparedObjects(lambda phase: Stage.objects.filter(phase=phase, is_entry=True))


def entry_stage(phase: str) -> Stage:
    """The first stage of a phase; there always is one."""
    found: list[Stage] = _ENTRIES.objects(shape=(phase,))
    return found[0]


def connected_stage() -> Stage | None:
    """Where a worked lead stands once there was a conversation, unless the admins did without such a stage."""
    return Stage.objects.in_use().filter(phase=Phase.WORKING, is_entry=False).first()


def handed_off_stage(*, with_meeting: bool) -> Stage:
    stages = Stage.objects.in_use().filter(phase=Phase.HANDED_OFF)
    return stages.filter(is_entry=with_meeting).first() or entry_stage(Phase.HANDED_OFF)
