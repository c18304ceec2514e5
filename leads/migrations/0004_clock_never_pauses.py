"""A clock is never paused: what holds an attempt up is said at the step, and a promise waits by a new clock (decision
0005).
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_step_held_from")]

    operations = [
        migrations.RemoveField(model_name="clock", name="paused_at"),
        migrations.RemoveField(model_name="clock", name="minutes_used"),
    ]
