"""What fits somebody is found by its topic and its language."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("content", "0014_voices_by_lead")]

    operations = [
        AddIndexAside(
            model_name="asset",
            index=models.Index(fields=["topic", "language"], condition=Q(retired_at=None), name="asset_on_topic"),
        ),
    ]
