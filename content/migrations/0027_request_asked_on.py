"""A request keeps the day it was for the company when it was asked: nothing is needed by a day before. What was asked
until now keeps none."""

from django.db import migrations, models

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("content", "0026_languages_there_are")]

    operations = [
        migrations.AddField(
            model_name="contentrequest", name="asked_on", field=models.DateField(blank=True, null=True)
        ),
        AddConstraintAside(
            model_name="contentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("needed_on", None),
                    ("asked_on", None),
                    ("needed_on__gte", models.F("asked_on")),
                    _connector="OR",
                ),
                name="contentrequest_needed_on_a_day_to_come",
            ),
        ),
    ]
