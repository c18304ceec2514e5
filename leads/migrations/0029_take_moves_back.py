"""A move of leads is kept as an act of its own, and one of many names the move that takes it back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0028_settings_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="sharedact",
            name="sharedact_verb_is_known",
        ),
        migrations.AddField(
            model_name="bulkmove",
            name="takes_back",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_by",
                to="leads.bulkmove",
            ),
        ),
        migrations.AlterField(
            model_name="sharedact",
            name="verb",
            field=models.CharField(
                choices=[
                    ("take", "Taken"),
                    ("call", "Called"),
                    ("snooze", "Snoozed"),
                    ("step", "Next step set"),
                    ("cadence", "Cadence changed"),
                    ("recycle", "Recycled"),
                    ("release", "Given back"),
                    ("move", "Moved"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verb__in", ["take", "call", "snooze", "step", "cadence", "recycle", "release", "move"])
                ),
                name="sharedact_verb_is_known",
            ),
        ),
    ]
