"""What plays and tracks have planned before is known by the name behind its words. Can be repeated where it was
stopped."""

from collections.abc import Iterator
from typing import Any

from django.db import migrations
from django.db.models import Max

BATCH = 10_000


def fill(apps: Any, schema_editor: Any) -> None:
    for steps in _parts(apps, schema_editor):
        steps.filter(made_by="system", title__contains=" · ").update(made_by="flow")


def empty(apps: Any, schema_editor: Any) -> None:
    """Of one that waits for a meeting the moment stays, and why goes."""
    for steps in _parts(apps, schema_editor):
        steps.filter(made_by="flow").update(made_by="system", held_from=None)


def _parts(apps: Any, schema_editor: Any) -> Iterator[Any]:
    """So many keys at a time: nobody waits for the whole table."""
    steps = apps.get_model("leads", "Step").objects.using(schema_editor.connection.alias)
    last = steps.aggregate(last=Max("pk"))["last"] or 0
    for before in range(0, last, BATCH):
        yield steps.filter(pk__gt=before, pk__lte=before + BATCH)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0044_step_of_a_flow")]

    operations = [migrations.RunPython(fill, empty, elidable=True)]
