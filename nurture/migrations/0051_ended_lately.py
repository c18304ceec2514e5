"""What ended with its lead lately is found at once, to go on where that was taken back."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0050_name_of_who_wrote")]

    operations = [
        AddIndexAside(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)),
                fields=["outcome", "ended_at"],
                name="enrolment_ended_lately",
            ),
        ),
    ]
