"""Somebody nobody knows wants no more mail: their address was closed, and nobody was asked who they are.

Of what a machine told, which has no words, and of whose words were forgotten there is nothing to ask.
"""

from typing import Any

from django.db import migrations
from django.db.models import Q

WRITTEN = ["reply", "unsubscribe"]


def ask(apps: Any, schema_editor: Any) -> None:
    unheard = _stops(apps, schema_editor).filter(effect="silenced", body__erased_at=None)
    unheard = unheard.exclude(body__subject="", body__text="")
    _set(apps, schema_editor, list(unheard.values_list("pk", flat=True)), "stranger", WRITTEN)


def close(apps: Any, schema_editor: Any) -> None:
    """As it was: an address that is named was closed, and nothing waits for it."""
    heard = _stops(apps, schema_editor).filter(effect="stranger").exclude(body__sender="")
    _set(apps, schema_editor, list(heard.values_list("pk", flat=True)), "silenced", ["reply"])


def _stops(apps: Any, schema_editor: Any) -> Any:
    rows = apps.get_model("nurture", "Incoming").objects.using(schema_editor.connection.alias)
    return rows.filter(state="done", kind="unsubscribe", person=None, decided_at=None)


def _set(apps: Any, schema_editor: Any, keys: list[int], effect: str, waiting: list[str]) -> None:
    alias = schema_editor.connection.alias
    rows = apps.get_model("nurture", "Incoming").objects.using(alias)
    for first in range(0, len(keys), 500):
        rows.filter(pk__in=keys[first : first + 500], decided_at=None).update(effect=effect)
    waits = rows.filter(Q(state="aside") | Q(effect="stranger", kind__in=waiting, decided_at=None)).count()
    apps.get_model("team", "Installation").objects.using(alias).update(mail_aside=waits)


class Migration(migrations.Migration):
    dependencies = [("nurture", "0056_written_by_strangers"), ("team", "0017_installation_mail_aside")]

    operations = [migrations.RunPython(ask, close, elidable=True)]
