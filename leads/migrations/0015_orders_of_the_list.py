"""The list of leads is read in its orders: what is due, what came in, whom nobody has touched for longest."""

from django.db import migrations, models
from django.db.models.functions import Coalesce

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0014_step_lent_of_now")]

    operations = [
        AddIndexAside(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phase", "closed"), _negated=True), fields=["due_at", "id"], name="lead_by_due"
            ),
        ),
        AddIndexAside(model_name="lead", index=models.Index(fields=["created_at", "id"], name="lead_by_arrival")),
        AddIndexAside(
            model_name="lead",
            index=models.Index(Coalesce("last_touched_at", "created_at"), models.F("id"), name="lead_by_touch"),
        ),
    ]
