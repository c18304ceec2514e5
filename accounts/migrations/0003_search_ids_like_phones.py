"""Search texts written before 8801-2231 was found by its digits, as it is looked for, get that line.

In batches by the ids of other systems, each text changed only if nobody wrote it meanwhile. The line harms no code
before this one, so that nothing is taken back.
"""

import re
from typing import Any

from django.db import migrations

BATCH = 2000
LIKE_A_PHONE = re.compile(r"[+(]?[0-9][0-9 ().+/-]{2,}")


def forward(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    ids = apps.get_model("accounts", "ExternalId").objects.using(alias).order_by("pk")
    texts = apps.get_model("accounts", "SearchText").objects.using(alias)
    last = 0
    while rows := list(ids.filter(pk__gt=last).values_list("pk", "value", "person_id", "account_id")[:BATCH]):
        for _pk, value, person_id, account_id in rows:
            if value.isdecimal() or not LIKE_A_PHONE.fullmatch(value):
                continue
            of = {"person_id": person_id} if person_id else {"account_id": account_id}
            add_line(texts.filter(**of), re.sub(r"\D", "", value))
        last = rows[-1][0]


def add_line(found: Any, line: str) -> None:
    for text in found.values_list("text", flat=True):
        if line not in text.split("\n"):
            found.filter(text=text).update(text=f"{text}\n{line}")


class Migration(migrations.Migration):
    # No transaction around it: a lock on one row for the length of one statement.
    atomic = False

    dependencies = [("accounts", "0002_search_without_apostrophes")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop, elidable=True)]
