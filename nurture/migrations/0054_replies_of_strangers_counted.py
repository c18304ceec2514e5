"""Replies of people nobody knows wait for one of us, too; of those whose words were forgotten there is nothing to say."""

from typing import Any

from django.db import migrations
from django.db.models import Q
from django.utils import timezone


def count(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    rows = apps.get_model("nurture", "Incoming").objects.using(alias)
    replies = rows.filter(effect="stranger", kind="reply", decided_at=None)
    forgotten = replies.filter(body__erased_at__isnull=False).values_list("pk", flat=True)
    replies.filter(pk__in=list(forgotten)).update(effect="none", decided_at=timezone.now())
    waits = rows.filter(Q(state="aside") | Q(effect="stranger", kind="reply", decided_at=None)).count()
    apps.get_model("team", "Installation").objects.using(alias).update(mail_aside=waits)


class Migration(migrations.Migration):
    dependencies = [("nurture", "0053_replies_of_strangers"), ("team", "0017_installation_mail_aside")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
