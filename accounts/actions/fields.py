"""Fields of the company's own: made once, kept for ever, retired instead of deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import CustomField
from team.models import SettingChange

if TYPE_CHECKING:
    from team.models import User

KEY_MAX = 60
LABEL_MAX = 120
CHOICES_MAX = 200


class FieldRefused(Exception):
    """This field cannot be made. Safe to show to an admin or a marketer."""


def key_for(label: str) -> str:
    """The key a label gives: lower case, underscores, never empty, never longer than the column, and never a number,
    which a database takes for a place in a list; 2024_25 is a number as well."""
    key = slugify(label).replace("-", "_")[:KEY_MAX].strip("_") or "field"
    return (f"field_{key}" if key.replace("_", "").isdigit() else key)[:KEY_MAX].strip("_")


@transaction.atomic
def add_custom_field(
    *,
    entity: str,
    label: str,
    type: str = CustomField.Type.TEXT,
    choices: list[str] | None = None,
    not_for_scores: bool = False,
    filterable: bool = False,
    by: User | None,
    at: datetime,
) -> CustomField:
    """A new field under a key of its own. A field of the same label and type is that field, not a second one."""
    label = " ".join(label.split())
    if not label or len(label) > LABEL_MAX:
        raise FieldRefused(_("A field needs a name of at most %(limit)d characters.") % {"limit": LABEL_MAX})
    if type not in CustomField.Type.values:
        raise FieldRefused(_("“%(type)s” is not a kind of field.") % {"type": type})
    taken = {field.key: field for field in CustomField.objects.filter(entity=entity)}
    for field in taken.values():
        if field.label.casefold() == label.casefold() and field.type == type and field.retired_at is None:
            return field

    key = base = key_for(label)
    number = 2
    while key in taken:
        key = f"{base[: KEY_MAX - 4]}_{number}"
        number += 1
    position = CustomField.objects.filter(entity=entity).aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            field = CustomField.objects.create(
                entity=entity,
                key=key,
                label=label,
                type=type,
                choices=(choices or [])[:CHOICES_MAX],
                not_for_scores=not_for_scores,
                filterable=filterable,
                position=min(position + 1, 32767),
            )
    except IntegrityError:
        # Somebody made it at the same instant.
        return CustomField.objects.get(entity=entity, key=key)
    SettingChange.objects.create(
        at=at, by=by, model="accounts.CustomField", object_id=str(field.pk), changes={"label": [None, label]},
        verb=SettingChange.Verb.ADD,
    )  # fmt: skip
    return field
