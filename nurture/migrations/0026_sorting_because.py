"""Why no e-mail reaches somebody who sleeps and has an address."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("nurture", "0025_sending_host")]

    operations = [
        migrations.AddField(
            model_name="sorting",
            name="because",
            field=models.CharField(
                blank=True,
                choices=[("silent", "asked for no e-mail"), ("consent", "has not agreed to get e-mail")],
                db_default="",
                default="",
                max_length=7,
            ),
        ),
        AddConstraintAside(
            model_name="sorting",
            constraint=models.CheckConstraint(
                condition=Q(because="") | Q(because__in=["silent", "consent"], answer="unreachable"),
                name="sorting_says_why_of_the_unreached",
            ),
        ),
    ]
