from typing import Any

from django.db import migrations


def take_from_order(apps: Any, schema_editor: Any) -> None:
    """Whom somebody has spoken to, and what goes to sales without a meeting, stood in the first stage in order that is
    not the entry."""
    stages = apps.get_model("agreement", "Stage").objects.filter(retired_at=None).order_by("is_entry", "position", "pk")
    for phase, part in (("working", "is_connected"), ("handed_off", "is_without_meeting")):
        stage = stages.filter(phase=phase).first()
        if stage is not None:
            setattr(stage, part, True)
            stage.save(update_fields=[part])


def forget(apps: Any, schema_editor: Any) -> None:
    """Of a retired stage nobody knew what entered there."""
    apps.get_model("agreement", "Stage").objects.filter(retired_at__isnull=False).update(is_entry=False)


class Migration(migrations.Migration):
    dependencies = [("agreement", "0004_stage_entries")]

    operations = [migrations.RunPython(take_from_order, forget)]
