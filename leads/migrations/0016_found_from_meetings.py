"""Whoever waits for a meeting, or should, is found from the meeting and from what was put off, not from the pool."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0015_orders_of_the_list")]

    operations = [
        AddIndexAside(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phase", "handed_off"), ("phase", "accepted"), _connector="OR"),
                fields=["account"],
                name="lead_with_sales",
            ),
        ),
        AddIndexAside(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("kind", "first_touch"), ("state", "running")),
                fields=["started_at"],
                name="clock_put_off",
            ),
        ),
    ]
