"""That somebody nobody knows wants no more mail is found with their replies, without reading the bounces between."""

from django.db import migrations, models

from team.aside import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0055_emptied_and_moved")]

    operations = [
        AddIndexAside(
            model_name="incoming",
            index=models.Index(
                condition=models.Q(
                    ("decided_at", None),
                    ("effect", "stranger"),
                    models.Q(("kind", "reply"), ("kind", "unsubscribe"), _connector="OR"),
                ),
                fields=["-id"],
                name="incoming_written_by_strangers",
            ),
        ),
        RemoveIndexAside(model_name="incoming", name="incoming_replies_of_strangers"),
    ]
