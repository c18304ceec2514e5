"""A step that a play or track has planned is known as one, and waits for a meeting as an attempt does.

0045 looks for those of before, 0046 at every row.
"""

from django.db import migrations, models
from django.db.models import F, Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("leads", "0043_step_reply")]

    operations = [
        migrations.AlterField(
            model_name="step",
            name="made_by",
            field=models.CharField(
                choices=[
                    ("cadence", "Cadence"),
                    ("flow", "Play or track"),
                    ("person", "Somebody"),
                    ("system", "System"),
                ],
                max_length=8,
            ),
        ),
        migrations.RemoveConstraint(model_name="step", name="step_held_up_is_a_later_attempt"),
        AddConstraintAside(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=Q(held_from=None) | Q(made_by__in=["cadence", "flow"], held_from__lt=F("due_at")),
                name="step_held_up_is_a_later_attempt",
            ),
        ),
    ]
