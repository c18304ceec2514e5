"""Which contracts end when is found by an index, where it is read on one page for a whole team."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0033_put_to_another_day")]

    operations = [
        AddIndexAside(
            model_name="recycling",
            index=models.Index(
                fields=["contract_ends_on"],
                condition=Q(category="mid_contract", undone_at=None, contract_ends_on__isnull=False),
                name="recycling_by_contract",
            ),
        ),
    ]
