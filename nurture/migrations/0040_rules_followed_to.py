"""How far what is planned has followed the rules of mail since they were changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nurture", "0039_track_move")]

    operations = [
        migrations.AddField(
            model_name="mailrules",
            name="followed_to",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
