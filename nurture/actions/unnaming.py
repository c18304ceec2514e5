"""Words of ours that name somebody in passing: a colleague's note, a saved search, the first rows of a file.

They stay, without her. What is found is looked for before anything is locked, and read again under its lock.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q

from accounts.actions.people import suppression_key
from content.models import AssetThumb, ContentRequest, Feedback, LibrarySearch, RequestChange, Talk
from leads.models import (
    Block,
    Consent,
    EngagementKey,
    HandOff,
    Import,
    ImportReject,
    Note,
    Recycling,
    SavedView,
    Step,
)
from nurture.held import Found
from nurture.models import Incoming, IncomingBody, MessageBody, MessageLink, Told
from nurture.named import Named
from team.models import FormSubmission, Upload

# Where one of us, or somebody who wrote to us, may name anybody.
WORDS: dict[type[Model], tuple[str, ...]] = {
    Note: ("text",),
    Step: ("title",),
    HandOff: ("line", "place"),
    Recycling: ("vendor",),
    Consent: ("evidence",),
    Block: ("title",),
    SavedView: ("name",),
    ImportReject: ("raw", "reason"),
    Import: ("error",),
    MessageBody: ("to_address", "subject", "text", "answer"),
    IncomingBody: ("sender", "sender_name", "subject", "text"),
    Incoming: ("error",),
    Feedback: ("text", "outcome"),
    Talk: ("text",),
    ContentRequest: ("need", "because"),
    RequestChange: ("because",),
    AssetThumb: ("reason",),
    LibrarySearch: ("q",),
    Upload: ("name",),
    EngagementKey: ("external_id",),
    LogEntry: ("object_repr", "change_message"),
}
# Addresses of pages: what asks for her asks for nobody.
ADDRESSES: dict[type[Model], tuple[str, ...]] = {
    Block: ("query",),
    SavedView: ("query",),
    FormSubmission: ("answer_url",),
    MessageLink: ("url",),
}
# So many lines of a file are looked at together.
LINES = 2000
Place = tuple[type[Model], Any]


def places_of(who: Named) -> list[Place]:
    """Every row that names her outside of what is hers."""
    return list(dict.fromkeys(_places(who))) if who else []


def places_elsewhere(who: Named, found: Found) -> list[Place]:
    """Those of them that are not among what is hers anyway."""
    hers = {model: set(pks) for model, pks in found.items()}
    return [(model, pk) for model, pk in places_of(who) if pk not in hers.get(model, ())]


def unname(places: list[Place], who: Named, *, at: datetime) -> int:
    """Take her out of these rows; how many named her still."""
    return sum(_unname(model, pk, who, at=at) for model, pk in places)


def files_of(who: Named) -> list[int]:
    """The imported files that are still kept and have a line of hers."""
    kept = Upload.objects.filter(purpose=Upload.Purpose.IMPORT).exclude(file="").prefetch_related("imports")
    return [upload.pk for upload in kept.order_by("pk") if who and _stands_in_file(upload, who)]


def forget_files(files: list[int], *, at: datetime) -> int:
    """Their day has come: the tick that forgets files deletes them as soon as nobody reads them."""
    return Upload.objects.filter(pk__in=files, keep_until__gt=at).update(keep_until=at)


def _stands_in_file(upload: Upload, who: Named) -> bool:
    run = next(iter(upload.imports.all()), None)
    encoding = str(run.profile.get("encoding", "utf-8")) if run else "utf-8"
    try:
        with upload.file.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, errors="replace") as text:
            return any(who.is_in("".join(lines)) for lines in batched(text, LINES))
    except FileNotFoundError:
        return False


def _places(who: Named) -> Iterator[Place]:
    columns_of = {model: (*WORDS.get(model, ()), *ADDRESSES.get(model, ())) for model in [*WORDS, *ADDRESSES]}
    for model, columns in columns_of.items():
        asked = Q()
        for column in columns:
            asked |= who.may_stand_in(column)
        for pk, *texts in model._base_manager.filter(asked).values_list("pk", *columns).iterator():
            if any(who.is_in(text) for text in texts):
                yield model, pk
    profiles = Import.objects.exclude(profile={}).values_list("pk", "profile").iterator()
    yield from ((Import, pk) for pk, profile in profiles if who.without_cells(profile) != profile)
    told = Told.objects.exclude(body=b"").values_list("pk", "body").iterator()
    yield from ((Told, pk) for pk, body in told if who.is_in(_read(body)))


def _unname(model: type[Model], pk: Any, who: Named, *, at: datetime) -> bool:
    row = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return False
    if isinstance(row, SavedView | MessageLink):
        # A list of her alone, and a link to her: nothing of them is left.
        row.delete()
        return True
    if isinstance(row, Told):
        # What it says of her address has nobody left whom it concerns.
        end = {"state": Told.State.DONE, "due_at": None, "ended_at": row.ended_at or at}
        return bool(Told.objects.filter(pk=pk).update(body=b"", headers={}, error="", **end))
    new: dict[str, Any] = {}
    for column in WORDS.get(model, ()):
        new[column] = _fit(row, column, who.without(getattr(row, column)))
    for column in ADDRESSES.get(model, ()):
        new[column] = "" if who.is_in(getattr(row, column)) else getattr(row, column)
    if isinstance(row, Import):
        new["profile"] = who.without_cells(row.profile)
    if isinstance(row, EngagementKey) and new["external_id"] != row.external_id:
        # What was told once is still told once; nobody reads of whom.
        new["external_id"] = suppression_key(row.external_id)
    new = {column: value for column, value in new.items() if getattr(row, column) != value}
    return bool(new and model._base_manager.filter(pk=pk).update(**new))


def _fit(row: Model, column: str, text: str) -> str:
    """What takes its place may be longer than it was."""
    most: int | None = getattr(row._meta.get_field(column), "max_length", None)
    return text[:most] if most else text


def _read(body: bytes | memoryview) -> str:
    return bytes(body).decode("utf-8", "replace")
