"""What a request is worth counts the leads that are pursued. Those of before are looked at within a minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0016_what_became_of_it")]

    operations = [
        migrations.AddField(
            model_name="requestvoice",
            name="is_pursued",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddConstraint(
            model_name="requestvoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_pursued", True), ("lead__isnull", False), _connector="OR"),
                name="requestvoice_of_no_lead_loses_none",
            ),
        ),
    ]
