"""An absence ends before its day where somebody is back sooner."""

from django.db import migrations, models
from django.db.models import F, Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("nurture", "0035_message_to_send")]

    operations = [
        migrations.AddField(model_name="away", name="ended_at", field=models.DateTimeField(null=True)),
        AddConstraintAside(
            model_name="away",
            constraint=models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("said_at"), ended_at__lt=F("until")),
                name="away_ended_while_it_lasted",
            ),
        ),
    ]
