"""A move goes on behind whom it could not move."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0048_move_aside")]

    operations = [
        migrations.AddField(
            model_name="trackmove", name="looked_to", field=models.PositiveBigIntegerField(db_default=0, default=0)
        ),
    ]
