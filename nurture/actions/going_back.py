"""What did a step of ours was taken back after its play or track had gone on: it stands at that step again.

Nobody tells a track: its step is open as before, and the next look, or whoever does something about it, finds it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leads.models import Step
from nurture.flow import Flow
from nurture.models import Enrolment, Passage, TrackNode

Kind, What = TrackNode.Kind, Passage.What


@dataclass
class Again:
    """Which enrolments stand at their step again, and the open steps that their flow asks for no more."""

    stand: set[int] = field(default_factory=set)
    gone: list[int] = field(default_factory=list)


def stand_again(enrolments: Sequence[Enrolment], flows: Mapping[int, Flow]) -> Again:
    """Those of these locked ones that wait for no open step, while one of theirs is open again, wait for that, in
    memory; not where a newer version of their flow, in which they are by now, is without it."""
    steps = _open_again(enrolments)
    if not steps:
        return Again()
    planned = Passage.objects.filter(enrolment__in=steps, what=What.PLANNED, node__kind=Kind.STEP)
    keys = {
        (enrolment, at): key
        for enrolment, at, key in planned.order_by("pk").values_list("enrolment", "at", "node__key")
    }
    again = Again()
    for one in enrolments:
        step = steps.get(one.pk)
        key = keys.get((one.pk, step.created_at)) if step is not None else None
        if step is None or key is None:
            continue
        if node := flows[one.version_id].by_key.get(key):
            one.node, one.step = node, step
            again.stand.add(one.pk)
        else:
            again.gone.append(step.pk)
    return again


def yet_to_begin(enrolments: Sequence[Enrolment]) -> list[Enrolment]:
    """Those of these that a newer version brought, while they rested, to a node that they have not begun, or behind the
    last: they wait for nothing there yet."""
    waited = Passage.objects.filter(enrolment__in=enrolments, what__in=[What.PLANNED, What.WAITED]).order_by("pk")
    last = dict(waited.values_list("enrolment", "node__key"))
    steps = Step.objects.open().filter(pk__in=[one.step_id for one in enrolments if one.step_id])
    still = set(steps.values_list("pk", flat=True))
    return [
        one
        for one in enrolments
        if one.pk in last and one.step_id not in still and last[one.pk] != (one.node.key if one.node else None)
    ]


def _open_again(enrolments: Sequence[Enrolment]) -> dict[int, Step]:
    """By enrolment the last step it planned that is open, where it waits for none."""
    leads = [one.lead_id for one in enrolments if one.lead_id and one.node_id]
    if not leads:
        return {}
    planned = list(Step.objects.open().filter(lead__in=leads, made_by=Step.MadeBy.FLOW).order_by("pk"))
    still, last = {step.pk for step in planned}, {step.lead_id: step for step in planned}
    found = {one.pk: last.get(one.lead_id or 0) for one in enrolments if one.node_id and one.step_id not in still}
    # One is under way at a time: what was planned since it began is its own.
    began = {one.pk: one.started_at for one in enrolments}
    return {pk: step for pk, step in found.items() if step is not None and step.created_at >= began[pk]}
