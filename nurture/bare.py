"""An address that stands bare in the words of a letter is a link, as one in Markdown is. Pure."""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

_SCHEME = re.compile(r"(?:^|[^a-z0-9.+_-])(https?)$", re.IGNORECASE)
# Markdown's own signs end it, so that what is written around it keeps its meaning.
_REST = re.compile(r"://[^\s<>\"\[\]\\`*|{}]+", re.IGNORECASE)
# The longest of the two, and the sign before it.
_BEFORE = 6


def bare_address(state: StateInline, silent: bool) -> bool:
    """A rule of markdown-it: at the colon of http:// or https://, outside of other links. What ends a sentence, and a
    bracket that was not opened in it, is no part of it."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src[max(state.pos - _BEFORE, 0) : state.pos])
    rest = _REST.match(state.src, state.pos)
    if scheme is None or rest is None or not state.pending.endswith(scheme[1]):
        return False
    found = _without_end(rest[0])
    href = state.md.normalizeLink(scheme[1] + found)
    if len(found) == len("://") or not state.md.validateLink(href):
        return False
    state.pending = state.pending.removesuffix(scheme[1])
    state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = href
    state.push("link_close", "a", -1)
    state.pos += len(found)
    return True


def _without_end(address: str) -> str:
    while True:
        shorter = address.rstrip(".,;:!?'")
        if shorter.endswith(")") and shorter.count("(") < shorter.count(")"):
            shorter = shorter[:-1]
        if shorter == address or len(shorter) <= len("://"):
            return shorter if len(shorter) > len("://") else "://"
        address = shorter
