"""How content somebody is with whom they have a contract with, as they said it."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddConstraintAside


class Migration(migrations.Migration):
    dependencies = [("leads", "0039_engagement_taken_back")]

    operations = [
        migrations.AddField(
            model_name="recycling",
            name="satisfaction",
            field=models.CharField(
                blank=True,
                choices=[
                    ("happy", "happy with them"),
                    ("neither", "neither happy nor unhappy with them"),
                    ("unhappy", "unhappy with them"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        AddConstraintAside(
            model_name="recycling",
            constraint=models.CheckConstraint(
                condition=Q(satisfaction="")
                | Q(category="mid_contract", satisfaction__in=["happy", "neither", "unhappy"]),
                name="recycling_satisfied_with_a_vendor",
            ),
        ),
    ]
