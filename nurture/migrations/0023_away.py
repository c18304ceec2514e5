"""Until when people are away; and an absence before which nothing was planned has an effect of its own."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_found_by_what_they_are_called"),
        ("nurture", "0022_found_when_somebody_goes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Away",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("said_at", models.DateTimeField()),
                ("back_on", models.DateField()),
                ("until", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="times_away",
                        to="accounts.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "time away",
                "verbose_name_plural": "times away",
                "indexes": [models.Index(fields=["person", "-id"], name="away_of_person")],
                "constraints": [
                    models.CheckConstraint(condition=Q(until__gt=F("said_at")), name="away_ends_after_it_was_said"),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="incoming", name="incoming_effect_is_known"),
        migrations.AlterField(
            model_name="incoming",
            name="effect",
            field=models.CharField(
                blank=True,
                choices=[
                    ("none", "nothing"),
                    ("stranger", "from nobody we know"),
                    ("in_front", "put in front of the queue"),
                    ("postponed", "waits until they are back"),
                    ("noted", "no track writes before they are back"),
                    ("bounced", "the address is used no more"),
                    ("counted", "counted"),
                    ("silenced", "they get no e-mail any more"),
                ],
                default="",
                max_length=9,
            ),
        ),
        AddConstraintAside(
            model_name="incoming",
            constraint=models.CheckConstraint(
                condition=Q(
                    effect__in=[
                        "",
                        "none",
                        "stranger",
                        "in_front",
                        "postponed",
                        "noted",
                        "bounced",
                        "counted",
                        "silenced",
                    ]
                ),
                name="incoming_effect_is_known",
            ),
        ),
    ]
