"""Names of rows that leave the house in links: the row's number and a signature, and never where it leads (R28)."""

from __future__ import annotations

from django.core.signing import BadSignature, Signer

LINK, OPENING, PERSON, STOP = "link", "open", "person", "stop"


def token_of(what: str, pk: int) -> str:
    """A name for row `pk` that nobody else can make. Keys that were rotated out still read it while they are kept."""
    return Signer(salt=f"nurture.{what}", sep=".").sign(str(pk))


def row_of(what: str, token: str) -> int | None:
    """Which row is meant; None for anything that was not made here."""
    try:
        return int(Signer(salt=f"nurture.{what}", sep=".").unsign(token[:200]))
    except (BadSignature, ValueError):
        return None
