"""Which state of a draft a page was shown with: whoever sends from an older one is told so, and overwrites nobody. And
what it says that what runs does not."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from leads.settings.kind import mark_of
from nurture.flow import Flow
from nurture.models import TrackNode

# What a node says, beside where it stands.
SAYS = (
    "kind", "subject", "text", "asset_id", "brings_what_fits", "days", "step_kind", "words", "question", "topic_id",
    "role", "criterion_id",
)  # fmt: skip


def said_by(node: TrackNode) -> dict[str, Any]:
    return {name: getattr(node, name) for name in SAYS}


def mark_of_node(node: TrackNode) -> str:
    """Of what it says: where it stands is no matter to whoever writes it."""
    return mark_of(said_by(node))


def mark_of_draft(flow: Flow) -> str:
    """Of every node, what it says and where it stands."""
    return mark_of(
        {str(pk): [node.branch_id, node.arm, node.position, said_by(node)] for pk, node in flow.nodes.items()}
    )


class Change(StrEnum):
    """What was done with a step in a draft."""

    ADDED = "added"
    WRITTEN = "written"
    TAKEN_OUT = "taken_out"


def changes_of(draft: Flow, running: Flow) -> list[tuple[TrackNode, Change]]:
    """What was added or written anew, in the order of the draft, then what was taken out of what runs."""
    found = []
    for node, _depth in draft.in_order():
        was = running.by_key.get(node.key)
        if was is None:
            found.append((node, Change.ADDED))
        elif said_by(was) != said_by(node):
            found.append((node, Change.WRITTEN))
    taken = [node for node, _depth in running.in_order() if node.key not in draft.by_key]
    return [*found, *((node, Change.TAKEN_OUT) for node in taken)]


def is_moved(draft: Flow, running: Flow) -> bool:
    """Whether what both have stands in another order or arm."""
    both = draft.by_key.keys() & running.by_key.keys()
    orders = [
        [(node.key, node.arm, depth) for node, depth in flow.in_order() if node.key in both]
        for flow in (draft, running)
    ]
    return orders[0] != orders[1]
