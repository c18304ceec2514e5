"""A file on its way in: received, its columns decided, its questions answered, started, cancelled.

What its rows become is `leads.actions.import_rows`; when they reach the reps is `leads.actions.releasing`.
"""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.fields import FieldRefused, add_custom_field
from accounts.models import CustomField
from accounts.normalise import country
from agreement.models import Lane
from leads.actions.import_rows import preview
from leads.actions.releasing import PLAN_MAX, ReleaseDays, capacity_a_day
from leads.imports import COUNTRIES, NEEDS_SOURCE, OTHER, Mapping, Meaning, problems_of
from leads.intake.foreign import refuse_foreign
from leads.intake.guessing import guess_file_kind
from leads.intake.reading import COUNTED_VALUES, Profile, Record, UnreadableFile, count_values, profile, records
from leads.models import Engagement, Import, Release
from team.models import Upload
from team.templatetags.midfield import written_day
from team.worktime import NeverOpen

if TYPE_CHECKING:
    from team.models import User

KEEP_DAYS = 90
FORGET_BATCH = 500
HEAD_BYTES = 64 * 1024
NAME_MAX = 255
# What somebody of this lane did, unless the marketer says otherwise.
KIND_OF_LANE = {
    Lane.HAND_RAISER: Engagement.Kind.ASKED,
    Lane.CONTENT: Engagement.Kind.DOWNLOADED,
    Lane.LIST: Engagement.Kind.LISTED,
}


# What tells people of two files apart, and of how many of the earlier one it is asked.
IDENTITIES = ("external_id", "email", "phone", "mobile")
COMPARED = 1000


class ImportRefused(Exception):
    """What was asked of this import is not possible. Safe to show to a marketer."""


class PaceRefused(ImportRefused):
    """At this pace its people would become leads too late, or never. `field` is the answer that is to be changed."""

    def __init__(self, words: str, *, field: str) -> None:
        super().__init__(words)
        self.field = field


class ForeignFile(UnreadableFile):
    """A picture, a workbook, an archive, a page: whatever its name says, no text table."""


class AlreadyRunning(ImportRefused):
    """The same file is being imported at this moment."""

    def __init__(self, run: Import) -> None:
        super().__init__(_("This file is being imported already, see #%(number)d.") % {"number": run.pk})
        self.run = run


def receive_file(file: File, *, name: str, kind: str, by: User, at: datetime) -> Import:
    """Keep an uploaded file under a name of our own and say what it is.

    UnreadableFile when it is no table, AlreadyRunning when the same bytes are being imported; then nothing is kept.
    """
    head = file.read(HEAD_BYTES)
    try:
        refuse_foreign(head)
    except UnreadableFile as unreadable:
        raise ForeignFile(str(unreadable)) from unreadable
    found = profile(file.file)  # type: ignore[arg-type]
    if (running := _running(found.sha256)) is not None:
        raise AlreadyRunning(running)

    upload = Upload(
        purpose=Upload.Purpose.IMPORT,
        name=shown_name(name),
        size=found.size,
        sha256=found.sha256,
        by=by,
        at=at,
        keep_until=at + timedelta(days=KEEP_DAYS),
    )
    file.seek(0)
    try:
        upload.file.save(f"{uuid.uuid4()}.csv", file, save=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UnreadableFile(_("There is no room left on the server for this file.")) from error
        raise
    try:
        with transaction.atomic():
            upload.save()
            kind = kind or guess_file_kind(found.headers)
            return Import.objects.create(kind=kind, upload=upload, by=by, created_at=at, profile=found.as_json())
    except BaseException:
        upload.file.delete(save=False)
        raise


def shown_name(name: str) -> str:
    """The file's name as it is shown: its last part, on one line, without what turns or hides letters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in last if c.isprintable())
    return clean.strip()[-NAME_MAX:] or "file.csv"


def read_again(run: Import, *, encoding: str | None, delimiter: str | None) -> Profile:
    """Another encoding or delimiter was chosen: the file is looked at afresh, and its columns are guessed anew."""
    with run.upload.file.open("rb") as stream:
        found = profile(stream.file, encoding=encoding, delimiter=delimiter)
    changed = Import.objects.filter(pk=run.pk, state__in=OPEN_STATES).update(
        profile=found.as_json(), mapping={}, state=Import.State.UPLOADED
    )
    if not changed:
        raise ImportRefused(_("This import has been started."))
    run.profile, run.mapping, run.state = found.as_json(), {}, Import.State.UPLOADED
    return found


def decide_columns(run: Import, mapping: Mapping, *, by: User, at: datetime) -> None:
    """Keep what the columns become. Fields that do not exist yet are made on the spot.

    ImportRefused with the first thing that is missing; then nothing is made.
    """
    problems = problems_of(mapping, kind=run.kind, headers=Profile.from_json(run.profile).headers)
    if problems:
        raise ImportRefused(" ".join(problems))
    # The file is looked through before the transaction: on SQLite one writes at a time.
    _keep_unknown_countries(run, mapping)
    _store_columns(run, mapping, by=by, at=at)


def _keep_unknown_countries(run: Import, mapping: Mapping) -> None:
    """Where a column of countries holds words that name none, these get a field beside it, and are kept as written."""
    found = Profile.from_json(run.profile)
    for at, column in enumerate(mapping.columns):
        if column.get("target") not in COUNTRIES or column.get("key"):
            continue
        values: Iterable[str] = found.columns[at].samples
        if found.columns[at].distinct > len(found.columns[at].samples):
            with run.upload.file.open("rb") as stream:
                values = count_values(stream.file, found, column=at, most=COUNTED_VALUES)
        if any(not country(value) for value in values if value.strip() and value.strip() not in mapping.empty):
            column["new"] = {"label": _("%(column)s as written") % {"column": found.headers[at][:100]}}


@transaction.atomic
def _store_columns(run: Import, mapping: Mapping, *, by: User, at: datetime) -> None:
    headers = Profile.from_json(run.profile).headers
    entity = CustomField.Entity.ACCOUNT if run.kind == Import.Kind.COMPANIES else CustomField.Entity.PERSON
    for column, header in zip(mapping.columns, headers, strict=True):
        new = column.pop("new", None)
        if new is None:
            continue
        try:
            made = add_custom_field(
                entity=entity,
                label=new.get("label") or header,
                type=new.get("type", CustomField.Type.TEXT),
                choices=new.get("choices"),
                not_for_scores=bool(new.get("not_for_scores")),
                by=by,
                at=at,
            )
        except FieldRefused as refused:
            raise ImportRefused(f"{header}: {refused}") from refused
        column["key"] = made.key
    changed = Import.objects.filter(pk=run.pk, state__in=OPEN_STATES).update(
        mapping=mapping.as_json(), state=Import.State.UPLOADED, version=F("version") + 1
    )
    if not changed:
        raise ImportRefused(_("This import has been started."))
    run.mapping, run.state = mapping.as_json(), Import.State.UPLOADED


def answer_questions(
    run: Import,
    *,
    source: str,
    happened_at: datetime | None,
    lane: str,
    engagement_kind: str,
    pace: str,
    per_day: int | None,
    meanings: dict[str, str],
    by: User,
    at: datetime,
) -> None:
    """What the file cannot say: when it happened, how fast somebody answers, what each status means.

    PaceRefused where the last of its people would become a lead years from now.
    """
    if not run.mapping.get("columns"):
        raise ImportRefused(_("First say what the columns become."))
    if run.kind == Import.Kind.PEOPLE and happened_at is None:
        raise ImportRefused(_("Say when this happened."))
    if happened_at is not None and happened_at > at:
        raise ImportRefused(_("It cannot have happened in the future."))
    if pace == Import.Pace.PER_DAY and not per_day:
        raise ImportRefused(_("Say how many a day."))
    answers: dict[str, Any] = {
        "source": source,
        "happened_at": happened_at,
        "lane": lane,
        "engagement_kind": engagement_kind or KIND_OF_LANE.get(Lane(lane), Engagement.Kind.LISTED) if lane else "",
        "pace": pace,
        "per_day": _per_day(pace, per_day, lane),
        "meanings": meanings or {OTHER: Meaning.NEW_LEAD.value},
        "state": Import.State.READY,
    }
    asked = copy(run)
    for name, value in answers.items():
        setattr(asked, name, value)
    _refuse_endless(asked, at=at)
    changed = Import.objects.filter(pk=run.pk, state__in=OPEN_STATES).update(**answers, version=F("version") + 1)
    if not changed:
        raise ImportRefused(_("This import has been started."))
    for name, value in answers.items():
        setattr(run, name, value)


def _per_day(pace: str, per_day: int | None, lane: str) -> int | None:
    if pace != Import.Pace.CAPACITY:
        return per_day if pace == Import.Pace.PER_DAY else None
    capacity = capacity_a_day(lane)
    if not capacity:
        raise PaceRefused(_("Nobody in the default team takes leads: it has no capacity."), field="pace")
    return capacity


def _refuse_endless(run: Import, *, at: datetime) -> None:
    """A plan that ends beyond two years is none. The file is looked through only where all of its rows would."""
    days = ReleaseDays(run, start=at)
    if not days.is_paced:
        return
    field = "per_day" if run.pace == Import.Pace.PER_DAY else "pace"
    try:
        if days.last_at(Profile.from_json(run.profile).rows) <= at + PLAN_MAX:
            return
        leads = preview(run, at=at).leads_in_all
        last = days.last_at(leads)
        if last <= at + PLAN_MAX:
            return
        least = days.least_a_day(leads)
    except NeverOpen as never:
        raise PaceRefused(str(never), field=field) from never
    words = _(
        "At %(a_day)d a working day the last of %(leads)d would become a lead on %(day)s. "
        "Choose at least %(least)d a day, all at once, or a smaller file."
    )
    day = written_day(timezone.localtime(last).date())
    raise PaceRefused(words % {"a_day": run.per_day, "leads": leads, "day": day, "least": least}, field=field)


def _must_be_alone(run: Import) -> None:
    """AlreadyRunning while the same bytes are being imported. Every upload of them is locked, so that of two starts the
    second sees the first."""
    list(Upload.objects.select_for_update().filter(sha256=run.upload.sha256).order_by("pk"))
    running = _running(run.upload.sha256)
    if running is not None:
        raise AlreadyRunning(running)


@transaction.atomic
def start_import(run: Import, *, by: User, at: datetime) -> None:
    """From now on the worker reads it. One file is imported once at a time, whoever starts it where."""
    _must_be_alone(run)
    rows = Profile.from_json(run.profile).rows
    started = Import.objects.filter(pk=run.pk, state=Import.State.READY).update(
        state=Import.State.RUNNING,
        started_at=at,
        rows_total=rows,
        checkpoint={},
        version=F("version") + 1,
    )
    if not started:
        raise ImportRefused(_("Answer the questions first."))
    run.refresh_from_db()


@transaction.atomic
def try_again(run: Import, *, by: User, at: datetime) -> None:
    """An import that stopped goes on behind the last row that is in."""
    _must_be_alone(run)
    # It is counted anew how often the same row stops it.
    checkpoint = {**run.checkpoint, "attempt": run.attempt}
    going = Import.objects.filter(pk=run.pk, state=Import.State.FAILED, attempt=run.attempt).update(
        state=Import.State.RUNNING,
        finished_at=None,
        lease_until=None,
        error="",
        checkpoint=checkpoint,
        version=F("version") + 1,
    )
    if not going:
        raise ImportRefused(_("This import has not stopped."))
    run.refresh_from_db()


@transaction.atomic
def cancel_import(run: Import, *, by: User, at: datetime) -> None:
    """No further row is read. What came in stays; nobody of it who still waits becomes a lead."""
    cancelled = Import.objects.filter(pk=run.pk, state__in=(*OPEN_STATES, Import.State.RUNNING)).update(
        state=Import.State.CANCELLED,
        finished_at=at,
        lease_until=None,
        version=F("version") + 1,
    )
    if not cancelled:
        raise ImportRefused(_("This import has ended already."))
    skip_waiting(run, because="cancelled", at=at)
    run.refresh_from_db()


def skip_waiting(run: Import, *, because: str, at: datetime) -> int:
    """The people of this file who are not yet leads stay inquiries."""
    return Release.objects.filter(import_run=run, state=Release.State.WAITING).update(
        state=Release.State.SKIPPED, skipped_for=because, done_at=at
    )


def forget_uploads(*, at: datetime) -> int:
    """Delete files past the day they are kept until, up to 500; what is known of them, and their rows, stay.

    A file that is being read is left alone; one whose import nobody started can no longer be imported. The file goes
    before its name: whoever is killed between the two is followed by one who finds no file, and forgets the name.
    """
    with transaction.atomic():
        # Locked as a start locks them: an import either runs already, or can no longer start.
        kept = Upload.objects.select_for_update().filter(keep_until__lte=at).exclude(file="").order_by("pk")
        due = list(kept.exclude(imports__state=Import.State.RUNNING)[:FORGET_BATCH])
        imports = Import.objects.filter(upload__in=due)
        running = set(imports.filter(state=Import.State.RUNNING).values_list("upload_id", flat=True))
        due = [upload for upload in due if upload.pk not in running]
        imports.filter(state__in=OPEN_STATES).update(
            state=Import.State.CANCELLED, finished_at=at, version=F("version") + 1
        )
    for upload in due:
        upload.file.delete(save=False)
        Upload.objects.filter(pk=upload.pk).update(file="")
    return len(due)


def earlier_like(run: Import) -> Import | None:
    """The last import of a file with the same columns: its decisions are offered again."""
    headers = Profile.from_json(run.profile).headers
    done = Import.objects.filter(kind=run.kind, state__in=[Import.State.DONE, Import.State.RUNNING]).exclude(pk=run.pk)
    for earlier in done.order_by("-pk")[:20]:
        if _headers(earlier.profile) == headers:
            return earlier
    return None


def last_of(source: str, engagement_kind: str, *, apart_from: Import) -> Import | None:
    """The last import that told of people from this source that they did this."""
    told = Import.objects.filter(kind=Import.Kind.PEOPLE, source=source, engagement_kind=engagement_kind)
    begun = told.exclude(started_at=None).exclude(happened_at=None).exclude(pk=apart_from.pk)
    return begun.order_by("-started_at", "-pk").first()


def is_same_export(run: Import, earlier: Import, mapping: Mapping) -> bool:
    """Whether a file is plausibly the earlier one, exported once more: the same columns, and nearly everybody of the
    earlier one stands in it again. Where that one is no longer kept, nobody can tell."""
    now, before = Profile.from_json(run.profile), Profile.from_json(earlier.profile)
    column = next((at for target in IDENTITIES if (at := mapping.index_of(target)) is not None), None)
    if now.headers != before.headers or column is None or not earlier.upload.file:
        return False
    missing = set(islice(_identities(earlier, before, column), COMPARED))
    few = len(missing) // 10
    for value in _identities(run, now, column):
        missing.discard(value)
        if len(missing) <= few:
            return True
    return False


def _identities(run: Import, profile: Profile, column: int) -> Iterator[str]:
    with run.upload.file.open("rb") as stream:
        for record in records(stream.file, profile):
            if isinstance(record, Record) and (value := record.values[column].strip().casefold()):
                yield value


def ids_source(mapping: Mapping, profile: Profile, *, kind: str) -> Mapping:
    """Where nobody knows which system an id comes from, the name that was given for a column of this name last time."""
    unnamed = [
        (column, header)
        for column, header in zip(mapping.columns, profile.headers, strict=True)
        if column.get("target") in NEEDS_SOURCE and not column.get("source")
    ]
    if not unnamed:
        return mapping
    named: dict[str, dict[str, str]] = {}
    for stored, found in Import.objects.filter(kind=kind).order_by("pk").values_list("mapping", "profile")[:200]:
        columns = stored.get("columns", [])
        for column, header in zip(columns, _headers(found) if columns else [], strict=False):
            if column.get("source"):
                named[header] = {key: column[key] for key in ("source", "source_name") if key in column}
    for column, header in unnamed:
        column.update(named.get(header, {"source": ""}))
    return mapping


def same_file(run: Import) -> Sequence[Import]:
    """Imports of the very same bytes that were carried out before."""
    return list(
        Import.objects.filter(upload__sha256=run.upload.sha256, state=Import.State.DONE)
        .exclude(pk=run.pk)
        .order_by("-pk")[:3]
    )


OPEN_STATES = (Import.State.UPLOADED, Import.State.READY)


def _running(sha256: str) -> Import | None:
    return Import.objects.filter(upload__sha256=sha256, state=Import.State.RUNNING).order_by("pk").first()


def _headers(stored: dict[str, Any]) -> list[str]:
    return Profile.from_json(stored).headers if stored else []
