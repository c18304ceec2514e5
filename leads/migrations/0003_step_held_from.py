"""A meeting at the account holds attempts up: the step keeps when it would be due but for that."""

from django.db import migrations, models

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_history_is_append_only")]

    operations = [
        migrations.AddField(
            model_name="step",
            name="held_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddConstraintAside(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(held_from=None) | models.Q(made_by="cadence", held_from__lt=models.F("due_at")),
                name="step_held_up_is_a_later_attempt",
            ),
        ),
    ]
