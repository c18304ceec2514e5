"""Files on their way in: upload, columns, answers with a preview, progress, rejected rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import CustomField
from leads.actions.import_rows import preview
from leads.actions.importing import (
    AlreadyRunning,
    ForeignFile,
    ImportRefused,
    PaceRefused,
    answer_questions,
    cancel_import,
    decide_columns,
    earlier_like,
    ids_source,
    is_same_export,
    last_of,
    read_again,
    receive_file,
    same_file,
    start_import,
    try_again,
)
from leads.forms.importing import AnswersForm, ColumnsForm, LayoutForm, UploadForm
from leads.import_page import progress_of, read_rows, reject_lines, result_of, waiting_of
from leads.imports import Mapping, guessed_mapping, guessed_meanings
from leads.intake.reading import Profile, UnreadableFile, count_values
from leads.models import Engagement, Import
from leads.tasks import run_imports
from leads.views.access import need_role
from team.actions.auditing import note_audit
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_moment
from team.http import Request, tell
from team.models import AuditEntry, Role

MAY = (Role.MARKETER, Role.MANAGER, Role.ADMIN)
SHOWN = 50
REJECTS_SHOWN = 100


@require_GET
def imports(request: Request) -> HttpResponse:
    need_role(request, *MAY)
    runs = Import.objects.select_related("upload", "by").order_by("-pk")[:SHOWN]
    rows = [(run, progress_of(run, at=timezone.now())) for run in runs]
    return render(request, "leads/imports.html", {"rows": rows, "now": timezone.now()})


@require_http_methods(["GET", "POST"])
def import_new(request: Request) -> HttpResponse:
    need_role(request, *MAY)
    form = UploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _received(request, form)
            except AlreadyRunning as running:
                form.add_error("file", str(running))
                status = 409
            except ForeignFile as foreign:
                form.add_error("file", str(foreign))
                status = 415
            except (UnreadableFile, ImportRefused) as refused:
                form.add_error("file", str(refused))
    return render(request, "leads/import_new.html", {"form": form}, status=status)


def _received(request: Request, form: UploadForm) -> HttpResponse:
    file = form.cleaned_data["file"]
    run = receive_file(file, name=file.name, kind=form.cleaned_data["kind"], by=request.user, at=timezone.now())
    return redirect("leads:import_columns", run.public_id)


@require_http_methods(["GET", "POST"])
def import_columns(request: Request, public_id: UUID) -> HttpResponse:
    run = _open(request, public_id)
    if run is None:
        return redirect("leads:import", public_id)
    if request.method == "POST" and request.POST.get("action") == "read_again":
        return _read_again(request, run)
    profile = Profile.from_json(run.profile)
    entity = "account" if run.kind == Import.Kind.COMPANIES else "person"
    own = list(CustomField.objects.filter(entity=entity, retired_at=None))
    mapping = _mapping(request, run, profile, own)
    form = ColumnsForm(request.POST or None, run=run, profile=profile, mapping=mapping, own=own)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                decide_columns(run, form.decided, by=request.user, at=timezone.now())
            except ImportRefused as refused:
                form.refuse(str(refused))
            else:
                return redirect("leads:import_answers", run.public_id)
        status = 422
    context = {
        "run": run,
        "file": profile,
        "form": form,
        "layout": LayoutForm(profile=profile),
        "same": same_file(run),
        "known": sum(1 for column in mapping.columns if column.get("target") not in ("", "custom", "protected")),
        "ignored": [row.column.name for row in form.rows() if row.is_ignored],
    }
    return render(request, "leads/import_columns.html", context, status=status)


def _mapping(request: Request, run: Import, profile: Profile, own: list[CustomField]) -> Mapping:
    """As decided before on this file, else as on the last one like it, else guessed."""
    if run.mapping.get("columns"):
        return Mapping.from_json(run.mapping)
    earlier = earlier_like(run)
    decided = Mapping.from_json(earlier.mapping) if earlier and earlier.mapping else None
    mapping = guessed_mapping(profile, kind=run.kind, fields=own, earlier=decided, zone=request.user.time_zone)
    return ids_source(mapping, profile, kind=run.kind)


def _read_again(request: Request, run: Import) -> HttpResponse:
    layout = LayoutForm(request.POST, profile=Profile.from_json(run.profile))
    try:
        if layout.is_valid():
            read_again(run, **layout.cleaned_data)
    except (UnreadableFile, ImportRefused) as refused:
        tell(request, str(refused), level=messages.ERROR)
    return redirect("leads:import_columns", run.public_id)


@require_http_methods(["GET", "POST"])
def import_answers(request: Request, public_id: UUID) -> HttpResponse:
    run = _open(request, public_id)
    if run is None:
        return redirect("leads:import", public_id)
    if not run.mapping.get("columns"):
        return redirect("leads:import_columns", public_id)
    profile, mapping = Profile.from_json(run.profile), Mapping.from_json(run.mapping)
    moment = read_moment(request.POST.get("same_moment", ""))
    # Only the preview offers it, and that there is once everything was answered.
    if moment and run.state == Import.State.READY:
        return _tell_of(request, run, moment)
    form = _answers_form(request, run, profile, mapping)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                answer_questions(run, **_answers(form), by=request.user, at=timezone.now())
            except PaceRefused as refused:
                form.add_error(refused.field, str(refused))
            except ImportRefused as refused:
                form.add_error(None, str(refused))
            else:
                return redirect("leads:import_answers", run.public_id)
        status = 422
    context: dict[str, Any] = {"run": run, "file": profile, "form": form, "form_id": new_form_id()}
    if run.state == Import.State.READY and request.method == "GET":
        now = timezone.now()
        found = preview(run, at=now)
        context |= {"found": found, "first": read_rows(found, run), "result": result_of(found, run, at=now)}
    return render(request, "leads/import_answers.html", context, status=status)


def _tell_of(request: Request, run: Import, moment: datetime) -> HttpResponse:
    """The other answers stay as they are."""
    kept = ("source", "lane", "engagement_kind", "pace", "per_day", "meanings")
    answers = {name: getattr(run, name) for name in kept}
    try:
        answer_questions(run, **answers, happened_at=moment, by=request.user, at=timezone.now())
    except ImportRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    return redirect("leads:import_answers", run.public_id)


def _answers_form(request: Request, run: Import, profile: Profile, mapping: Mapping) -> AnswersForm:
    at = mapping.index_of("status")
    values: dict[str, int] = {}
    if at is not None:
        with run.upload.file.open("rb") as stream:
            values = count_values(stream.file, profile, column=at)
    meanings = run.meanings or (guessed_meanings(profile.headers[at], list(values)) if at is not None else {})
    answered = run if run.source else earlier_like(run)
    initial: dict[str, Any] = {
        # Nobody can guess it: an old list that was brought today would count as today's.
        "happened_at": run.happened_at,
        "per_day": 100,
        "engagement_kind": Engagement.Kind.LISTED,
    }
    as_in: Import | None = None
    is_again = False
    if answered is not None and answered.source:
        # What the file itself does not date is told of the moment it was told of before where it is the same export, or
        # its people get it twice; the next month's file of the same source happened in that month.
        if answered is not run and run.kind == Import.Kind.PEOPLE and not mapping.has("moment"):
            as_in = last_of(answered.source, answered.engagement_kind, apart_from=run)
            is_again = as_in is not None and is_same_export(run, as_in, mapping)
        told_at = run.happened_at if answered is run else as_in.happened_at if as_in and is_again else None
        if answered is not run and answered in same_file(run):
            told_at = told_at or answered.happened_at
        initial |= {
            "source": answered.source,
            "lane": answered.lane,
            "engagement_kind": answered.engagement_kind,
            "pace": answered.pace,
            "per_day": (answered.per_day if answered.pace == Import.Pace.PER_DAY else None) or 100,
            "happened_at": told_at or initial["happened_at"],
        }
        if not run.meanings and answered.meanings:
            meanings |= {value: meaning for value, meaning in answered.meanings.items() if value in values}
    return AnswersForm(
        request.POST or None,
        run=run,
        mapping=mapping,
        values=values,
        meanings=meanings,
        as_in=as_in,
        is_again=is_again,
        initial=initial,
    )


def _answers(form: AnswersForm) -> dict[str, Any]:
    read = form.cleaned_data
    return {
        "source": read["source"],
        "happened_at": read.get("happened_at"),
        "lane": read.get("lane", ""),
        "engagement_kind": read.get("engagement_kind", ""),
        "pace": read.get("pace", ""),
        "per_day": read.get("per_day"),
        "meanings": form.meanings(),
    }


@require_POST
def import_run(request: Request, public_id: UUID) -> HttpResponse:
    """Start it; or go on with one that stopped."""
    run = _visible(request, public_id)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=timezone.now())
            go_on = try_again if run.state == Import.State.FAILED else start_import
            go_on(run, by=request.user, at=timezone.now())
            run_imports.delay_on_commit()  # type: ignore[attr-defined]
    except SentBefore:
        pass
    except AlreadyRunning as running:
        tell(request, str(running), level=messages.WARNING)
        return redirect("leads:import", running.run.public_id)
    except ImportRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    return redirect("leads:import", run.public_id)


@require_GET
def import_page(request: Request, public_id: UUID) -> HttpResponse:
    run = _visible(request, public_id)
    if run.state in (Import.State.UPLOADED, Import.State.READY):
        return redirect("leads:import_answers" if run.mapping.get("columns") else "leads:import_columns", public_id)
    return render(request, "leads/import.html", _page(run))


@require_GET
def import_progress(request: Request, public_id: UUID) -> HttpResponse:
    """The part of the page that moves; asked for again until the import has ended."""
    return render(request, "leads/import.html#progress", _page(_visible(request, public_id)))


def _page(run: Import) -> dict[str, Any]:
    now = timezone.now()
    has_ended = run.state != Import.State.RUNNING
    return {
        "run": run,
        "progress": progress_of(run, at=now),
        "result": result_of(run, run),
        "waiting": waiting_of(run) if has_ended else 0,
        "rejects": run.rejects.order_by("row_no")[:REJECTS_SHOWN] if has_ended else [],
        "form_id": new_form_id() if run.state == Import.State.FAILED else "",
        "now": now,
    }


@require_GET
def import_rejects(request: Request, public_id: UUID) -> StreamingHttpResponse:
    """Every rejected row with its reason, as it stood in the file, safe to open in a spreadsheet. That she asked
    is noted."""
    run = _visible(request, public_id)
    note_audit(AuditEntry.Verb.EXPORT, by=request.user, at=timezone.now(), about="rejects", about_id=str(run.pk))
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in reject_lines(run):
            yield writer.writerow(row)

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejected-rows-{run.pk}.csv"'},
    )


@require_POST
def import_cancel(request: Request, public_id: UUID) -> HttpResponse:
    run = _visible(request, public_id)
    try:
        cancel_import(run, by=request.user, at=timezone.now())
    except ImportRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        tell(request, _("Cancelled. What came in stays; nobody else of this file becomes a lead."))
    return redirect("leads:import", run.public_id) if run.started_at else redirect("leads:imports")


class _Echo:
    """The csv module writes to a file; this one hands the line back."""

    def write(self, line: str) -> str:
        return line


def _visible(request: Request, public_id: UUID) -> Import:
    need_role(request, *MAY)
    return get_object_or_404(Import.objects.select_related("upload", "by"), public_id=public_id)


def _open(request: Request, public_id: UUID) -> Import | None:
    """The import while its columns and answers can still be changed."""
    run = _visible(request, public_id)
    return run if run.state in (Import.State.UPLOADED, Import.State.READY) else None
