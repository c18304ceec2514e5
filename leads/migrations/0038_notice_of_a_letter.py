"""Whoever wrote a letter that never left is told which it was, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0037_consent")]

    operations = [
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
                    ("unsent", "did not get your e-mail"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(model_name="notice", name="letter", field=models.UUIDField(blank=True, null=True)),
        migrations.AddField(
            model_name="notice", name="words", field=models.CharField(blank=True, db_default="", max_length=200)
        ),
    ]
