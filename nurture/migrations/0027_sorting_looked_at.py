"""Whoever was sorted before is looked at while everybody works on."""

from django.db import migrations

from team.aside import ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0026_sorting_because")]

    operations = [ValidateAside(model_name="sorting", name="sorting_says_why_of_the_unreached")]
