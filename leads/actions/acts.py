"""One act of a person: what she sent once may write several events, and they are taken back together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from leads.models import Lead, LeadEvent


@dataclass
class Act:
    """Its name, kept with each of its events, and what it has written so far."""

    key: str = field(default_factory=lambda: uuid7().hex)
    events: list[LeadEvent] = field(default_factory=list)

    def last_on(self, lead: Lead) -> int | None:
        """The last event on this lead that is somebody's own; what the system moved along with it is not."""
        own = (event.pk for event in reversed(self.events) if event.lead_id == lead.pk and event.by_id is not None)
        return next(own, None)


_current: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def one_act(key: str = "") -> Iterator[Act]:
    """Every event that is written inside belongs to one act; with `key`, to one begun in another transaction."""
    act = Act(key) if key else Act()
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


def act_in_hand() -> str:
    """The name of the act in hand, or none."""
    act = _current.get()
    return act.key if act else ""


def belongs(event: LeadEvent) -> None:
    """Note that this event, about to be written, belongs to the act in hand, if there is one."""
    if act := _current.get():
        event.data["act"] = act.key
        act.events.append(event)
