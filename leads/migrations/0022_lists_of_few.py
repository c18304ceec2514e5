"""What an account executive was handed is found by her, also where it sleeps by now; what is due in a team by the team."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0021_shared_act")]

    operations = [
        AddIndexAside(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("ae__isnull", False), models.Q(("phase", "closed"), _negated=True)),
                fields=["ae"],
                name="lead_handed",
            ),
        ),
        AddIndexAside(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("phase", "closed"), _negated=True),
                fields=["team", "due_at", "id"],
                name="lead_due_of_team",
            ),
        ),
    ]
