"""Which segments there are is found without reading every account."""

from django.db import migrations, models

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0003_search_ids_like_phones")]

    operations = [
        AddIndexAside(model_name="account", index=models.Index(fields=["segment"], name="account_by_segment")),
    ]
