"""A hand-off keeps for which team it was sent, wherever its lead goes. Which, of those there are, follows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0029_take_moves_back"), ("team", "0010_user_month_goals")]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="team.team",
            ),
        ),
    ]
