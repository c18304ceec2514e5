"""What a track is for: whoever comes there has reached its goal, wherever she stands."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreement", "0009_benchmarks_of_content_written"),
        ("content", "0013_feedback_promised"),
        ("nurture", "0018_sender_check"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="track",
            name="goal",
            field=models.CharField(
                blank=True,
                choices=[
                    ("topic", "showed interest in"),
                    ("role", "is"),
                    ("clicked", "clicked in this track"),
                    ("criterion", "answered yes to"),
                ],
                db_default="",
                default="",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="track",
            name="goal_criterion",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agreement.criterion",
            ),
        ),
        migrations.AddField(
            model_name="track",
            name="goal_role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("decision_maker", "Decision maker"),
                    ("champion", "Champion"),
                    ("influencer", "Influencer"),
                    ("doer", "Doer"),
                    ("unknown", "Unknown"),
                ],
                db_default="",
                default="",
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="track",
            name="goal_topic",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="content.topic"
            ),
        ),
        migrations.AddConstraint(
            model_name="track",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("goal__in", ["", "clicked"]), ("goal_criterion", None), ("goal_role", ""), ("goal_topic", None)
                    ),
                    models.Q(
                        ("goal", "topic"), ("goal_criterion", None), ("goal_role", ""), ("goal_topic__isnull", False)
                    ),
                    models.Q(
                        ("goal", "role"),
                        ("goal_criterion", None),
                        ("goal_role__in", ["decision_maker", "champion", "influencer", "doer", "unknown"]),
                        ("goal_topic", None),
                        models.Q(("goal_role", ""), _negated=True),
                    ),
                    models.Q(
                        ("goal", "criterion"),
                        ("goal_criterion__isnull", False),
                        ("goal_role", ""),
                        ("goal_topic", None),
                    ),
                    _connector="OR",
                ),
                name="track_goal_asks_what_it_can_answer",
            ),
        ),
    ]
