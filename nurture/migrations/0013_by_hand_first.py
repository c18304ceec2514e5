"""What somebody wrote by hand is found without reading what tracks have planned."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0012_consent")]

    operations = [
        AddIndexAside(
            model_name="message",
            index=models.Index(
                condition=models.Q(("kind", "by_hand"), ("state", "planned")),
                fields=["due_at", "id"],
                name="message_due_by_hand",
            ),
        ),
    ]
