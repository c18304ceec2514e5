"""Who asks with several leads has a voice for each; going back, the one that is worth most stays."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def keep_one_each(apps: Any, schema_editor: Any) -> None:
    voice = apps.get_model("content", "RequestVoice")
    kept, others = set(), []
    for pk, *whose in voice.objects.order_by(F("worth").desc(nulls_last=True), "pk").values_list(
        "pk", "request", "user"
    ):
        if tuple(whose) in kept:
            others.append(pk)
        kept.add(tuple(whose))
    voice.objects.filter(pk__in=others).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0013_feedback_promised"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="requestvoice",
            name="requestvoice_once_per_user",
        ),
        migrations.AddConstraint(
            model_name="requestvoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lead", None)), fields=("request", "user"), name="requestvoice_once_per_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestvoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lead__isnull", False)),
                fields=("request", "user", "lead"),
                name="requestvoice_once_per_user_and_lead",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, keep_one_each),
    ]
