from typing import Any

from django.db import migrations

# As the source articles say it: beside our figures, and no targets.
FIGURES = (
    ("unused_content", 90, "Source articles: of selling content, never actually used in selling"),
    ("own_words", 40, "Source articles: of sales people's time, creating their own messaging and tools"),
)


def write(apps: Any, schema_editor: Any) -> None:
    benchmarks = apps.get_model("agreement", "Benchmark").objects
    for key, share, source in FIGURES:
        benchmarks.get_or_create(key=key, defaults={"low": share, "high": share, "source": source})


def forget(apps: Any, schema_editor: Any) -> None:
    """What the constraints of before refuse: other keys, and a band that is one figure."""
    benchmarks = apps.get_model("agreement", "Benchmark").objects
    benchmarks.filter(key__in=[key for key, _share, _source in FIGURES]).delete()
    for one in benchmarks.all():
        if one.low >= one.high:
            one.low, one.high = max(one.high - 1, 0), max(one.high, 1)
            one.save(update_fields=["low", "high"])


class Migration(migrations.Migration):
    dependencies = [("agreement", "0008_benchmarks_of_content")]

    operations = [migrations.RunPython(write, forget)]
