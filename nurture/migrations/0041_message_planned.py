"""What is planned is listed in the order in which it leaves."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0040_rules_followed_to")]

    operations = [
        AddIndexAside(
            model_name="message",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at", "id"], name="message_planned"
            ),
        ),
    ]
