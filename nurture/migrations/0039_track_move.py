"""What is asked of everybody under way in a track is kept until it is done."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("nurture", "0038_left_elsewhere"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TrackMove",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="move",
                        serialize=False,
                        to="nurture.track",
                    ),
                ),
                ("people", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="nurture.track",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="nurture.trackversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "move of everybody in a track",
                "verbose_name_plural": "moves of everybody in a track",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(version=None) | Q(into=None), name="trackmove_goes_on_or_leaves"
                    ),
                    models.CheckConstraint(condition=Q(into=None) | ~Q(into=F("track")), name="trackmove_into_another"),
                ],
            },
        ),
    ]
