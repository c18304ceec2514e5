"""Absences of one user that overlap lie side by side, so that the next migration may ask for it.

She is away as long as before. Where two meet, who is covered goes first, then what ends last: as cover was lent until
now. What is left of the other is its first part; one of which nothing is left is gone.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from django.db import migrations


def put_side_by_side(apps: Any, schema_editor: Any) -> None:
    absences = apps.get_model("team", "Absence").objects.using(schema_editor.connection.alias)
    of_user = defaultdict(list)
    for one in absences.order_by("starts_at", "pk"):
        of_user[one.user_id].append(one)
    for rows in of_user.values():
        if _overlap(rows):
            _cut(absences, rows)


def _overlap(rows: list[Any]) -> bool:
    latest = rows[0].ends_at
    for row in rows[1:]:
        if row.starts_at < latest:
            return True
        latest = max(latest, row.ends_at)
    return False


def _cut(absences: Any, rows: list[Any]) -> None:
    moments = sorted({moment for row in rows for moment in (row.starts_at, row.ends_at)})
    parts: dict[int, list[list[Any]]] = defaultdict(list)
    for first, last in pairwise(moments):
        here = [row for row in rows if row.starts_at <= first and row.ends_at >= last]
        if not here:
            continue
        owner = max(here, key=lambda row: (row.cover_id is not None, row.ends_at, -row.pk))
        if parts[owner.pk] and parts[owner.pk][-1][1] == first:
            parts[owner.pk][-1][1] = last
        else:
            parts[owner.pk].append([first, last])
    for row in rows:
        if not parts[row.pk]:
            absences.filter(pk=row.pk).delete()
    for row in rows:
        for number, (first, last) in enumerate(parts[row.pk]):
            row.starts_at, row.ends_at = first, last
            if number:
                row.pk, row._state.adding = None, True
            row.save()


class Migration(migrations.Migration):
    # What an absence put off outlives it: the rows of leads are there when one goes.
    dependencies = [("team", "0011_user_passed_on"), ("leads", "0024_slid_step_outlives_its_absence")]

    operations = [migrations.RunPython(put_side_by_side, migrations.RunPython.noop)]
