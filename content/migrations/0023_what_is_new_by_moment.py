"""What is new in the library is found by its moment."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("content", "0022_talk")]

    operations = [
        AddIndexAside(
            model_name="assetevent",
            index=models.Index(
                condition=Q(verb__in=["add", "approve", "version", "restore"]),
                fields=["at", "asset"],
                name="assetevent_news",
            ),
        ),
    ]
