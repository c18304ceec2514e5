"""What pages of settings count and offer is found without reading every lead and every call."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0027_interest_half_life")]

    operations = [
        AddIndexAside(model_name="lead", index=models.Index(fields=["source"], name="lead_by_source")),
        AddIndexAside(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("disposition__isnull", False)),
                fields=["disposition", "at"],
                name="activity_of_disposition",
            ),
        ),
    ]
