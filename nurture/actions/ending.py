"""How somebody leaves a track: the enrolment ends and says why, and what was planned for her is not sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from agreement.models import Phase
from leads.models import Lead
from nurture.models import Enrolment, Message, Passage, Track
from team.bulk import insert_rows, update_rows

Outcome, State = Enrolment.Outcome, Enrolment.State
COLUMNS = ("id", "version_id", "node_id", "state", "due_at", "paused_because", "outcome", "ended_at", "step_id")
type Line = tuple[int, int | None, str, datetime, int | None, str]


def why_over(enrolment: Enrolment, lead: Lead | None, *, pursued: bool, replied: bool) -> str:
    """Why this is over for her, as things stand now; empty while it goes on. `pursued`: an inquiry has a lead now."""
    person, is_track = enrolment.person, enrolment.track.kind == Track.Kind.TRACK
    if person.merged_into_id is not None:
        return Outcome.MERGED
    if person.erased_at is not None:
        return Outcome.UNREACHABLE
    if replied:
        return Outcome.REPLIED
    if is_track:
        is_awake = pursued if lead is None else lead.phase != Phase.NURTURE
        return Outcome.WOKEN if is_awake else ""
    if lead is None or lead.phase in (Phase.QUEUED, Phase.NURTURE, Phase.CLOSED):
        return Outcome.LEFT
    return "" if lead.phase == Phase.WORKING else Outcome.MET


def end(enrolment: Enrolment, outcome: str, *, at: datetime) -> None:
    """Ended, in memory. Where it stood is kept."""
    enrolment.state, enrolment.outcome, enrolment.ended_at = State.ENDED, outcome, at
    enrolment.due_at, enrolment.paused_because, enrolment.step_id = None, "", None


def write(enrolments: Sequence[Enrolment], lines: Sequence[Line], *, at: datetime) -> None:
    """Write these as they stand in memory, and what they came by. Of those that ended nothing more is sent."""
    rows = [tuple(getattr(one, name) for name in COLUMNS) for one in enrolments]
    update_rows(Enrolment, COLUMNS, rows)
    insert_rows(Passage, ("enrolment_id", "node_id", "what", "at", "by_id", "because"), lines)
    take_back([one.pk for one in enrolments if one.state == State.ENDED], Message.Because.ENDED)


def take_back(enrolments: Sequence[int], because: str) -> None:
    """What is planned for these does not leave. What is being sent is on its way."""
    if enrolments:
        planned = Message.objects.filter(enrolment__in=enrolments, state=Message.State.PLANNED)
        planned.update(state=Message.State.CANCELLED, because=because, due_at=None)


def locked(rows: QuerySet, *, waits: bool = False, no_key: bool = False) -> QuerySet:
    """Locked in the order asked for. A batch leaves what another one holds to it; what somebody does waits."""
    skip = connection.features.has_select_for_update_skip_locked and not waits
    return rows.select_for_update(skip_locked=skip, of=("self",), no_key=no_key) if skip or waits else rows
