import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("team", "0003_settingchange_verb")]

    operations = [
        migrations.AddField(
            model_name="team",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="succeeds",
                to="team.team",
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="passed_on",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.CheckConstraint(
                condition=Q(("successor", None)) | (Q(("retired_at__isnull", False)) & ~Q(("successor", F("id")))),
                name="team_with_successor_is_retired",
            ),
        ),
    ]
