"""What a line of the log must not hold."""

import re
from collections.abc import MutableMapping
from typing import Any

# The address of a calendar feed is all that its file asks for.
SECRET = re.compile(r"/calendar/[^/?\s]+\.ics")


def hide_secret_addresses(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in ("request", "event"):
        if isinstance(line.get(key), str) and "/calendar/" in line[key]:
            line[key] = SECRET.sub("/calendar/-.ics", line[key])
    return line
