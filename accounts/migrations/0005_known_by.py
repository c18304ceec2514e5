"""What somebody without a name is called is kept with her."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_account_by_segment")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="known_by",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=200),
        ),
    ]
