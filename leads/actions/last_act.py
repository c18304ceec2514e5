"""Which act on a lead is the last one, and whether it is hers to take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leads.actions.claiming import MOVED
from leads.actions.putting_back import effects_of
from leads.actions.sliding import AWAY, BACK, NOT_AWAITED
from leads.models import Lead, LeadEvent

if TYPE_CHECKING:
    from team.models import User

UNDOABLE = frozenset({
    "claim", "release", "log", "plan", "answer", "hand_off", "move", "accept", "reject", "withdraw", "no_show",
    "return", "qualify", "not_qualify", "win", "lose", "stall", "recycle", "rewake", "disqualify",
})  # fmt: skip

# What the system says when a meeting at the account, or somebody's absence, moves an attempt: nobody has acted on it.
ASIDE = {"by": None, "verb": "plan"}

# No act writes more events on one lead, and under no more lines is it looked for.
ACT_MAX = 8
LOOKED_UNDER = 60
# Said in a correction that left some of what its event had done as it was.
IN_PART = "in_part"
# No event has this number: of no words it is said that they are meant.
NO_EVENT = 0


def last_event(lead: Lead) -> LeadEvent | None:
    """Whatever a colleague's meeting or an absence has moved since."""
    return lead.events.exclude(**ASIDE).order_by("-id").first()


def last_act(lead: Lead, meant: int | None = None) -> list[LeadEvent]:
    """The events of the last act on this lead that stands, the last one first: see `act_among`. `meant` as there."""
    return act_among(lead, newest_of(lead), meant).act


def last_acts(lead: Lead, events: Sequence[LeadEvent]) -> list[LeadEvent]:
    """Of these lines of one lead, the last first: the last event of what can be taken back next. Words of hers, and
    beside them what they do not stand in the way of."""
    acts = [act_among(lead, events, meant).act for meant in (None, NO_EVENT)]
    return list({act[0].pk: act[0] for act in acts if act}.values())


def whole_act(event: LeadEvent, lines: Sequence[LeadEvent]) -> list[LeadEvent]:
    """Of these lines of one lead those of the act that this one belongs to."""
    key = event.data.get("act")
    return [one for one in lines if one.pk == event.pk or (key and one.data.get("act") == key)]


def is_move(event: LeadEvent) -> bool:
    """A manager's own move: what goes to a cover, an heir or a successor goes back by other roads."""
    return event.verb == "reassign" and event.data.get("because") == MOVED


def is_aside(event: LeadEvent) -> bool:
    return (event.by_id, event.verb) == (ASIDE["by"], ASIDE["verb"])


def is_of_absence(event: LeadEvent) -> bool:
    return is_aside(event) and event.data.get("because") in (AWAY, BACK, NOT_AWAITED)


def is_words(event: LeadEvent) -> bool:
    """A note: nothing of the lead is another for it. What came by mail may be followed by more than its own line says:
    she is away, or back, or wants no mail."""
    return event.verb == "log" and not event.changes and effects_of(event).keys() <= {"notes"}


def can_undo(event: LeadEvent | None, *, by: User, at: datetime) -> bool:
    """Her own act, of her own day, that can be taken back. Whether somebody has acted since, `undo_last` asks."""
    if event is None or event.by_id != by.pk or not (event.verb in UNDOABLE or is_move(event)):
        return False
    zone = ZoneInfo(by.time_zone)
    return event.at.astimezone(zone).date() == at.astimezone(zone).date()


@dataclass
class History:
    """What is to be taken back of one lead: the events of the act, and those since that are no act; the last first."""

    lead: Lead
    act: list[LeadEvent]
    since: list[LeadEvent]


def can_take_back(lead: Lead, verb: str, *, by: User, at: datetime) -> bool:
    """Whether the last act on this lead, whatever was only said since, is this one of hers, and she may take it
    back."""
    act = last_act(lead, NO_EVENT)
    return any(event.verb == verb for event in act) and all(can_undo(event, by=by, at=at) for event in act)


def newest_of(lead: Lead) -> list[LeadEvent]:
    return list(lead.events.order_by("-id")[: LOOKED_UNDER + ACT_MAX])


def act_among(lead: Lead, events: Sequence[LeadEvent], meant: int | None) -> History:
    """The last act among these lines, the last first. It is passed over what changed nothing: what was taken back
    since, what a colleague's meeting or an absence has moved, and, where one is `meant`, all words but that one. None
    where something older than the act was taken back since, or something newer in part."""
    taken_back: set[int] = set()
    aside: list[LeadEvent] = []
    for place, event in enumerate(events[:LOOKED_UNDER]):
        if IN_PART in event.data:
            break
        if event.corrects is not None:
            taken_back.add(event.corrects)
        elif event.pk in taken_back:
            taken_back.remove(event.pk)
        elif is_aside(event):
            aside.append(event)
        elif meant not in (None, event.pk) and is_words(event):
            continue
        elif taken_back:
            break
        else:
            rest = events[place:]
            act = _whole([one for one in rest if not is_aside(one)])
            return History(lead, act, [*aside, *(one for one in rest if one.pk >= act[-1].pk)])
    return History(lead, [], [])


def _whole(events: Sequence[LeadEvent]) -> list[LeadEvent]:
    """The act that the first of these belongs to."""
    key = events[0].data.get("act")
    return list(takewhile(lambda one: one.data.get("act") == key, events)) if key else list(events[:1])
