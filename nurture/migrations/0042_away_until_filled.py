"""Whoever is out of office by now is so where attempts are planned, too."""

from typing import Any

from django.db import migrations
from django.db.models.functions import Now


def fill(apps: Any, schema_editor: Any) -> None:
    """By each row of hers what was said last holds, unless she was back sooner."""
    last = {
        one.person_id: one
        for one in apps.get_model("nurture", "Away").objects.filter(until__gt=Now()).order_by("said_at", "id")
    }
    people = apps.get_model("accounts", "Person").objects
    for person_id, one in last.items():
        if one.ended_at is None:
            people.filter(pk=person_id, erased_at=None).update(away_until=one.until)


class Migration(migrations.Migration):
    dependencies = [("nurture", "0041_message_planned"), ("accounts", "0010_away_until")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
