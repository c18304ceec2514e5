"""What the fields that an installation has added say of somebody, or of a company, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import CustomField


def told_fields(*customs: tuple[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Of each entity and what is kept in its own fields those that are filled, in their order: label and value. No
    statement where there are none, else one."""
    if not any(custom for _entity, custom in customs):
        return []
    labels = {(field.entity, field.key): field.label for field in CustomField.objects.all()}
    return [
        (labels.get((entity, key), key), _said(value))
        for entity, custom in customs
        for key, value in _in_order(entity, custom, labels)
        if value not in (None, "")
    ]


def _in_order(entity: str, custom: dict[str, Any], fields: Iterable[tuple[str, str]]) -> list[tuple[str, Any]]:
    """In the order of these (entity, key); what no field names any more stands last."""
    places = {key: place for place, (whose, key) in enumerate(fields) if whose == entity}
    last = max(places.values(), default=0) + 1
    return sorted(custom.items(), key=lambda item: places.get(item[0], last))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
