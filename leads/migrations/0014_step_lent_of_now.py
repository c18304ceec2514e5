"""What is lent at this moment names its owner."""

from typing import Any

from django.db import migrations
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now


def name_the_owners(apps: Any, _schema_editor: Any) -> None:
    """What is lent at this moment: its assignee covers the rep of its lead, or its account executive."""
    Step, Absence = apps.get_model("leads", "Step"), apps.get_model("team", "Absence")
    covered = Absence.objects.filter(starts_at__lte=Now(), ends_at__gt=Now(), cover=OuterRef("assignee"))
    hers = covered.filter(Q(user=OuterRef("lead__bdr")) | Q(user=OuterRef("lead__ae"))).order_by("-ends_at", "pk")
    lent = Step.objects.filter(state="open", assignee__isnull=False).exclude(lead__phase__in=["queued", "closed"])
    lent = lent.exclude(assignee=F("lead__bdr")).exclude(assignee=F("lead__ae"))
    lent = lent.annotate(owner=Subquery(hers.values("user")[:1])).filter(owner__isnull=False)
    for pk, owner in list(lent.values_list("pk", "owner")):
        Step.objects.filter(pk=pk).update(lent_from=owner)


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_step_lent")]

    operations = [migrations.RunPython(name_the_owners, migrations.RunPython.noop)]
