"""Write what a set of rows came to, in a dozen statements, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.actions.matching.circle import IMPORT, Circle, KnownAccount, KnownPerson, columns_of
from accounts.actions.people import lock_addresses, suppress_people
from accounts.designation import OwnFields, known_by
from accounts.models import (
    Account,
    AccountDomain,
    ContactPoint,
    Employment,
    ExternalId,
    JobChange,
    Person,
    SearchText,
    Suppression,
)
from accounts.search import index_colleagues, text_of_account, text_of_person, write_texts
from team.bulk import insert_rows, update_rows

BATCH = 500
PERSON_COLUMNS = (
    "given_name", "family_name", "country", "region", "city", "time_zone", "language", "source", "standing", "custom",
    "known_by",
)  # fmt: skip
PERSON_ROW = (*PERSON_COLUMNS, "public_id", "version", "created_at")
POINT_ROW = ("kind", "value", "normalised", "extension", "is_primary", "state", "source", "created_at")
JOB_ROW = ("person_id", "account_id", "title", "role", "from_on", "until_on", "is_current")
ACCOUNT_COLUMNS = (
    "name", "standing", "industry", "segment", "employees", "country", "region", "city", "website", "phone",
    "incumbent", "contract_ends_on", "custom",
)  # fmt: skip


def write_accounts(circle: Circle) -> None:
    new = circle.new_accounts
    if new:
        Account.objects.bulk_create([known.row for known in new], batch_size=BATCH)
    for known in new:
        circle.accounts[known.row.pk] = known
    changed = [known for known in circle.changed_accounts if known.is_changed]
    _overwrite(Account, [known.row for known in changed], ACCOUNT_COLUMNS)
    touched = new + circle.changed_accounts
    insert_rows(
        AccountDomain, ("account_id", "domain"), [(k.row.pk, domain) for k in touched for domain in k.new_domains]
    )
    insert_rows(
        ExternalId,
        ("entity", "account_id", "source", "value"),
        [("account", k.row.pk, source, value) for k in touched for source, value in k.new_external_ids],
    )
    _write_texts_of(
        "account",
        [
            (k.row.pk, k.is_new, text_of_account(k.row, domains=k.domains, called=[v for _s, v in k.external_ids]))
            for k in touched
            if k.is_new or k.is_found_otherwise or k.new_domains or k.new_external_ids
        ],
    )
    if renamed := [known.row.pk for known in changed if _is_renamed(known)]:
        index_colleagues(renamed)


def _is_renamed(known: KnownAccount) -> bool:
    return known.as_read[columns_of(Account).index("name")] != known.row.name


def write_people(circle: Circle) -> None:
    new, old = circle.new_people, circle.changed_people
    touched = new + old
    own = OwnFields()
    for known in touched:
        _designate(known, own)
    rows = [tuple(getattr(known.row, column) for column in PERSON_ROW) for known in new]
    for known, pk in zip(new, insert_rows(Person, PERSON_ROW, rows, ids=True), strict=True):
        known.row.pk = pk
        circle.people[pk] = known
    _overwrite(Person, [known.row for known in old if known.is_changed], PERSON_COLUMNS)
    insert_rows(
        ContactPoint,
        ("person_id", *POINT_ROW),
        [
            (known.row.pk, *(getattr(point, column) for column in POINT_ROW))
            for known in touched
            for point in known.new_points
        ],
    )
    insert_rows(
        ExternalId,
        ("entity", "person_id", "source", "value"),
        [("person", known.row.pk, source, value) for known in touched for source, value in known.new_external_ids],
    )
    lock_addresses(
        known.row.pk
        for known in touched
        if not known.is_new and (known.new_suppressions or known.confirmed_suppressions)
    )
    insert_rows(
        Suppression,
        ("channel", "person_id", "key_hash", "at", "source"),
        [
            (channel, known.row.pk, "", circle.at, source)
            for known in touched
            for channel, source in known.new_suppressions.items()
        ],
    )
    # It may have been taken back since it was read: what the file says stands all the same.
    confirmed = [(known.row.pk, channel) for known in touched for channel in known.confirmed_suppressions]
    if confirmed:
        suppress_people(confirmed, source=IMPORT, at=circle.at)
    _write_jobs(circle, touched)
    found = [known for known in touched if known.is_new or known.is_found_otherwise]
    _write_texts_of("person", [(known.row.pk, known.is_new, _text_of(known)) for known in found])


def _write_jobs(circle: Circle, touched: list[KnownPerson]) -> None:
    left = [job for known in touched for job in known.left]
    if left:
        Employment.objects.bulk_update(left, ["is_current", "until_on"], batch_size=BATCH)
    rows = []
    for known in touched:
        if known.job is None or not known.job_is_changed:
            continue
        known.job.person_id = known.row.pk
        known.job.account_id = known.account.row.pk if known.account else None
        rows.append(known.job)
    insert_rows(
        Employment,
        JOB_ROW,
        [tuple(getattr(job, column) for column in JOB_ROW) for job in rows if job.pk is None],
    )
    _overwrite(Employment, [job for job in rows if job.pk is not None], ("account_id", "title"))
    changed = [known for known in touched if known.new_job and not known.is_new]
    insert_rows(
        JobChange,
        ("person_id", "kind", "at", "by_file"),
        [(known.row.pk, known.new_job, circle.at, True) for known in changed],
    )


def _overwrite(model: Any, rows: Sequence[Any], columns: tuple[str, ...]) -> None:
    """Write these columns of rows that exist: one statement, prepared once, a row at a time."""
    update_rows(model, ("id", *columns), [tuple(getattr(row, name) for name in ("id", *columns)) for row in rows])


def _designate(known: KnownPerson, own: OwnFields) -> None:
    """Also by what is kept beside her row: her job, her address."""
    account, title = _job_of(known)
    designation = known_by(known.row, known.points.values(), account=account, title=title, own=own)
    if designation != known.row.known_by:
        known.row.known_by = designation
        known.is_changed = known.is_found_otherwise = True


def _text_of(known: KnownPerson) -> str:
    account, title = _job_of(known)
    called = [value for _source, value in sorted(known.external_ids)]
    return text_of_person(known.row, known.points.values(), account=account, title=title, called=called)


def _job_of(known: KnownPerson) -> tuple[str, str]:
    """Where she works and as what."""
    return known.account.row.name if known.account else "", known.job.title if known.job else ""


def _write_texts_of(entity: str, texts: list[tuple[int, bool, str]]) -> None:
    column = f"{entity}_id"
    insert_rows(SearchText, (column, "text"), [(pk, text) for pk, is_new, text in texts if is_new])
    again = [SearchText(**{column: pk, "text": text}) for pk, is_new, text in texts if not is_new]
    if again:
        write_texts(again, of=entity)
