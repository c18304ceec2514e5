"""Of every hand-off there is, the team of its lead. Can be repeated where it was stopped."""

from typing import Any

from django.db import migrations, models

from team.aside import AddIndexAside

BATCH = 5000


def of_its_lead(apps: Any, schema_editor: Any) -> None:
    """A part at a time, each by itself: nobody waits for the whole. What was sent on by a move is not known any more."""
    hand_offs = apps.get_model("leads", "HandOff").objects.filter(team=None).order_by("pk")
    team = models.Subquery(
        apps.get_model("leads", "Lead").objects.filter(pk=models.OuterRef("lead")).values("team")[:1]
    )
    while part := list(hand_offs.values_list("pk", flat=True)[:BATCH]):
        hand_offs.model.objects.filter(pk__in=part).update(team=team)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0030_hand_off_of_team")]

    operations = [
        migrations.RunPython(of_its_lead, migrations.RunPython.noop, elidable=True),
        AddIndexAside(model_name="handoff", index=models.Index(fields=["team", "-sent_at"], name="handoff_of_team")),
    ]
