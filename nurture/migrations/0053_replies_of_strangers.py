"""Replies of people nobody knows are found without reading the bounces between them."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0052_mail_that_named_no_address")]

    operations = [
        AddIndexAside(
            model_name="incoming",
            index=models.Index(
                condition=models.Q(("decided_at", None), ("effect", "stranger"), ("kind", "reply")),
                fields=["-id"],
                name="incoming_replies_of_strangers",
            ),
        ),
    ]
