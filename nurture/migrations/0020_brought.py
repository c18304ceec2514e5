"""What each message that left brought, once a person and thing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_job_changes"),
        ("content", "0013_feedback_promised"),
        ("nurture", "0019_track_goal"),
    ]

    operations = [
        migrations.CreateModel(
            name="Brought",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "asset",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="content.asset",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="brought",
                        to="nurture.message",
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="nurture.tracknode",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.person",
                    ),
                ),
            ],
            options={
                "verbose_name": "what a message brought",
                "verbose_name_plural": "what messages brought",
                "indexes": [models.Index(fields=["message"], name="brought_by_message")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asset__isnull", False), ("node", None)),
                            models.Q(("asset", None), ("node__isnull", False)),
                            _connector="OR",
                        ),
                        name="brought_is_one_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("asset__isnull", False)),
                        fields=("person", "asset"),
                        name="brought_asset_once_per_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("node__isnull", False)),
                        fields=("person", "node"),
                        name="brought_step_once_per_person",
                    ),
                ],
            },
        ),
    ]
