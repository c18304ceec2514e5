"""What was added for new recyclings and hand-offs in 0040 and 0041 holds for every one there is."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0041_brief_read")]

    operations = [
        ValidateAside(model_name="recycling", name="recycling_satisfied_with_a_vendor"),
        ValidateAside(model_name="handoff", name="handoff_read_once_sent"),
    ]
