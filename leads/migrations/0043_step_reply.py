"""The reply that waits for somebody is found on every page without reading what else she has to do."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0042_satisfaction_and_brief_hold")]

    operations = [
        AddIndexAside(
            model_name="step",
            index=models.Index(
                condition=models.Q(("kind", "reply"), ("state", "open")),
                fields=["assignee", "due_at"],
                name="step_reply",
            ),
        ),
    ]
