"""What was added for new steps in 0003 holds for every step there is."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0007_meetings_ahead")]

    operations = [ValidateAside(model_name="step", name="step_held_up_is_a_later_attempt")]
