"""What a flow lacks before it may be published, said of the step that lacks it; and what else takes the same people.

Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from content.models import Asset
from nurture.fields import BadWords, fields_in
from nurture.flow import Flow
from nurture.letter_checks import errors_of
from nurture.models import Track, TrackNode
from nurture.over import named_in, over_among

Kind = TrackNode.Kind
# What is always there where a message brings something.
OF_WHAT_IT_BRINGS = ("asset_title", "asset_link")


def faults_of(flow: Flow, *, on: date) -> dict[int, list[str]]:
    """By node, in the order of the flow, why it cannot be published as it stands."""
    nodes = [node for node, _depth in flow.in_order()]
    brought = {node.asset_id for node in nodes if node.asset_id}
    good = set(Asset.objects.sendable(on=on).filter(pk__in=brought).values_list("pk", flat=True))
    bad = Asset.objects.in_bulk(brought - good)
    linked = named_in(*(node.text for node in nodes))
    over = {one.asset.public_id: one.words for one in over_among(linked, on=on)}
    found: dict[int, list[str]] = defaultdict(list)
    for node in nodes:
        found[node.pk].extend(_of_letter(node, bad, over) if node.kind == Kind.EMAIL else _of_question(node, flow))
    return {pk: said for pk, said in found.items() if said}


def _of_letter(node: TrackNode, bad: dict[int, Asset], over: dict[UUID, str]) -> Iterator[str]:
    if node.asset_id in bad:
        yield _("“%(title)s” cannot be sent: it is expired, or not approved.") % {"title": bad[node.asset_id]}
    yield from (over[one] for one in sorted(named_in(node.text)) if one in over)
    brings = node.asset_id is not None or node.brings_what_fits
    try:
        named = [*fields_in(node.subject), *fields_in(node.text)]
    except BadWords as refused:
        yield str(refused)
        return
    yield from (one.words for one in errors_of(node.subject, node.text))
    for name in dict.fromkeys(name for name, instead in named if instead is None):
        if name not in OF_WHAT_IT_BRINGS:
            yield _(
                "{{ %(field)s }} may be empty and nothing stands in for it: who has none would get no letter. "
                "Write {{ %(field)s | there }}, or what fits."
            ) % {"field": name}
        elif not brings:
            yield _("{{ %(field)s }} is empty: this letter brings nothing.") % {"field": name}


def _of_question(node: TrackNode, flow: Flow) -> Iterator[str]:
    if node.question == TrackNode.Question.REPLIED:
        yield _("Who replies leaves the track: nobody comes by here who has. Ask something else.")
    if node.kind == Kind.BRANCH and not any(flow.line(node, arm) for arm in (TrackNode.Arm.YES, TrackNode.Arm.NO)):
        yield _("Nothing stands in either arm: it would ask and change nothing. Fill an arm, or remove it.")


def rivals_of(track: Track) -> list[str]:
    """Which others that run take the same people by themselves, and which of them comes first."""
    if track.kind != Track.Kind.TRACK or track.is_by_hand:
        return []
    others = Track.objects.running().filter(kind=track.kind, is_by_hand=False).exclude(pk=track.pk)
    same = (
        others.filter(is_fan_base=True)
        if track.is_fan_base
        else others.filter(is_fan_base=False, category=track.category, topic=track.topic_id)
    )
    said = []
    for other in same.order_by("position", "pk"):
        if (other.position, other.pk) < (track.position, track.pk):
            words = _("“%(other)s” takes the same people and comes first: by itself, nobody comes into this one.")
        else:
            words = _("“%(other)s” takes the same people: from now on they come into this one, and none into it.")
        said.append(words % {"other": other})
    return said
