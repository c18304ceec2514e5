"""What the words of a message may name, and nothing else: `{{ first_name | there }}`. Pure.

Not a template language (R37): a field of the list below, with the words that stand in where nothing is known. What it
is filled with came in files and forms: it is read neither for fields nor for Markdown, and brings no address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FIELDS = {
    "first_name": gettext_lazy("their first name"),
    "name": gettext_lazy("their whole name"),
    "title": gettext_lazy("their title"),
    "company": gettext_lazy("where they work"),
    "topic": gettext_lazy("what they showed most interest in"),
    "sender_name": gettext_lazy("who writes"),
    "asset_title": gettext_lazy("what the message brings"),
    "asset_link": gettext_lazy("the address of that"),
}
FIELD = re.compile(r"\{\{\s*([a-z_]*)\s*(?:\|([^{}]*))?\}\}")
# Braces that are no field: mistyped, and nobody should get them.
LOOSE = re.compile(r"\{\{|\}\}|\{%|%\}")
# The only one that is an address of ours.
ADDRESS = "asset_link"
# The colon of what is left of an address, too: a bare one is a link.
MARKDOWN = re.compile(r"[\\`*_\[\]<>#~]|^[-+=]|:(?=/)")
SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class BadWords(ValueError):
    """These words cannot be sent as they are. Safe to show to whoever wrote them."""


def fields_in(text: str) -> list[tuple[str, str | None]]:
    """The fields it names, each with what stands in for it (None: nothing). BadWords for one that is not known, for
    loose braces, and for one that may be empty and has nothing to stand in."""
    named: list[tuple[str, str | None]] = []
    for found in FIELD.finditer(text):
        name, instead = found[1], found[2]
        if name not in FIELDS:
            raise BadWords(
                _("There is no field %(field)s. There are: %(fields)s.")
                % {"field": "{{ " + name + " }}", "fields": ", ".join(FIELDS)}
            )
        named.append((name, instead.strip() if instead is not None else None))
    if LOOSE.search(FIELD.sub("", text)):
        raise BadWords(_("Braces without a field in them: write a field like {{ first_name | there }}."))
    return named


def fill(text: str, values: Mapping[str, str], *, clean: bool = False) -> str:
    """The text with its fields filled. BadWords where one is empty and nothing stands in for it.

    What a field brings stays in one line, and is nothing but words: with `clean`, in a header, as they are; else as
    Markdown that means just them.
    """
    fields_in(text)

    def value_of(found: re.Match[str]) -> str:
        value = values.get(found[1], "") or (found[2] or "").strip()
        if not value and found[2] is None:
            said = _("Nothing is known for {{ %(field)s }}, and nothing stands in for it.")
            raise BadWords(said % {"field": found[1]})
        value = " ".join(value.split())
        return value if clean or found[1] == ADDRESS else MARKDOWN.sub(r"\\\g<0>", SCHEME.sub("", value))

    return FIELD.sub(value_of, text)


def as_read(text: str) -> str:
    """The words as they are read where nobody in particular is written to: what stands in for each field, else what the
    field is called, in brackets."""

    def stands_in(found: re.Match[str]) -> str:
        return (found[2] or "").strip() or (f"[{FIELDS[found[1]]}]" if found[1] in FIELDS else found[0])

    return FIELD.sub(stands_in, text)
