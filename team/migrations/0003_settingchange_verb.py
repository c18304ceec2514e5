"""What kind of change a line of settings history tells, and that a change is reverted once.

The default is the database's: adding the column rewrites no row. Few settings change in a year, so that the constraint
and the indexes are made in the moment they take.
"""

from django.db import migrations, models
from django.db.models import Q

VERBS = ["add", "change", "retire", "remove", "order"]


class Migration(migrations.Migration):
    dependencies = [("team", "0002_c_dials")]

    operations = [
        migrations.AddField(
            model_name="settingchange",
            name="verb",
            field=models.CharField(
                choices=[
                    ("add", "added"),
                    ("change", "changed"),
                    ("retire", "retired"),
                    ("remove", "removed"),
                    ("order", "reordered"),
                ],
                db_default="change",
                default="change",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="settingchange",
            constraint=models.CheckConstraint(condition=Q(verb__in=VERBS), name="settingchange_verb_is_known"),
        ),
        migrations.AddConstraint(
            model_name="settingchange",
            constraint=models.UniqueConstraint(
                fields=["reverts"], condition=Q(reverts__isnull=False), name="settingchange_reverted_once"
            ),
        ),
        migrations.AddIndex(
            model_name="settingchange",
            index=models.Index(fields=["model", "-at", "-id"], name="settingchange_of_kind"),
        ),
    ]
