from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("team", "0013_absence_one_at_a_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="absence",
            name="released_teams",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
