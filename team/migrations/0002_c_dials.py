"""The key that opens the form of a call dials only for whoever chose that.

The default is the database's: adding the column rewrites no row, and processes of before go on adding users.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("team", "0001_spine")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="c_dials",
            field=models.BooleanField(db_default=False, default=False, verbose_name="c also dials"),
        ),
    ]
