"""What was taken back is found without reading what everybody did."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0038_notice_of_a_letter")]

    operations = [
        AddIndexAside(
            model_name="engagement",
            index=models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="engagement_taken_back"),
        ),
    ]
