"""Search texts that were written before O'Neill was found by oneill get their second line.

In batches, each row changed only if nobody wrote it meanwhile; the code before this one finds by the new text as well.
"""

import re
from collections.abc import Callable
from typing import Any

from django.db import migrations

BATCH = 2000
APOSTROPHES = re.compile("['’‘‛ʼʻ`′]")
INITIAL_ALONE = re.compile(r"\b([^\W\d_]) (?=[^\W\d_]{3})")


def run_together(line: str) -> str:
    return INITIAL_ALONE.sub(r"\1", APOSTROPHES.sub("", line))


def with_second_lines(text: str) -> str:
    return "\n".join(dict.fromkeys(found for line in text.split("\n") for found in (line, run_together(line))))


def without_second_lines(text: str) -> str:
    lines = text.split("\n")
    second = {run_together(line) for line in lines if run_together(line) != line}
    return "\n".join(line for line in lines if line not in second)


def rewrite(apps: Any, schema_editor: Any, written: Callable[[str], str]) -> None:
    texts = apps.get_model("accounts", "SearchText").objects.using(schema_editor.connection.alias)
    last = 0
    while rows := list(texts.filter(pk__gt=last).order_by("pk").values_list("pk", "text")[:BATCH]):
        for pk, text in rows:
            if (new := written(text)) != text:
                texts.filter(pk=pk, text=text).update(text=new)
        last = rows[-1][0]


def forward(apps: Any, schema_editor: Any) -> None:
    rewrite(apps, schema_editor, with_second_lines)


def backward(apps: Any, schema_editor: Any) -> None:
    rewrite(apps, schema_editor, without_second_lines)


class Migration(migrations.Migration):
    # No transaction around it: a lock on one row for the length of one statement.
    atomic = False

    dependencies = [("accounts", "0001_spine")]

    operations = [migrations.RunPython(forward, backward, elidable=True)]
