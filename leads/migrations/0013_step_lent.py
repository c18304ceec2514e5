"""What is lent is found without asking every open step."""

from django.db import migrations, models

from team.aside import AddIndexAside, ValidateAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0012_step_lent_from")]

    operations = [
        AddIndexAside(
            model_name="step",
            index=models.Index(
                condition=models.Q(("lent_from__isnull", False), ("state", "open")), fields=["lead"], name="step_lent"
            ),
        ),
        ValidateAside(model_name="step", name="step_is_lent_to_somebody_else"),
    ]
