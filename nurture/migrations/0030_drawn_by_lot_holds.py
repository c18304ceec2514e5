"""Every enrolment was looked at: see what 0029 fills."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0029_drawn_by_lot_filled")]

    operations = [
        ValidateAside(model_name="enrolment", name="enrolment_held_out_by_lot"),
        ValidateAside(model_name="enrolment", name="enrolment_drawn_by_nobody"),
    ]
