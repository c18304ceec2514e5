"""What this disk remembers of erasures, so that a database restored from a copy forgets the same people again.

`VAR_DIR/erasures.log`, a line each: which rows they were and the keyed hashes of their addresses, and no more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from team.models import Installation


def lines() -> list[dict[str, Any]]:
    """Of this installation, the oldest first. A line that cannot be read was cut off while it was written."""
    try:
        written = _log().read_text().splitlines()
    except FileNotFoundError:
        return []
    ours, found = _instance(), []
    for line in written:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("instance") == ours:
            found.append(said)
    return found


def write_line(person: str, *, rows: Sequence[str], keys: Sequence[Sequence[str]], at: datetime) -> None:
    """On the disk when this returns. Written twice it says the same."""
    said = {"instance": _instance(), "person": person, "rows": rows, "keys": keys, "at": at.isoformat()}
    with _log().open("a") as log:
        # A line of its own, also behind one that was cut off.
        log.write(("" if _ends_a_line() else "\n") + json.dumps(said) + "\n")
        log.flush()
        os.fsync(log.fileno())


def _ends_a_line() -> bool:
    try:
        return _log().read_bytes()[-1:] in (b"", b"\n")
    except FileNotFoundError:
        return True


def _log() -> Path:
    return Path(settings.VAR_DIR) / "erasures.log"


def _instance() -> str:
    return str(Installation.objects.values_list("instance_id", flat=True).get())
