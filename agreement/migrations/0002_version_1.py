from typing import Any

from django.db import migrations
from django.utils import timezone

from agreement.installation import publish_version_1


def publish(apps: Any, schema_editor: Any) -> None:
    publish_version_1(apps, at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("agreement", "0001_spine"), ("team", "0001_spine")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
