"""A BDR's open leads are found by phase and by when they come back: who returns this week is counted on every page."""

from django.db import migrations, models

from team.aside import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0005_notice_seen")]

    operations = [
        AddIndexAside(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phase", "closed"), _negated=True),
                fields=["bdr", "phase", "wake_at"],
                name="lead_open_of_bdr",
            ),
        ),
        RemoveIndexAside(model_name="lead", name="lead_of_bdr"),
    ]
