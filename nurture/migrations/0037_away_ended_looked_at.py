"""Absences keep to it: looked at while everybody works on."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0036_away_ended")]

    operations = [ValidateAside(model_name="away", name="away_ended_while_it_lasted")]
