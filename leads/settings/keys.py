"""The key a code is known by for ever, from the label it was given first."""

from __future__ import annotations

from django.utils.text import slugify

from agreement.models.codes import Code


def new_key(model: type[Code], label: str) -> str:
    """Lower case, underscores, never empty, not taken."""
    base = slugify(label).replace("-", "_")[:34].strip("_") or "code"
    taken = set(model._default_manager.filter(key__startswith=base).values_list("key", flat=True))
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key
