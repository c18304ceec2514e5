"""Keepers are told what was handed in, and whoever made it what became of it; going back, neither is remembered."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

OLD = [("review", "is to be looked at again"), ("expired", "has expired")]
NEW = [
    ("waits", "waits for you to decide"),
    ("taken", "is in the library"),
    ("retired", "was retired"),
    ("back", "is in the library again"),
]


def forget(apps: Any, schema_editor: Any) -> None:
    notices = apps.get_model("content", "AssetNotice").objects.using(schema_editor.connection.alias)
    notices.filter(kind__in=[kind for kind, _label in NEW]).delete()


class Migration(migrations.Migration):
    dependencies = [("content", "0015_asset_on_topic")]

    operations = [
        migrations.AlterField(
            model_name="assetnotice", name="kind", field=models.CharField(choices=OLD + NEW, max_length=7)
        ),
        migrations.RemoveConstraint(model_name="assetnotice", name="assetnotice_kind_is_known"),
        migrations.AddConstraint(
            model_name="assetnotice",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _label in OLD + NEW]), name="assetnotice_kind_is_known"
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
