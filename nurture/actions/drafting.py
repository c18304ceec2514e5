"""How a track is made: a draft is written node by node and published. What was published never changes.

Every track has at most one draft. Positions within a line are 1, 2, 3 without gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from agreement.models import Criterion
from leads.actions.changing import LeadConflict, MoveRefused
from nurture.actions.enrolling import newest_of
from nurture.actions.moving import ask_to_move, work_at_once
from nurture.drafts import mark_of_draft, mark_of_node, said_by
from nurture.flow import Flow, flow_of
from nurture.models import Sorting, Track, TrackNode, TrackVersion
from nurture.shipped import SHIPPED
from nurture.whole import faults_of
from team.company_time import company_day

if TYPE_CHECKING:
    from team.models import User

# A branch in a branch in a branch is no longer read from top to bottom.
DEEPEST, MOST_NODES = 2, 60


class DraftChanged(LeadConflict):
    """The draft is there still, and is not what the page showed."""


@transaction.atomic
def add_track(*, by: User, at: datetime, **fields: Any) -> Track:
    """A track or a play with an empty draft. MoveRefused when its name is taken."""
    track = Track(owner=by, position=(Track.objects.aggregate(last=Max("position"))["last"] or 0) + 1, **fields)
    _save(track)
    TrackVersion.objects.create(track=track, number=1, made_at=at, made_by=by)
    return track


@transaction.atomic
def add_shipped(*, by: User, at: datetime) -> int:
    """What is shipped, as drafts; what is called like one that is there already stays away. How many came."""
    made: dict[str, Track] = {}
    for one in SHIPPED:
        name = str(one.name)
        if Track.objects.filter(kind=one.kind, name=name).exists():
            continue
        need = Criterion.objects.in_use().filter(key=one.need).first() if one.need else None
        fields = {**one.fields, "about": str(one.about), "need": need, "fallback": made.get(str(one.fallback))}
        made[name] = add_track(by=by, at=at, kind=one.kind, name=name, **fields)
        _write_line(made[name].versions.get(), one.nodes)
    return len(made)


def _write_line(version: TrackVersion, nodes: Sequence[Any], branch: TrackNode | None = None, arm: str = "") -> None:
    for position, (says, yes, no) in enumerate(nodes, start=1):
        words = {name: str(value) if isinstance(value, Promise) else value for name, value in says.items()}
        node = TrackNode.objects.create(version=version, branch=branch, arm=arm, position=position, **words)
        _write_line(version, yes, node, TrackNode.Arm.YES)
        _write_line(version, no, node, TrackNode.Arm.NO)


@transaction.atomic
def change_track(track: Track, *, values: Mapping[str, Any]) -> None:
    """What it is called, whom it takes, where it ends. It holds at once, for whoever comes from now on."""
    held = Track.objects.select_for_update(of=("self",)).get(pk=track.pk)
    for name, value in values.items():
        setattr(held, name, value)
    _must_not_lead_in_circles(held)
    _save(held)
    look_again(held)


@transaction.atomic
def draft_of(track: Track, *, by: User, at: datetime) -> TrackVersion:
    """The draft of this track: the one there is, or a copy of what runs."""
    Track.objects.select_for_update(of=("self",)).get(pk=track.pk)
    draft = TrackVersion.objects.filter(track=track, published_at=None).first()
    return draft or _copied(track, newest_of(track), by=by, at=at)


@transaction.atomic
def discard_draft(track: Track, *, seen: str = "") -> None:
    """Away with it; what runs stays. MoveRefused where nothing else is there, DraftChanged where it is not as
    `seen` marks."""
    if newest_of(track) is None:
        raise MoveRefused(_("Nothing was published yet: there is only this draft. Retire the track instead."))
    draft = _drafted(track)
    _must_be_as_seen(draft, seen)
    draft.delete()


@transaction.atomic
def add_node(
    track: Track, *, values: Mapping[str, Any], after: TrackNode | None = None, branch: TrackNode | None = None,
    arm: str = "",
) -> TrackNode:  # fmt: skip
    """Behind another node, or as the first of the flow or of an arm. DraftChanged where that is gone by now."""
    draft = _drafted(track)
    if after is not None:
        after = _as_it_stands(track, after)
        branch, arm = after.branch, after.arm
    elif branch is not None:
        branch = _as_it_stands(track, branch)
    if draft.nodes.count() >= MOST_NODES:
        raise MoveRefused(_("A flow of more than %(most)s nodes is two tracks.") % {"most": MOST_NODES})
    if values["kind"] == TrackNode.Kind.BRANCH and _depth(branch) >= DEEPEST:
        raise MoveRefused(_("A branch stands in two others already: nobody could read it from top to bottom."))
    place = after.position + 1 if after else 1
    line = TrackNode.objects.filter(version=draft, branch=branch, arm=arm, position__gte=place)
    for node in line.order_by("-position"):
        _put(node, node.position + 1)
    return TrackNode.objects.create(version=draft, branch=branch, arm=arm, position=place, **values)


@transaction.atomic
def change_node(node: TrackNode, *, values: Mapping[str, Any], seen: str = "") -> None:
    """DraftChanged where it says something else by now than what `seen` marks, or is gone."""
    _drafted(node.version.track, node)
    held = _as_it_stands(node.version.track, node)
    if seen and seen != mark_of_node(held):
        raise DraftChanged(_("Somebody has changed this since you opened this page."))
    for name, value in values.items():
        setattr(held, name, value)
    held.save(update_fields=list(values))


@transaction.atomic
def move_node(node: TrackNode, *, up: bool, seen: str = "") -> None:
    """One place up or down in its line, with the arms below it. At the end of the line it stays. DraftChanged where
    the draft is not as `seen`."""
    _must_be_as_seen(_drafted(node.version.track, node), seen)
    node = _as_it_stands(node.version.track, node)
    line = TrackNode.objects.filter(version=node.version_id, branch=node.branch_id, arm=node.arm)
    if up:
        other = line.filter(position__lt=node.position).order_by("-position").first()
    else:
        other = line.filter(position__gt=node.position).order_by("position").first()
    if other is not None:
        here, there = node.position, other.position
        # A place is one node's at any moment.
        _put(node, 0)
        _put(other, here)
        _put(node, there)


@transaction.atomic
def remove_node(node: TrackNode, *, seen: str = "") -> None:
    """With what stands in its arms. DraftChanged where the draft is not as `seen`."""
    _must_be_as_seen(_drafted(node.version.track, node), seen)
    node = _as_it_stands(node.version.track, node)
    version, branch, arm, position = node.version_id, node.branch_id, node.arm, node.position
    node.delete()
    later = TrackNode.objects.filter(version=version, branch=branch, arm=arm, position__gt=position)
    for other in later.order_by("position"):
        _put(other, other.position - 1)


def publish(track: Track, *, by: User, at: datetime, moves: bool = False, seen: str = "") -> None:
    """The draft is what runs from now on. Who is under way finishes her version, or with `moves` goes on in this one:
    a batch at once, the rest by a tick. MoveRefused says what is missing; DraftChanged where it is
    not as `seen`."""
    with transaction.atomic():
        # Who retires it holds the track, too: what becomes of its people is asked by one after the other.
        Track.objects.select_for_update(of=("self",), no_key=True).get(pk=track.pk)
        draft = _drafted(track)
        _must_be_as_seen(draft, seen)
        _must_be_whole(track, flow_of(draft.pk), at=at)
        draft.number = _next_number(track, without=draft)
        draft.published_at, draft.published_by = at, by
        draft.save(update_fields=["number", "published_at", "published_by"])
        if moves:
            ask_to_move(draft, by=by, at=at)
        look_again(track)
    if moves:
        work_at_once(track, at=at)


def revert(version: TrackVersion, *, by: User, at: datetime, moves: bool = False, seen: str = "") -> TrackVersion:
    """What ran before runs again, as a version of its own; with `moves` whoever is under way goes on in it, as when it
    is published. DraftChanged where what runs is not the number `seen`."""
    track = version.track
    with transaction.atomic():
        Track.objects.select_for_update(of=("self",)).get(pk=track.pk)
        newest = newest_of(track)
        if version.published_at is None:
            raise MoveRefused(_("This version was never published."))
        if newest == version:
            raise MoveRefused(_("This is what runs now."))
        if seen and newest is not None and seen != str(newest.number):
            raise DraftChanged(_("Somebody has published another version since you opened this page."))
        _must_be_whole(track, flow_of(version.pk), at=at)
        made = _copied(track, version, by=by, at=at, is_published=True)
        if moves:
            ask_to_move(made, by=by, at=at)
    if moves:
        work_at_once(track, at=at)
    return made


def look_again(track: Track) -> None:
    """Whom no track fitted is looked at once more: this one may."""
    if track.kind == Track.Kind.TRACK and not track.is_by_hand:
        Sorting.objects.filter(answer=Sorting.Answer.NO_TRACK).delete()


def _copied(
    track: Track, source: TrackVersion | None, *, by: User, at: datetime, is_published: bool = False
) -> TrackVersion:
    copy = TrackVersion.objects.create(
        track=track, number=_next_number(track), made_at=at, made_by=by,
        published_at=at if is_published else None, published_by=by if is_published else None,
    )  # fmt: skip
    copies: dict[int | None, TrackNode | None] = {None: None}
    for node, _level in flow_of(source.pk).in_order() if source else ():
        copies[node.pk] = TrackNode.objects.create(
            version=copy,
            branch=copies[node.branch_id],
            arm=node.arm,
            position=node.position,
            key=node.key,
            **said_by(node),
        )
    return copy


def _next_number(track: Track, *, without: TrackVersion | None = None) -> int:
    others = TrackVersion.objects.filter(track=track).exclude(pk=without.pk if without else 0)
    return (others.aggregate(last=Max("number"))["last"] or 0) + 1


def _drafted(track: Track, node: TrackNode | None = None) -> TrackVersion:
    """The draft, locked. LeadConflict when it was published or discarded meanwhile."""
    drafts = TrackVersion.objects.select_for_update(of=("self",)).filter(track=track, published_at=None)
    draft = drafts.first()
    if draft is None or (node is not None and node.version_id != draft.pk):
        raise LeadConflict(_("The draft was published or discarded meanwhile."))
    return draft


def _must_be_as_seen(draft: TrackVersion, seen: str) -> None:
    if seen and seen != mark_of_draft(flow_of(draft.pk)):
        raise DraftChanged(_("Somebody has changed this draft since you opened this page."))


def _as_it_stands(track: Track, node: TrackNode) -> TrackNode:
    """The node as it is now that the draft is locked."""
    found = node_of(track, node.pk)
    if found is None:
        raise DraftChanged(_("Somebody has removed this step since you opened this page."))
    return found


def _must_be_whole(track: Track, flow: Flow, *, at: datetime) -> None:
    if flow.first is None:
        raise MoveRefused(_("There is nothing in it yet."))
    for pk, said in faults_of(flow, on=company_day(at)).items():
        raise MoveRefused(said[0], field=f"node-{pk}")
    if track.kind == Track.Kind.PLAY and not any(n.kind == TrackNode.Kind.STEP for n in flow.nodes.values()):
        raise MoveRefused(_("A play has at least one step of ours: what the rep does next."))


def _must_not_lead_in_circles(track: Track) -> None:
    seen, other = {track.pk}, track.fallback
    while other is not None:
        if other.pk in seen:
            raise MoveRefused(_("They would go round in circles: choose another one to end in."), field="fallback")
        seen.add(other.pk)
        other = other.fallback


def _save(track: Track) -> None:
    try:
        with transaction.atomic():
            track.save()
    except IntegrityError as refused:
        if "track_name_once_per_kind" in str(refused) or "name" in str(refused):
            raise MoveRefused(_("Another one is called like that."), field="name") from refused
        raise


def _depth(branch: TrackNode | None) -> int:
    depth = 0
    while branch is not None:
        depth, branch = depth + 1, branch.branch
    return depth


def _put(node: TrackNode, position: int) -> None:
    node.position = position
    node.save(update_fields=["position"])


def node_of(track: Track, pk: int) -> TrackNode | None:
    """A node of the draft of this track."""
    nodes = TrackNode.objects.select_related("version__track", "branch")
    return nodes.filter(pk=pk, version__track=track, version__published_at=None).first()
