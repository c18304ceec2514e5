"""A lead may end because its company is not for reps, and its rep is told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0016_found_from_meetings")]

    operations = [
        migrations.RemoveConstraint(
            model_name="lead",
            name="lead_closed_says_how",
        ),
        migrations.AlterField(
            model_name="lead",
            name="closed_as",
            field=models.CharField(
                blank=True,
                choices=[
                    ("won", "Won"),
                    ("lost", "Lost"),
                    ("disqualified", "Disqualified"),
                    ("do_not_contact", "Do not contact"),
                    ("merged", "Merged"),
                    ("erased", "Erased"),
                    ("woken", "Woken"),
                    ("standing", "Not for reps"),
                ],
                default="",
                max_length=14,
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("soon", "runs out soon"),
                    ("missed", "was missed"),
                    ("escalated", "was passed on to you"),
                    ("hand_off", "waits for your answer"),
                    ("answered", "was answered"),
                    ("moved", "was moved to another moment"),
                    ("released", "was given back"),
                    ("second_look", "asks for a second look"),
                    ("returned", "came back to you"),
                    ("ended", "ended: its company is not for reps now"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "closed_as__in",
                            ["won", "lost", "disqualified", "do_not_contact", "merged", "erased", "woken", "standing"],
                        ),
                        ("closed_at__isnull", False),
                        ("phase", "closed"),
                        ("stage", None),
                    ),
                    models.Q(
                        models.Q(("phase", "closed"), _negated=True),
                        ("closed_as", ""),
                        ("closed_at", None),
                        ("stage__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="lead_closed_says_how",
            ),
        ),
    ]
