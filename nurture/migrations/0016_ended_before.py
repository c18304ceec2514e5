"""Letters by hand that ended before anybody was told of it: what they counted as, stays."""

from typing import Any

from django.db import migrations
from django.db.models import F


def settle(apps: Any, schema_editor: Any) -> None:
    message = apps.get_model("nurture", "Message")
    ended = message.objects.filter(kind="by_hand", state__in=["refused", "dead", "cancelled"], settled_at=None)
    ended.update(settled_at=F("planned_at"))


class Migration(migrations.Migration):
    dependencies = [("nurture", "0015_never_left")]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop, elidable=True)]
