"""By each row of somebody until when she is away, after 0042: what was said last holds, also where an older word gave a
later day, and where it was said of a row that was merged into hers. Can be repeated where it was stopped."""

from typing import Any

from django.db import migrations
from django.utils import timezone

BATCH = 500


def fill(apps: Any, schema_editor: Any) -> None:
    """A part at a time, each row by itself, and only if nobody wrote it meanwhile."""
    alias, now = schema_editor.connection.alias, timezone.now()
    people = apps.get_model("accounts", "Person").objects.using(alias)
    away = apps.get_model("nurture", "Away").objects.using(alias)
    whose = away.filter(until__gt=now).order_by("person").values_list("person_id", flat=True).distinct()
    last = 0
    while part := list(whose.filter(person__gt=last)[:BATCH]):
        rows = _with_their_other_rows(people, part)
        said = {rows[one.person_id]: one for one in away.filter(person__in=rows).order_by("said_at", "id")}
        for pk, was in people.filter(pk__in=rows, erased_at=None).order_by("pk").values_list("pk", "away_until"):
            one = said[rows[pk]]
            until = one.until if one.ended_at is None and one.until > now else None
            if until != was:
                people.filter(pk=pk, away_until=was).update(away_until=until)
        last = part[-1]


def _with_their_other_rows(people: Any, ids: list[int]) -> dict[int, int]:
    """By row, of these and of all that were merged into the same, whose it is by now."""
    today = {pk: pk for pk in ids}
    while into := dict(
        people.filter(pk__in=set(today.values()), merged_into__isnull=False).values_list("pk", "merged_into")
    ):
        today = {pk: into.get(now, now) for pk, now in today.items()}
    rows = {pk: pk for pk in today.values()}
    newly = list(rows)
    while found := dict(people.filter(merged_into__in=newly).values_list("pk", "merged_into")):
        newly = [pk for pk in found if pk not in rows]
        rows |= {pk: rows[found[pk]] for pk in newly}
    return rows


class Migration(migrations.Migration):
    # No transaction around it: a lock on one row for the length of one statement.
    atomic = False
    dependencies = [("nurture", "0046_message_block_looked_at"), ("accounts", "0010_away_until")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
