"""Who was left to another track when they fell asleep is found without reading everybody who sleeps."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0037_away_ended_looked_at")]

    operations = [
        AddIndexAside(
            model_name="sorting",
            index=models.Index(
                condition=models.Q(("answer", "elsewhere")), fields=["recycling"], name="sorting_elsewhere"
            ),
        ),
    ]
