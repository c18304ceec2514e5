"""How far somebody has read what is new, to the asset: what changed at one moment may be more than a page shows."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("content", "0018_figures_counted_again")]

    operations = [
        migrations.AddField(model_name="librarylook", name="asset", field=models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            model_name="librarylook",
            constraint=models.CheckConstraint(
                condition=Q(asset=None) | Q(asset__gt=0), name="librarylook_asset_is_a_key"
            ),
        ),
    ]
