"""Mail in which no address was read passed for ours and stood nowhere: of the last month, one of us says whose it is."""

from datetime import timedelta
from typing import Any

from django.db import migrations
from django.utils import timezone

LATELY = timedelta(days=30)


def show(apps: Any, schema_editor: Any) -> None:
    """Only what nobody has said anything of meanwhile."""
    rows = apps.get_model("nurture", "Incoming").objects.using(schema_editor.connection.alias)
    unseen = rows.filter(state="done", effect="none", kind__in=["reply", "unsubscribe"], decided_at=None)
    lost = unseen.filter(taken_at__gt=timezone.now() - LATELY, body__sender="", body__erased_at=None)
    unseen.filter(pk__in=list(lost.values_list("pk", flat=True))).update(effect="stranger")


class Migration(migrations.Migration):
    dependencies = [("nurture", "0051_ended_lately")]

    operations = [migrations.RunPython(show, migrations.RunPython.noop, elidable=True)]
