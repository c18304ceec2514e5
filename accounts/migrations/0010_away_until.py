"""Until when somebody is out of office stands with her: attempts that a cadence plans meanwhile wait for that day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_few_among_many")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="away_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
