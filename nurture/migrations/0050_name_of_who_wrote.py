"""What somebody who wrote is called by their own mail is kept with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0049_move_looked_to")]

    operations = [
        migrations.AddField(
            model_name="incomingbody",
            name="sender_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
