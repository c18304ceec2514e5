"""Meetings ahead and the attempts they hold up are found by indexes, made on PostgreSQL while everybody works on."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0006_open_of_bdr")]

    operations = [
        AddIndexAside(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(meeting_at__isnull=False), fields=["state", "meeting_at"], name="handoff_booked"
            ),
        ),
        AddIndexAside(
            model_name="step",
            index=models.Index(
                condition=models.Q(held_from__isnull=False, state="open"), fields=["lead"], name="step_held"
            ),
        ),
    ]
