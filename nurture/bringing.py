"""Which letters of tracks bring an asset, link to it, or are planned with it. Reads only."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from content.models import Asset
from nurture.models import Enrolment, Message, TrackNode, TrackVersion

# More than anybody reads before retiring something.
SHOWN = 50


def brought_by(asset: Asset) -> list[TrackNode]:
    """What is written or sent: of the newest version of a track in use, of its draft, and of whatever version somebody
    is under way in. By track, as they stand; at most 50, and one more where there are more."""
    newer = TrackVersion.objects.filter(
        track=OuterRef("version__track"), number__gt=OuterRef("version__number"), published_at__isnull=False
    )
    in_it = Enrolment.objects.under_way().filter(version=OuterRef("version"))
    is_newest = Q(version__track__retired_at=None) & (Q(version__published_at=None) | ~Exists(newer.order_by()))
    says = Q(asset=asset) | _links_to(asset)
    nodes = TrackNode.objects.filter(says, is_newest | Exists(in_it.order_by()), kind=TrackNode.Kind.EMAIL)
    return list(nodes.select_related("version__track").order_by("version__track__name", "version", "pk")[: SHOWN + 1])


def planned_with(asset: Asset) -> int:
    """How many letters of tracks are about to bring it: by name, because it fits, or by a link in their words."""
    planned = Message.objects.filter(state=Message.State.PLANNED, kind=Message.Kind.NURTURE)
    linking = planned.filter(node__in=TrackNode.objects.filter(_links_to(asset), kind=TrackNode.Kind.EMAIL))
    # Two counts, each by its index.
    return planned.filter(asset=asset).count() + linking.exclude(asset=asset).count()


def _links_to(asset: Asset) -> Q:
    return Q(text__contains=f"/c/{asset.public_id}/")
