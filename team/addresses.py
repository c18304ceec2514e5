"""What an address carries: moments and keys, as we wrote them into it. Anything else is None, never an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

# No list of ours begins before or ends after these.
FIRST_YEAR, LAST_YEAR = 1970, 2200
# The longest number that both databases keep.
DIGITS_MAX = 18
# No page shows more lines that can be marked as seen.
SHOWN_MAX = 100


def read_moment(text: str) -> datetime | None:
    """A moment with its zone, in UTC. A plus sign that an address lost is put back."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
        found = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def read_number(text: str) -> int | None:
    """A whole number from 0 that a column can hold."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX else None


def read_shown(data: QueryDict) -> set[int]:
    """The keys of the lines that a page showed, as it sends them back; what is no key is left out."""
    keys = (read_number(key) for key in data.getlist("shown")[:SHOWN_MAX])
    return {key for key in keys if key is not None}


# A key within an address that somebody pasted.
UUID_IN_TEXT = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
