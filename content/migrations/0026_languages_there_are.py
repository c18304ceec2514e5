"""Which languages the library has something in is found without reading all of it."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("content", "0025_library_words_filled")]

    operations = [
        AddIndexAside(
            model_name="asset",
            index=models.Index(condition=Q(language__gt=""), fields=["language"], name="asset_language"),
        ),
    ]
