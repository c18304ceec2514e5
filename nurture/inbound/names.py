"""What somebody who wrote is called by the header that says from whom a mail is. Pure."""

from __future__ import annotations

import re
from email.utils import parseaddr

NAME_MAX = 200


def name_in(header: str) -> str:
    """The name of the first address of a decoded header; empty where there is none, or an address in its place. A name
    may have a comma that nobody quoted: decoded, it is not told from the one between two addresses."""
    before, angle, _rest = header.partition("<")
    said = before if angle else parseaddr(header)[0]
    name = " ".join(re.sub(r"\\(.)", r"\1", said).strip().strip("\"' ").split())
    return "" if "@" in name else name[:NAME_MAX].strip()
