"""A step that is lent to a cover keeps whose it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("leads", "0011_slid_step"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="step",
            name="lent_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddConstraintAside(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=Q(lent_from=None) | Q(assignee__isnull=False) & ~Q(assignee=F("lent_from")),
                name="step_is_lent_to_somebody_else",
            ),
        ),
    ]
