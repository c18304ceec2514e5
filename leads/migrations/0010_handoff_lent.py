"""What is lent is found by whom it is lent to."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0009_handoff_lent_to")]

    operations = [
        AddIndexAside(
            model_name="handoff",
            index=models.Index(condition=models.Q(("lent_to__isnull", False)), fields=["lent_to"], name="handoff_lent"),
        ),
    ]
