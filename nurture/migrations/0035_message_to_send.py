"""What may go out is found, in order, by one index on both databases."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0034_words_of_reasons")]

    operations = [
        AddIndexAside(
            model_name="message",
            index=models.Index(
                fields=["state", "kind", "lapses", "due_at", "id"],
                condition=Q(due_at__isnull=False),
                name="message_to_send",
            ),
        ),
        # It serves what these served.
        RemoveIndexAside(model_name="message", name="message_due"),
        RemoveIndexAside(model_name="message", name="message_due_again"),
        RemoveIndexAside(model_name="message", name="message_due_by_hand"),
    ]
