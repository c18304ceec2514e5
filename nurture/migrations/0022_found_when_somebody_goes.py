"""What hangs on a link or an address is found by an index when either goes."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0021_brought_by_links")]

    operations = [
        AddIndexAside(
            model_name="hit",
            index=models.Index(fields=["link"], condition=Q(link__isnull=False), name="hit_of_link"),
        ),
        AddIndexAside(
            model_name="message",
            index=models.Index(fields=["point"], condition=Q(point__isnull=False), name="message_to_point"),
        ),
    ]
