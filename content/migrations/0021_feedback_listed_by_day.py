from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0020_feedback_by_chance")]

    operations = [
        migrations.RemoveIndex(model_name="feedback", name="feedback_open"),
        migrations.RemoveIndex(model_name="feedback", name="feedback_of_giver"),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "in_work"])),
                fields=["-given_on", "public_id"],
                name="feedback_open_by_day",
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["given_by", "-given_on", "public_id"], name="feedback_of_giver_by_day"),
        ),
    ]
