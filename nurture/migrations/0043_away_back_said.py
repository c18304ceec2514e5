"""When it was said that somebody is back sooner, beside when that was read."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("nurture", "0042_away_until_filled")]

    operations = [
        migrations.AddField(
            model_name="away",
            name="back_said_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="away",
            constraint=models.CheckConstraint(
                name="away_end_was_said_before_it",
                condition=Q(back_said_at=None)
                | Q(ended_at__isnull=False, back_said_at__gte=F("said_at"), back_said_at__lte=F("ended_at")),
            ),
        ),
    ]
