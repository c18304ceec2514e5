"""How one row of a file is read. Pure: nothing here touches the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actions.matching import AccountRow, PersonRow
from accounts.models import ContactPoint, CustomField, Standing
from leads.imports.cells import ColumnReaders, RowRefused
from leads.imports.setters import RowInHand, setter_of
from leads.imports.targets import OTHER, Mapping, Meaning
from leads.intake.reading import BadRecord, Checkpoint, Record


@dataclass(slots=True)
class Draft:
    """One row as it was read."""

    row_no: int
    line_no: int
    raw: str
    checkpoint: Checkpoint
    person: PersonRow | None = None
    company: AccountRow | None = None
    # What the status makes of her, and the reason for it where one was chosen.
    meaning: str = ""
    reason: str = ""
    happened_at: datetime | None = None
    consent: tuple[bool, datetime | None] | None = None
    notes: list[str] = field(default_factory=list)
    refused: RowRefused | None = None


class RowReader:
    """Reads the rows of one file."""

    def __init__(
        self,
        mapping: Mapping,
        *,
        headers: Sequence[str],
        kind: str,
        fields: dict[str, CustomField],
        meanings: dict[str, str],
        at: datetime,
    ) -> None:
        self.is_companies = kind == "companies"
        self.meanings = meanings
        readers = ColumnReaders(mapping, is_companies=self.is_companies, fields=fields, at=at)
        self._columns = [
            (at_, readers.of(column, header), setter_of(column, is_companies=self.is_companies, empty=readers.empty))
            for at_, (column, header) in enumerate(zip(mapping.columns, headers, strict=True))
            if column.get("target") and column["target"] != "protected"
        ]
        status = mapping.index_of("status")
        self._status = next(((at_, reader) for at_, reader, _setter in self._columns if at_ == status), None)

    @property
    def tells_customers_apart(self) -> bool:
        """Whether some rows of this file make customers and others do not."""
        meant = {meaning == Meaning.CUSTOMER for meaning in (*self.meanings.values(), self._meaning_of(""))}
        return not self.is_companies and self._status is not None and len(meant) > 1

    def is_of_customer(self, record: Record | BadRecord) -> bool:
        if self._status is None or isinstance(record, BadRecord):
            return False
        at, reader = self._status
        try:
            status = reader(record.values[at])[0] if record.values[at] else ""
        except RowRefused:
            return False
        return self._meaning_of(status or "") == Meaning.CUSTOMER

    def read(self, record: Record | BadRecord) -> Draft:
        """The row, or why it is refused. Its first mistake is the one that is told."""
        draft = Draft(record.row_no, record.line_no, record.raw, record.checkpoint)
        if isinstance(record, BadRecord):
            draft.refused = RowRefused(record.reason_code, record.reason)
            return draft
        row = RowInHand(is_companies=self.is_companies)
        values = record.values
        try:
            for at, reader, setter in self._columns:
                value = values[at]
                if not value:
                    continue
                read, notes = reader(value)
                if notes:
                    draft.notes += notes
                if read is not None:
                    setter(row, read)
            self._finish(draft, row)
        except RowRefused as refused:
            draft.refused = refused
        return draft

    def _finish(self, draft: Draft, row: RowInHand) -> None:
        meant = self._meaning_of(row.status)
        draft.meaning, _colon, draft.reason = meant.partition(":")
        draft.happened_at = row.moment
        draft.consent = row.consent
        standing = Standing.CUSTOMER if draft.meaning == Meaning.CUSTOMER else ""
        if self.is_companies:
            draft.company = _company_of(row)
            draft.company.standing = standing
        else:
            draft.person = _person_of(row)
            draft.person.standing = standing

    def _meaning_of(self, status: str) -> str:
        return self.meanings.get(status) or self.meanings.get(OTHER, Meaning.PERSON.value)


def _company_of(row: RowInHand) -> AccountRow:
    company = row.company
    if company.name == "" and (company.domain or company.external_ids):
        company.name = company.domain or company.external_ids[0][1]
    if not company.name:
        raise RowRefused("no_company", _("no company name, domain or outside id"))
    company.custom = row.custom
    return company


def _person_of(row: RowInHand) -> PersonRow:
    person, company = row.person, row.company
    if row.full_name and not (person.fields.get("given_name") or person.fields.get("family_name")):
        given, family = row.full_name
        person.fields |= {key: part for key, part in (("given_name", given), ("family_name", family)) if part}
    if company.name or company.domain or company.external_ids:
        person.account = company
    has_name = "given_name" in person.fields or "family_name" in person.fields
    if not (
        person.external_ids
        or any(point.kind != ContactPoint.Kind.SOCIAL for point in person.points)
        or (has_name and person.account)
    ):
        raise RowRefused("no_identity", _("no outside id, e-mail, phone, or name and company"))
    person.custom = row.custom
    return person
