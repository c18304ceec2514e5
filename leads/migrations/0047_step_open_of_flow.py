"""What a play or track asks for is found at once, to be waited for again where what did it was taken back."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0046_step_of_a_flow_holds")]

    operations = [
        AddIndexAside(
            model_name="step",
            index=models.Index(
                condition=models.Q(("made_by", "flow"), ("state", "open")),
                fields=["lead", "created_at"],
                name="step_open_of_flow",
            ),
        ),
    ]
