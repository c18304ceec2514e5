from typing import Any

from django.db import migrations

# (dimension, (key, label) in their order). Personas and stages bear the keys of roles in a buying group and of phases.
LABELS = (
    ("persona", (
        ("decision_maker", "Decision maker"), ("champion", "Champion"), ("influencer", "Influencer"), ("doer", "Doer"),
    )),
    ("stage", (
        ("early", "Early: finding out what is wrong"), ("middle", "Middle: comparing ways"),
        ("late", "Late: choosing a vendor"), ("queued", "Before the first touch"),
        ("working", "Until there is a conversation"), ("handed_off", "Before the meeting"), ("accepted", "After the meeting"),
        ("qualified", "While there is a deal"), ("nurture", "While they sleep"),
    )),
    ("need", (
        ("save_cost", "Save cost"), ("save_time", "Save time"), ("grow", "Sell more"), ("reduce_risk", "Fewer failures"),
        ("comply", "Meet a rule or an audit"),
    )),
    ("objection", (
        ("price", "Too expensive"), ("timing", "Not now"), ("incumbent", "We have a vendor"), ("no_need", "We do not need it"),
        ("effort", "Too much work to change"), ("trust", "Does it work elsewhere?"), ("authority", "Somebody else decides"),
    )),
)  # fmt: skip


def seed(apps: Any, schema_editor: Any) -> None:
    labels = apps.get_model("content", "Label").objects.using(schema_editor.connection.alias)
    for dimension, values in LABELS:
        for position, (key, label) in enumerate(values, 1):
            labels.get_or_create(dimension=dimension, key=key, defaults={"label": label, "position": position})


class Migration(migrations.Migration):
    dependencies = [("content", "0003_fulltext_of_sqlite")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
