"""Of many leads in one act somebody is told once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0034_contracts_by_end")]

    operations = [
        migrations.AddField("notice", "others", models.JSONField(blank=True, null=True)),
        migrations.AddField("notice", "act", models.CharField(blank=True, db_default="", max_length=36)),
    ]
