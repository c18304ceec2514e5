"""Who has no name is found by the words they are called by: their search texts of before get these as a line.

In batches by the ids of people, each text changed only if nobody wrote it meanwhile. The line harms no code before this
one, so that nothing is taken back.
"""

from typing import Any

from django.db import migrations

from accounts.normalise import search_text

BATCH = 1000


def forward(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    people = apps.get_model("accounts", "Person").objects.using(alias)
    texts = apps.get_model("accounts", "SearchText").objects.using(alias)
    nameless = people.filter(given_name="", family_name="").exclude(known_by="").order_by("pk")
    last = 0
    while rows := list(nameless.filter(pk__gt=last).values_list("pk", "known_by")[:BATCH]):
        called = dict(rows)
        for pk, text in list(texts.filter(person__in=called).values_list("person_id", "text")):
            lines = dict.fromkeys([*search_text(called[pk]).split("\n"), *text.split("\n")])
            if (new := "\n".join(lines)) != text:
                texts.filter(person=pk, text=text).update(text=new)
        last = rows[-1][0]


class Migration(migrations.Migration):
    # No transaction around it: a lock on one row for the length of one statement.
    atomic = False

    dependencies = [("accounts", "0007_job_changes")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop, elidable=True)]
