"""Only what somebody wrote and never left is settled; 0033 looks at the old rows."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

from team.aside import AddConstraintAside

SETTLED = Q(settled_at=None) | Q(kind="by_hand", state__in=["refused", "dead", "cancelled"])


def take_back(apps: Any, schema_editor: Any) -> None:
    """What was sent again before that was forgotten of it."""
    apps.get_model("nurture", "Message").objects.exclude(settled_at=None).exclude(SETTLED).update(settled_at=None)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("nurture", "0031_mail_found")]

    operations = [
        migrations.RunPython(take_back, migrations.RunPython.noop, elidable=True),
        AddConstraintAside(
            model_name="message",
            constraint=models.CheckConstraint(condition=SETTLED, name="message_settled_never_left"),
        ),
    ]
