"""What went to an address, and what ended within a week, is found by an index."""

from django.db import migrations, models

from team.aside import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0030_drawn_by_lot_holds")]

    operations = [
        AddIndexAside(
            model_name="message",
            index=models.Index(fields=["to_hash", "-claimed_at"], name="message_to_hash"),
        ),
        AddIndexAside(
            model_name="message",
            index=models.Index(fields=["state", "planned_at"], name="message_ended"),
        ),
        # The first of these serves what it served.
        RemoveIndexAside(model_name="message", name="message_cap"),
    ]
