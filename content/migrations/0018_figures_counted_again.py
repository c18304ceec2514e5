"""What was counted longest ago is counted again first."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("content", "0017_voice_is_pursued")]

    operations = [
        AddIndexAside(
            model_name="assetfigures",
            index=models.Index(fields=["as_of", "asset"], name="assetfigures_counted"),
        ),
    ]
