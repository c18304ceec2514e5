"""Who is under way in a track, and what becomes of them where another version of it runs."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count

from nurture.actions.enrolling import newest_of
from nurture.flow import flows_of
from nurture.models import Enrolment, Track, TrackVersion


class UnderWay(NamedTuple):
    """How many people are fed, and how many of them in older versions than the one that runs. Moved to another version
    they go on where they stand: so many stand at a step that it does not have, and for so many of those nothing follows
    there."""

    people: int
    older: int
    gone: int
    ended: int

    @property
    def goes_on(self) -> int:
        return self.gone - self.ended


def under_way_for(track: Track, version: TrackVersion) -> UnderWay:
    """Of a move into this version, as `move_some` does it."""
    fed = Enrolment.objects.fed().filter(track=track)
    left = fed.filter(node__isnull=False).exclude(node__key__in=version.nodes.values("key")).order_by()
    counts = list(left.values("version", "node").annotate(n=Count("pk")).values_list("version", "node", "n"))
    flows = flows_of({version.pk, *(pk for pk, _node, _n in counts)})
    new = flows[version.pk]
    ended = sum(n for pk, node, n in counts if new.where_it_went(flows[pk], flows[pk].nodes[node]) is None)
    older = fed.exclude(version=newest_of(track)).count()
    return UnderWay(fed.count(), older, sum(n for _pk, _node, n in counts), ended)
