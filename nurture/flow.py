"""The flow of one version as it is read: from top to bottom, into an arm of a branch and out of it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from nurture.models import TrackNode

type Line = tuple[int | None, str]


class Flow:
    def __init__(self, nodes: Iterable[TrackNode]) -> None:
        self.nodes = {node.pk: node for node in nodes}
        self._lines: dict[Line, list[TrackNode]] = defaultdict(list)
        for node in sorted(self.nodes.values(), key=lambda node: (node.position, node.pk)):
            self._lines[node.branch_id, node.arm].append(node)
        self._places = {node.pk: place for line in self._lines.values() for place, node in enumerate(line)}
        self.by_key = {node.key: node for node in self.nodes.values()}

    @property
    def first(self) -> TrackNode | None:
        return next(iter(self.line()), None)

    @property
    def sends(self) -> bool:
        return any(node.kind == TrackNode.Kind.EMAIL for node in self.nodes.values())

    def line(self, branch: TrackNode | None = None, arm: str = "") -> list[TrackNode]:
        return self._lines.get((branch.pk if branch else None, arm), [])

    def after(self, node: TrackNode) -> TrackNode | None:
        """What follows: the next of its line, or what follows the branch it stands in."""
        line = self._lines[node.branch_id, node.arm]
        place = self._places[node.pk] + 1
        if place < len(line):
            return line[place]
        return self.after(self.nodes[node.branch_id]) if node.branch_id else None

    def into(self, branch: TrackNode, *, yes: bool) -> TrackNode | None:
        """The first of the arm; an empty one leads on behind the branch."""
        line = self.line(branch, TrackNode.Arm.YES if yes else TrackNode.Arm.NO)
        return line[0] if line else self.after(branch)

    def in_order(
        self, branch: TrackNode | None = None, arm: str = "", depth: int = 0
    ) -> Iterator[tuple[TrackNode, int]]:
        """Every node as it is written down, with how deep it stands."""
        for node in self.line(branch, arm):
            yield node, depth
            for below in (TrackNode.Arm.YES, TrackNode.Arm.NO):
                yield from self.in_order(node, below, depth + 1)

    def where_it_went(self, old: Flow, node: TrackNode) -> TrackNode | None:
        """The same place in this version; where it is gone, the next that is left of what followed it."""
        following: TrackNode | None = node
        while following is not None:
            if (here := self.by_key.get(following.key)) is not None:
                return here
            following = old.after(following)
        return None


def flows_of(versions: Collection[int]) -> dict[int, Flow]:
    """The flows of these versions, in one statement."""
    nodes: dict[int, list[TrackNode]] = {pk: [] for pk in versions}
    for node in TrackNode.objects.filter(version__in=list(versions)).order_by("position", "pk"):
        nodes[node.version_id].append(node)
    return {pk: Flow(found) for pk, found in nodes.items()}


def flow_of(version: int) -> Flow:
    return flows_of([version])[version]
