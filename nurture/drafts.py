"""Which state of a draft a page was shown with: whoever sends from an older one is told so, and overwrites nobody."""

from __future__ import annotations

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
