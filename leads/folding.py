"""History folded into state. Reads events only: `check_leads` compares what comes out with the leads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leads.models import LeadEvent


@dataclass
class Folded:
    """What the events of one lead say it is, and where they contradict each other."""

    state: dict[str, Any] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)


def fold(events: Iterable[LeadEvent]) -> Folded:
    """Apply the new values in id order, and hold every old value against what the events before it said."""
    folded = Folded()
    for event in events:
        for name, (old, new) in event.changes.items():
            if folded.state.get(name, old if event.from_phase == "" else _blank(name)) != old:
                folded.contradictions.append(f"event {event.pk}: {name} was {folded.state.get(name)!r}, not {old!r}")
            folded.state[name] = new
        if folded.state.get("phase") != event.to_phase:
            folded.contradictions.append(f"event {event.pk}: says it leads to {event.to_phase}")
    return folded


def _blank(name: str) -> Any:
    """What a field is before any event named it."""
    return {"attempts": 0, "closed_as": ""}.get(name)
