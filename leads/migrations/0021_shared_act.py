"""What one act did to several leads, to be taken back as one."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0020_morning"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SharedAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, unique=True)),
                ("key", models.CharField(max_length=32, unique=True)),
                ("at", models.DateTimeField()),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("take", "Taken"),
                            ("call", "Called"),
                            ("snooze", "Snoozed"),
                            ("step", "Next step set"),
                            ("cadence", "Cadence changed"),
                            ("recycle", "Recycled"),
                            ("release", "Given back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("events", models.JSONField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "act on several leads",
                "verbose_name_plural": "acts on several leads",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verb__in", ["take", "call", "snooze", "step", "cadence", "recycle", "release"])
                        ),
                        name="sharedact_verb_is_known",
                    )
                ],
            },
        ),
    ]
