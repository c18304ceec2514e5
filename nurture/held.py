"""Everything that is kept of a person: what points at her, at her leads, at her mail, and so on. Reads only.

It is found by the foreign keys themselves, so that what is added to the models later is found, too.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from accounts.models import Person, SearchText
from content.models import Feedback
from leads.models import Engagement, EngagementKey, Lead
from team.csv import safe_row

ROOMS = ("team", "agreement", "accounts", "content", "leads", "nurture")
# What points at somebody and is another's: whom a colleague named in her stead.
NOT_HERS = {("leads.Recycling", "referred_to")}
# Hashes by which machines compare; they tell nobody anything.
UNTOLD = {"to_hash", "network", "key_hash", "claimed_by"}
Found = dict[type[Model], list[Any]]


@dataclass(frozen=True)
class Kept:
    """So many rows of one kind."""

    name: str
    count: int


def held_of(people: Collection[int]) -> Found:
    """The keys of every row that belongs to these people, by model."""
    found: dict[type[Model], set[Any]] = {Person: set(people)}
    paths = list(_paths())
    is_more = True
    while is_more:
        is_more = False
        for model, field, target in paths:
            if target not in found:
                continue
            there = found.get(model, set())
            asked = {f"{field}__in": list(found[target])}
            new = set(model._base_manager.filter(**asked).values_list("pk", flat=True)) - there
            if new:
                found[model], is_more = there | new, True
    # What names by value instead.
    keys = EngagementKey.objects.filter(engagement_id__in=found.get(Engagement, ())).values_list("pk", flat=True)
    uuids = Lead.objects.filter(pk__in=found.get(Lead, ())).values_list("public_id", flat=True)
    said = Feedback.objects.filter(lead__in=list(uuids)).values_list("pk", flat=True)
    found |= {EngagementKey: set(keys), Feedback: set(said)}
    return {model: sorted(pks) for model, pks in found.items() if pks}


def kept(found: Found) -> list[Kept]:
    """What there is, in words, the most first."""
    rows = [Kept(str(model._meta.verbose_name_plural), len(pks)) for model, pks in found.items()]
    return sorted(rows, key=lambda one: (-one.count, one.name))


def export_of(found: Found) -> bytes:
    """A zip: all of it as one JSON, and each kind as a table for spreadsheets."""
    told = {
        model._meta.label: list(_told(model, pks))
        for model, pks in sorted(found.items(), key=lambda i: i[0]._meta.label)
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for label, rows in told.items():
            archive.writestr(f"{label.lower()}.csv", _table(rows))
    return file.getvalue()


def _paths() -> Iterator[tuple[type[Model], str, type[Model]]]:
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models(include_auto_created=True):
            for field in model._meta.local_fields:
                target, name = field.related_model, (model._meta.label, field.name)
                # The index says nothing that the rows do not.
                if target is not None and name not in NOT_HERS and model is not SearchText:
                    yield model, field.name, target


def _told(model: type[Model], pks: list[Any]) -> Iterator[dict[str, Any]]:
    columns = [field.attname for field in model._meta.concrete_fields if field.name not in UNTOLD]
    yield from model._base_manager.filter(pk__in=pks).order_by("pk").values(*columns)


def _table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(rows[0])
    for row in rows:
        cells = (json.dumps(one, ensure_ascii=False) if isinstance(one, dict | list) else one for one in row.values())
        writer.writerow(safe_row(cells))
    return "\ufeff" + text.getvalue()
