"""When the brief of a hand-off was read first."""

from django.db import migrations, models
from django.db.models import F, Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("leads", "0040_recycling_satisfaction")]

    operations = [
        migrations.AddField("handoff", "brief_read_at", models.DateTimeField(blank=True, null=True)),
        AddConstraintAside(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=Q(brief_read_at=None) | Q(brief_read_at__gte=F("sent_at")), name="handoff_read_once_sent"
            ),
        ),
    ]
