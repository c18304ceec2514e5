"""A list of leads, frozen, that a rep works one after the other."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0017_lead_closed_by_standing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=120)),
                ("query", models.CharField(blank=True, default="", max_length=600)),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("finished", "Finished"), ("left", "Left")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blocks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "block",
                "verbose_name_plural": "blocks",
            },
        ),
        migrations.CreateModel(
            name="BlockLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("skipped", "Skipped")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(blank=True, null=True)),
                (
                    "block",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="leads.block",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="block_rows", to="leads.lead"
                    ),
                ),
            ],
            options={
                "verbose_name": "lead of a block",
                "verbose_name_plural": "leads of a block",
            },
        ),
        migrations.AddIndex(
            model_name="block",
            index=models.Index(fields=["user", "-made_at"], name="block_of_user"),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "open")),
                    models.Q(("ended_at__isnull", False), ("state__in", ["finished", "left"])),
                    _connector="OR",
                ),
                name="block_ended_has_its_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="block_has_a_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("user",), name="block_one_open_per_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="blocklead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("at", None), ("state", "waiting")),
                    models.Q(("at__isnull", False), ("state__in", ["done", "skipped"])),
                    _connector="OR",
                ),
                name="blocklead_past_has_its_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="blocklead",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__gte", 1)), name="blocklead_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="blocklead",
            constraint=models.UniqueConstraint(fields=("block", "position"), name="blocklead_one_at_each_place"),
        ),
        migrations.AddConstraint(
            model_name="blocklead",
            constraint=models.UniqueConstraint(fields=("block", "lead"), name="blocklead_each_lead_once"),
        ),
    ]
