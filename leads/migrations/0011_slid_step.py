"""Planned steps wait for the return of somebody who is away and covered."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0010_handoff_lent"),
        ("team", "0003_settingchange_verb"),
    ]

    operations = [
        migrations.CreateModel(
            name="SlidStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("was_due_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "absence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slid", to="team.absence"
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="leads.step"),
                ),
            ],
            options={
                "verbose_name": "step put off",
                "verbose_name_plural": "steps put off",
                "constraints": [
                    models.UniqueConstraint(fields=("absence", "step"), name="slidstep_once_per_absence"),
                    models.CheckConstraint(
                        condition=models.Q(("due_at__gt", models.F("was_due_at"))),
                        name="slidstep_goes_to_a_later_moment",
                    ),
                ],
            },
        ),
    ]
