"""Whom no e-mail reaches is found without reading everybody who sleeps."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0007_names_of_states")]

    operations = [
        AddIndexAside(
            model_name="sorting",
            index=models.Index(
                condition=models.Q(("answer", "unreachable")), fields=["recycling"], name="sorting_without_address"
            ),
        ),
        AddIndexAside(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("outcome", "unreachable")),
                fields=["lead", "ended_at"],
                name="enrolment_lost_address",
            ),
        ),
    ]
