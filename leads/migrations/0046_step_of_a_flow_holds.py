"""What 0044 says of new steps holds for every step there is."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0045_step_of_a_flow_filled")]

    operations = [ValidateAside(model_name="step", name="step_held_up_is_a_later_attempt")]
