"""Interest keeps by which half-life it was reckoned, so that a change of it is followed."""

from typing import Any

from django.db import migrations, models

from team.aside import AddIndexAside


def as_it_was_reckoned(apps: Any, schema_editor: Any) -> None:
    installation = apps.get_model("team", "Installation").objects.first()
    if installation and installation.interest_half_life_days != 30:
        days = installation.interest_half_life_days
        apps.get_model("leads", "Interest").objects.update(half_life_days=days)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0026_chosen_from_behind"), ("team", "0010_user_month_goals")]

    operations = [
        migrations.AddField(
            model_name="interest",
            name="half_life_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.RunPython(as_it_was_reckoned, migrations.RunPython.noop, elidable=True),
        AddIndexAside(
            model_name="interest",
            index=models.Index(fields=["half_life_days"], name="interest_by_half_life"),
        ),
    ]
