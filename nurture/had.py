"""What somebody has had of the library and of tracks, under whichever name she was known. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.actions.people import suppression_key
from accounts.models import ContactPoint
from content.models import Asset
from leads.models import Engagement
from nurture.models import Brought, Message, TrackNode
from nurture.models.message import taken_back
from nurture.over import named_in
from nurture.same import rows_of

REFUSED = Message.State.REFUSED
COLUMNS = (
    "person_id", "node_id", "enrolment_id", "planned_at", "state", "to_hash", "point__normalised", "point__state",
)  # fmt: skip
# What somebody has had, who downloaded, read or attended it.
HAD = (Engagement.Kind.DOWNLOADED, Engagement.Kind.READ, Engagement.Kind.ATTENDED, Engagement.Kind.REGISTERED)


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter of a track that she has had, or is about to get; or that an address of hers refused."""

    node: int
    enrolment: int
    planned_at: datetime
    is_refused: bool = False


def linked_in(texts: Mapping[int, str]) -> dict[int, set[int]]:
    """By whatever key: the assets that these words link to."""
    named = {key: named_in(text) for key, text in texts.items() if "/c/" in text}
    ids = {one for some in named.values() for one in some}
    known = dict(Asset.objects.filter(public_id__in=ids).values_list("public_id", "pk")) if ids else {}
    return {key: {known[one] for one in some if one in known} for key, some in named.items()}


def sent_to(
    people: Collection[int], *, but: Collection[int] = (), same: Mapping[int, int] | None = None
) -> dict[int, set[int]]:
    """By person the assets of ours that she has had or is about to get, chosen or linked to, and those that went to
    whoever was found to be her; without the messages `but`. `same`: the rows that are theirs, where they are known."""
    same = rows_of(people) if same is None else same
    hers = Q(person__in=people, state__in=Message.HOLDS_ASSET) & ~taken_back()
    others = [pk for pk, person in same.items() if pk != person]
    rows = Message.objects.filter(hers | Q(person__in=others, state__in=Message.LEFT), asset__isnull=False)
    found: dict[int, set[int]] = defaultdict(set)
    for pk, asset in rows.exclude(pk__in=but).order_by().values_list("person_id", "asset_id").distinct():
        found[same[pk]].add(asset)
    brought = Brought.objects.filter(person__in=same, asset__isnull=False, message__state__in=Message.LEFT)
    for pk, asset in brought.exclude(message__in=but).values_list("person_id", "asset_id"):
        found[same[pk]].add(asset)
    return found


def taken_by(people: Collection[int]) -> dict[int, set[int]]:
    """By person the assets that she took herself."""
    took = Engagement.objects.standing().filter(person__in=people, asset__isnull=False, kind__in=HAD)
    found: dict[int, set[int]] = defaultdict(set)
    for person, asset in took.order_by().values_list("person_id", "asset_id").distinct():
        found[person].add(asset)
    return found


def steps_sent_to(same: Mapping[int, int], *, versions: Collection[int]) -> dict[int, list[Sent]]:
    """By person the letters of these versions that she has had or is about to get, by whichever row is hers; and those
    that an address refused which she is still written to at."""
    return _steps(same, Q(node__version__in=list(versions)), (*Message.HOLDS_ASSET, REFUSED))


def steps_sent(messages: Sequence[Message]) -> dict[int, list[Sent]]:
    """By person what left of the steps that these messages are, but for these themselves."""
    nodes = {message.node_id for message in messages}
    steps = Q(node__in=nodes) & ~Q(pk__in=[message.pk for message in messages])
    return _steps(rows_of({message.person_id for message in messages}), steps, Message.LEFT)


def _steps(same: Mapping[int, int], steps: Q, states: Iterable[str]) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = defaultdict(list)
    rows = Message.objects.filter(steps, person__in=same, kind=Message.Kind.NURTURE, state__in=list(states))
    for one in rows.order_by().select_related("point").only(*COLUMNS):
        is_refused = one.state == REFUSED
        if not is_refused or _is_written_to(one.point, one.to_hash):
            found[same[one.person_id]].append(Sent(one.node_id or 0, one.enrolment_id or 0, one.planned_at, is_refused))
    return found


def _is_written_to(point: ContactPoint | None, key: str) -> bool:
    """Whether this still is the address of this keyed hash, and works: where it was corrected, it is another."""
    return point is not None and point.state in ContactPoint.USABLE and suppression_key(point.normalised) == key


def had_step(node: TrackNode, sent: Iterable[Sent], *, since: datetime | None, enrolment: int = 0) -> Sent | None:
    """This letter by another enrolment, if she has had it. What brings something else each time may come again in a
    later pursuit, which began at `since`."""
    found = (
        one
        for one in sent
        if one.node == node.pk
        and one.enrolment != enrolment
        and (since is None or not node.brings_what_fits or one.planned_at >= since)
    )
    return next(found, None)
