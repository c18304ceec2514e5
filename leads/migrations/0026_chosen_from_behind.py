"""Of what somebody took from the pool only what she chose is found: whom the system gave her passed over nobody."""

from django.db import migrations, models

from team.aside import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0025_morning_counts")]

    operations = [
        AddIndexAside(
            model_name="leadevent",
            index=models.Index(
                condition=models.Q(("data__has_key", "ahead"), ("verb", "claim")),
                fields=["by", "at"],
                name="leadevent_chosen",
            ),
        ),
        RemoveIndexAside(model_name="leadevent", name="leadevent_claims"),
    ]
