"""What was told of an act is found by an index when the act is taken back."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0035_notice_of_many")]

    operations = [
        AddIndexAside(
            model_name="notice",
            index=models.Index(fields=["act"], condition=~Q(act=""), name="notice_by_act"),
        ),
    ]
