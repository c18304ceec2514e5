"""What a manager looks back at is found by when it happened."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0019_saved_views")]

    operations = [
        AddIndexAside(model_name="clock", index=models.Index(fields=["due_at", "kind"], name="clock_by_due")),
        AddIndexAside(
            model_name="leadevent",
            index=models.Index(condition=models.Q(("verb", "claim")), fields=["by", "at"], name="leadevent_claims"),
        ),
        AddIndexAside(model_name="recycling", index=models.Index(fields=["at"], name="recycling_at")),
    ]
