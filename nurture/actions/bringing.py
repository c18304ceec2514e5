"""What a message brings is written down when it is claimed: nobody is given the same thing by two messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from nurture.models import Brought, Message


def note_brought(brought: Sequence[tuple[Message, set[int], int | None]]) -> None:
    """By each of these messages these assets, and this step where its words never change.

    Who is written to is locked. What a message that did not leave was to bring is brought by this one; what she was
    given before, and one of us links to again, stays as it is.
    """
    wanted: dict[tuple[int, str, int], int] = {}
    for message, assets, node in brought:
        for asset in assets:
            wanted.setdefault((message.person_id, "asset", asset), message.pk)
        if node is not None:
            wanted.setdefault((message.person_id, "node", node), message.pk)
    if not wanted:
        return
    people = {person for person, _what, _pk in wanted}
    assets, nodes = ({pk for _person, what, pk in wanted if what == kind} for kind in ("asset", "node"))
    rows = Brought.objects.filter(Q(asset__in=assets) | Q(node__in=nodes), person__in=people)
    free: dict[int, list[int]] = defaultdict(list)
    for row in rows.select_related("message"):
        what, pk = ("asset", row.asset_id) if row.asset_id else ("node", row.node_id)
        new = wanted.pop((row.person_id, what, pk or 0), None)
        if new is not None and not row.message.has_left:
            free[new].append(row.pk)
    for new, pks in free.items():
        Brought.objects.filter(pk__in=pks).update(message=new)
    Brought.objects.bulk_create(
        Brought(message_id=message, person_id=person, **{f"{what}_id": pk})
        for (person, what, pk), message in wanted.items()
    )
