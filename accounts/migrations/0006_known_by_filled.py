"""Of everybody without a name there is, what she is called. Can be repeated where it was stopped."""

from collections import defaultdict
from typing import Any

from django.db import migrations

BATCH = 1000
FACTS, OWN_FACTS, FACT, LENGTH = 5, 3, 60, 160


def fill(apps: Any, schema_editor: Any) -> None:
    """A part at a time, each row by itself, and only if nobody wrote it meanwhile."""
    alias = schema_editor.connection.alias
    model = {name: apps.get_model("accounts", name).objects.using(alias) for name in NAMES}
    own = model["CustomField"].filter(entity="person").order_by("position", "pk")
    fields = list(own.values_list("key", "not_for_scores"))
    nameless = model["Person"].filter(given_name="", family_name="", erased_at=None, known_by="")
    last = 0
    while people := list(nameless.filter(pk__gt=last).order_by("pk")[:BATCH]):
        ids = [person.pk for person in people]
        mails: dict[int, str] = {}
        points = model["ContactPoint"].filter(person__in=ids, kind="email").order_by("pk")
        for person_id, value in points.values_list("person_id", "value"):
            mails.setdefault(person_id, value)
        jobs: dict[int, tuple[str, str]] = defaultdict(lambda: ("", ""))
        worked = model["Employment"].filter(person__in=ids, is_current=True)
        for person_id, title, account in worked.values_list("person_id", "title", "account__name"):
            jobs[person_id] = (title, account or "")
        for person in people:
            facts = [*jobs[person.pk], mails.get(person.pk, ""), *own_words(person.custom or {}, fields)[:OWN_FACTS]]
            facts += [person.city or person.region or person.country, person.source]
            if words := joined(facts):
                nameless.filter(pk=person.pk).update(known_by=words)
        last = ids[-1]


def own_words(custom: dict[str, Any], fields: list[tuple[str, bool]]) -> list[str]:
    places = {key: place for place, (key, _late) in enumerate(fields)}
    late = {key for key, is_late in fields if is_late}
    said = sorted(custom.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))
    words = [value for key, value in said if key not in late and isinstance(value, str)]
    return [value for value in words if 4 <= len(value) <= 40 and not value[0].isdigit()]


def joined(facts: list[str]) -> str:
    chosen: list[str] = []
    for fact in dict.fromkeys(shortened(fact) for fact in facts if fact):
        if len(chosen) < FACTS and len(", ".join([*chosen, fact])) <= LENGTH:
            chosen.append(fact)
    return ", ".join(chosen)


def shortened(fact: str) -> str:
    words = " ".join(fact.split())
    return words if len(words) <= FACT else f"{words[: FACT - 1].rstrip()}…"


NAMES = ("Person", "ContactPoint", "Employment", "CustomField")


class Migration(migrations.Migration):
    # No transaction around it: a lock on one row for the length of one statement.
    atomic = False

    dependencies = [("accounts", "0005_known_by")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
