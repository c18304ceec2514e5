"""An enrolment keeps that it was drawn, and of how many. Which, of those there are, follows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0027_sorting_looked_at")]

    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="hold_out_percent",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
