from typing import Any

from django.db import migrations

# As the source articles say it: beside our figures, and no targets.
BANDS = (
    ("not_nurtured", 8, 10, "Source articles: of those not yet ready to buy, without nurturing, over time"),
    ("nurtured", 15, 20, "Source articles: of those not yet ready to purchase, where they were nurtured"),
    ("not_ready", 30, 50, "Source articles: of the leads in a pipeline"),
)


def write(apps: Any, schema_editor: Any) -> None:
    benchmarks = apps.get_model("agreement", "Benchmark").objects
    for key, low, high, source in BANDS:
        benchmarks.get_or_create(key=key, defaults={"low": low, "high": high, "source": source})


def forget(apps: Any, schema_editor: Any) -> None:
    """The table goes with the migration before."""


class Migration(migrations.Migration):
    dependencies = [("agreement", "0006_benchmark")]

    operations = [migrations.RunPython(write, forget)]
