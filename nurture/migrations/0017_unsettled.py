"""What ended without leaving, and nobody knows yet, is found without reading the outbox."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0016_ended_before")]

    operations = [
        AddIndexAside(
            model_name="message",
            index=models.Index(
                fields=["id"],
                condition=Q(kind="by_hand", state__in=["refused", "dead", "cancelled"], settled_at=None),
                name="message_unsettled",
            ),
        ),
    ]
