"""What an absence has put off is known when the absence is no more, so that it can go back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0023_bulk_move"),
        ("team", "0007_user_is_undisturbed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="slidstep",
            name="absence",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="slid", to="team.absence"
            ),
        ),
    ]
