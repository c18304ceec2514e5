"""Who was erased, and who does and does not decide, is found without reading everybody."""

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0008_found_by_what_they_are_called")]

    operations = [
        AddIndexAside(
            model_name="person",
            index=models.Index(fields=["id"], condition=Q(erased_at__isnull=False), name="person_erased"),
        ),
        AddIndexAside(
            model_name="employment",
            index=models.Index(
                fields=["person"], condition=Q(is_current=True, role="doer"), name="employment_of_doers"
            ),
        ),
    ]
