"""A file from the marketer's hands to the database, by the actions a page calls."""

from datetime import UTC, datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import CustomField
from leads.actions.import_rows import run_imports
from leads.actions.importing import answer_questions, decide_columns, receive_file, start_import
from leads.imports import Mapping, guessed_mapping, guessed_meanings
from leads.intake.reading import Profile, count_values
from team.clock import database_now

EARLIER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def received(content, *, by, kind="people", name="people.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    return receive_file(SimpleUploadedFile(name, data), name=name, kind=kind, by=by, at=database_now())


def decided(run, *, by, columns=None, empty=None, ids_from="crm", phone_country=""):
    """The guesses, with `columns` {header: what it becomes} in their place."""
    profile = Profile.from_json(run.profile)
    entity = "account" if run.kind == "companies" else "person"
    mapping = guessed_mapping(profile, kind=run.kind, fields=CustomField.objects.filter(entity=entity))
    for at, header in enumerate(profile.headers):
        if columns and header in columns:
            mapping.columns[at] = dict(columns[header])
        if mapping.columns[at]["target"] in ("external_id", "company_external_id"):
            mapping.columns[at].setdefault("source", "")
            mapping.columns[at]["source"] = mapping.columns[at]["source"] or ids_from
    if empty is not None:
        mapping.empty = empty
    mapping.phone_country = phone_country
    decide_columns(run, mapping, by=by, at=database_now())
    return run


def answered(
    run, *, by, meanings=None, pace="all", per_day=None, lane="list", at=EARLIER, source="Spring list", **more
):
    profile, mapping = Profile.from_json(run.profile), Mapping.from_json(run.mapping)
    status = mapping.index_of("status")
    if meanings is None and status is not None:
        with run.upload.file.open("rb") as stream:
            values = count_values(stream.file, profile, column=status)
        meanings = guessed_meanings(profile.headers[status], list(values))
    answer_questions(
        run,
        source=source,
        happened_at=at if run.kind == "people" else None,
        lane=lane if run.kind == "people" else "",
        engagement_kind=more.pop("engagement_kind", ""),
        pace=pace if run.kind == "people" else "",
        per_day=per_day,
        meanings=meanings or {},
        by=by,
        at=database_now(),
    )
    return run


def bring(content, *, by, kind="people", name="people.csv", columns=None, **answers):
    """The whole way of a file; returns the finished import."""
    mapping = {key: answers.pop(key) for key in ("empty", "ids_from", "phone_country") if key in answers}
    run = decided(received(content, by=by, kind=kind, name=name), by=by, columns=columns, **mapping)
    answered(run, by=by, **answers)
    start_import(run, by=by, at=database_now())
    run_imports(budget=100)
    run.refresh_from_db()
    return run


def counts(run):
    return (run.rows_created, run.rows_updated, run.rows_duplicate, run.rows_rejected)
