"""A move keeps who could not be moved by its last ring."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0047_away_until_by_the_last_word")]

    operations = [
        migrations.AddField(
            model_name="trackmove", name="aside", field=models.JSONField(blank=True, db_default=[], default=list)
        ),
    ]
