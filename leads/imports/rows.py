"""How one row of a file is read. Pure: nothing here touches the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import timezone as phone_time_zones

from accounts.actions.matching import AccountRow, PersonRow, Point
from accounts.domains import company_domain
from accounts.models import ContactPoint, CustomField, Standing
from accounts.normalise import MAX_PHONE_DIGITS, BadValue, country, domain, email, name, phone, refuse_unstorable, text
from leads.imports.targets import (
    COMPANY_FACTS,
    COUNTRIES,
    NEEDS_DATE_FORMAT,
    NEEDS_SOURCE,
    OTHER,
    SUPPRESSES,
    Mapping,
    Meaning,
)
from leads.intake.reading import BadRecord, Checkpoint, Record
from leads.intake.values import (
    parse_boolean,
    parse_choice,
    parse_date,
    parse_decimal,
    parse_moment,
    parse_time_zone,
    parse_whole,
)

TEXT_MAX = 4000
WHOLE_MAX = 2**31 - 1
MEMO_MAX = 20_000
FUTURE_SLACK = timedelta(days=1)


class RowRefused(Exception):
    """This row is not taken: a code to count by, and a sentence that names the column."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason[:500]


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
    notes: list[str] = field(default_factory=list)
    refused: RowRefused | None = None


Setter = Callable[["_Row", Any], None]
# A value and what is to be noted of it.
Read = tuple[Any, list[str] | None]
Reader = Callable[[str], Read]


class RowReader:
    """Reads the rows of one file. What a column says is remembered by its words: most values come again and again."""

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
        self.mapping, self.headers, self.fields, self.at = mapping, headers, fields, at
        self.meanings = meanings
        self.empty = frozenset(value.strip() for value in mapping.empty)
        self.zone = ZoneInfo(mapping.zone)
        self._readers = [
            (at_, self._memoised(column, header), self._setter(column))
            for at_, (column, header) in enumerate(zip(mapping.columns, headers, strict=True))
            if column.get("target") and column["target"] != "protected"
        ]

    def read(self, record: Record | BadRecord) -> Draft:
        """The row, or why it is refused. Its first mistake is the one that is told."""
        draft = Draft(record.row_no, record.line_no, record.raw, record.checkpoint)
        if isinstance(record, BadRecord):
            draft.refused = RowRefused(record.reason_code, record.reason)
            return draft
        row = _Row(draft, is_companies=self.is_companies)
        values = record.values
        try:
            for at, reader, setter in self._readers:
                value = values[at]
                if not value:
                    continue
                read, notes = reader(value)
                if notes:
                    draft.notes += notes
                if read is not None:
                    setter(row, read)
            self._finish(row)
        except RowRefused as refused:
            draft.refused = refused
        return draft

    def _finish(self, row: _Row) -> None:
        draft = row.draft
        meant = self.meanings.get(row.status) or self.meanings.get(OTHER, Meaning.PERSON)
        draft.meaning, _colon, draft.reason = meant.partition(":")
        draft.happened_at = row.moment
        standing = Standing.CUSTOMER if draft.meaning == Meaning.CUSTOMER else ""
        company = row.company
        if self.is_companies:
            if company.name == "" and (company.domain or company.external_ids):
                company.name = company.domain or company.external_ids[0][1]
            if not company.name:
                raise RowRefused("no_company", _("no company name, domain or outside id"))
            company.standing = standing
            company.custom = row.custom
            draft.company = company
            return

        person = row.person
        if row.full_name and not (person.fields.get("given_name") or person.fields.get("family_name")):
            parts = name(row.full_name)
            given, family = parts.given[:100], parts.family[:100]
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
        person.standing = standing
        draft.person = person

    # Readers: words to a value; setters: a value into the row.

    def _memoised(self, column: dict[str, Any], header: str) -> Reader:
        read = self._reader(column)
        is_status = column["target"] == "status"
        memo: dict[str, Read | RowRefused] = {}
        empty = self.empty

        def reader(value: str) -> Read:
            found = memo.get(value)
            if found is None:
                if len(memo) > MEMO_MAX:
                    memo.clear()
                stripped = value.strip()
                if (not stripped or stripped in empty) and not is_status:
                    found = (None, None)
                else:
                    try:
                        found = read(stripped)
                    except RowRefused as refused:
                        found = RowRefused(refused.code, f"{header}: {refused.reason}")
                memo[value] = found
            if isinstance(found, RowRefused):
                raise found
            return found

        return reader

    def _reader(self, column: dict[str, Any]) -> Reader:
        target = column["target"]
        format = column.get("format") or ("iso" if target in NEEDS_DATE_FORMAT else "plain")
        simple: dict[str, Reader] = {
            "email": self._read_email,
            "phone": lambda value: self._read_phone(value, ContactPoint.Kind.PHONE),
            "mobile": lambda value: self._read_phone(value, ContactPoint.Kind.MOBILE),
            "social": self._read_social,
            "country": lambda value: self._read_country(value, column),
            "time_zone": self._read_time_zone,
            "company_domain": self._read_domain,
            "moment": lambda value: self._read_moment(value, format),
            "do_not_email": self._read_opt_out,
            "do_not_call": self._read_opt_out,
            "do_not_contact": self._read_opt_out,
            "company_country": lambda value: self._read_country(value, column),
            "company_employees": lambda value: _optional(parse_whole, value, format, least=0, most=WHOLE_MAX),
            "employees": lambda value: _optional(parse_whole, value, format, least=0, most=WHOLE_MAX),
            "contract_ends_on": lambda value: _optional(parse_date, value, format),
            "custom": lambda value: self._read_custom(value, column),
        }  # fmt: skip
        if self.is_companies and target == "phone":
            return _reads_text(40)
        if target in NEEDS_SOURCE:
            return lambda value: (_external_id(value, column.get("source", "")), None)
        if target in simple:
            return simple[target]
        return _reads_text(_LIMITS.get(target, 200))

    def _setter(self, column: dict[str, Any]) -> Setter:
        target, key = column["target"], column.get("key", "")
        if target == "custom":
            return _set_custom(key)
        if target in COUNTRIES:
            return _set_country(key, of_company=target == "company_country")
        if target == "status":
            return _set_status(key, self.empty)
        if target in SUPPRESSES:
            return _set_opt_out(SUPPRESSES[target])
        if self.is_companies and target == "phone":
            return _set_field(target)
        if target in COMPANY_FACTS:
            return _set_company_fact(target.removeprefix("company_"))
        return _SETTERS.get(target) or _set_field(target)

    def _read_email(self, value: str) -> Read:
        try:
            address = email(value)
        except BadValue as bad:
            raise RowRefused("bad_email", str(bad)) from bad
        point = Point(ContactPoint.Kind.EMAIL, address.display, address.normalised)
        return point, ["suspect_domain"] if address.is_suspect else None

    def _read_phone(self, value: str, kind: str) -> Read:
        try:
            number = phone(value, self.mapping.phone_country)
        except BadValue as bad:
            if sum(c.isdigit() for c in value) > MAX_PHONE_DIGITS or "\0" in value:
                raise RowRefused("bad_phone", str(bad)) from bad
            return None, ["phone_left_out"]
        return Point(kind, number.raw, number.normalised, number.extension, number.is_verified), None

    def _read_social(self, value: str) -> Read:
        shown = _text(value, 254)
        bare = re.sub(r"^https?://(www\.)?", "", shown.casefold()).rstrip("/")
        return (Point(ContactPoint.Kind.SOCIAL, shown, bare), None) if bare else (None, None)

    def _read_country(self, value: str, column: dict[str, Any]) -> Read:
        written = _text(value, 80)
        if code := country(written):
            return (code, written), None
        return ("", written), ["unknown_country" if column.get("key") else "country_left_out"]

    def _read_time_zone(self, value: str) -> Read:
        try:
            return parse_time_zone(value), None
        except BadValue:
            return None, ["unknown_time_zone"]

    def _read_domain(self, value: str) -> Read:
        try:
            # Free-mail and reserved domains name no company.
            return company_domain(domain(value)) or None, None
        except BadValue as bad:
            if self.is_companies:
                raise RowRefused("bad_domain", str(bad)) from bad
            return None, ["unreadable_value"]

    def _read_moment(self, value: str, format: str) -> Read:
        try:
            moment = parse_moment(value, format, zone=self.zone)
        except BadValue as bad:
            raise RowRefused("bad_moment", str(bad)) from bad
        if moment > self.at + FUTURE_SLACK:
            raise RowRefused("future", _("is in the future"))
        return min(moment, self.at), None

    def _read_opt_out(self, value: str) -> Read:
        try:
            return parse_boolean(value), None
        except BadValue:
            return True, ["unreadable_opt_out"]

    def _read_custom(self, value: str, column: dict[str, Any]) -> Read:
        custom = self.fields.get(column["key"])
        kind = custom.type if custom else CustomField.Type.TEXT
        try:
            if kind == CustomField.Type.NUMBER:
                number = parse_decimal(value, column.get("format") or "plain")
                return int(number) if number == number.to_integral_value() else float(number), None
            if kind == CustomField.Type.DATE:
                return parse_date(value, column.get("format") or "iso").isoformat(), None
            if kind == CustomField.Type.BOOLEAN:
                return parse_boolean(value), None
        except BadValue:
            return None, ["unreadable_value"]
        if kind == CustomField.Type.CHOICE and custom is not None:
            try:
                return parse_choice(value, custom.choices), None
            except BadValue:
                # A choice nobody has listed yet is kept as it is written.
                return _text(value, 200), ["unlisted_choice"]
        return _long_text(value), None


class _Row:
    """What the setters fill."""

    __slots__ = ("company", "custom", "draft", "fields", "full_name", "moment", "person", "status")

    def __init__(self, draft: Draft, *, is_companies: bool) -> None:
        self.draft = draft
        self.person = PersonRow()
        self.company = AccountRow()
        self.fields: dict[str, Any] = self.company.fields if is_companies else self.person.fields
        self.custom: dict[str, Any] = {}
        self.full_name = ""
        self.status = ""
        self.moment: datetime | None = None


def _set_custom(key: str) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        row.custom.setdefault(key, value)

    return setter


def _set_field(name: str) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        row.fields.setdefault(name, value)

    return setter


def _set_company_fact(name: str) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        row.company.fields.setdefault(name, value)

    return setter


def _set_country(key: str, *, of_company: bool) -> Setter:
    """The code; words that name no country are kept as written, in the field that was made for them."""

    def setter(row: _Row, value: Any) -> None:
        code, written = value
        if code:
            (row.company.fields if of_company else row.fields).setdefault("country", code)
        elif key:
            row.custom.setdefault(key, written)

    return setter


def _set_status(key: str, empty: frozenset[str]) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        row.status = value
        if key and value and value not in empty:
            row.custom.setdefault(key, value)

    return setter


def _set_opt_out(channels: tuple[str, ...]) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        if value:
            row.person.suppress.update(channels)

    return setter


def _set_point(row: _Row, point: Any) -> None:
    row.person.points.append(point)
    if point.kind in ContactPoint.PHONES and point.is_certain and "time_zone" not in row.fields:
        zone = zone_of_phone(point.normalised)
        if zone:
            row.fields["time_zone"] = zone


def _set_attribute(owner: str, attribute: str) -> Setter:
    def setter(row: _Row, value: Any) -> None:
        holder = row if owner == "row" else getattr(row, owner)
        if not getattr(holder, attribute):
            setattr(holder, attribute, value)

    return setter


# Of several columns for the same thing the first that is filled counts.
_SETTERS: dict[str, Setter] = {
    "email": _set_point,
    "phone": _set_point,
    "mobile": _set_point,
    "social": _set_point,
    "external_id": lambda row, value: row.person.external_ids.append(value),
    "company_external_id": lambda row, value: row.company.external_ids.append(value),
    "company_name": _set_attribute("company", "name"),
    "company_domain": _set_attribute("company", "domain"),
    "title": _set_attribute("person", "title"),
    "full_name": _set_attribute("row", "full_name"),
    "moment": _set_attribute("row", "moment"),
}
_LIMITS = {
    "given_name": 100,
    "family_name": 100,
    "full_name": 200,
    "region": 80,
    "city": 80,
    "language": 10,
    "source": 80,
    "title": 200,
    "company_name": 200,
    "company_industry": 80,
    "company_region": 80,
    "company_city": 80,
    "company_phone": 40,
    "industry": 80,
    "segment": 60,
    "website": 200,
    "incumbent": 120,
    "status": 200,
}


def _reads_text(limit: int) -> Reader:
    return lambda value: (_text(value, limit), None)


def _text(value: str, limit: int) -> str:
    try:
        return text(value, limit=min(limit, 200), most=limit)
    except BadValue as bad:
        raise RowRefused("bad_text", str(bad)) from bad


def _long_text(value: str) -> str:
    if len(value) <= TEXT_MAX and value.isascii() and value.isprintable():
        return value
    try:
        return text(value, limit=TEXT_MAX, most=TEXT_MAX, is_long=True)
    except BadValue as bad:
        raise RowRefused("bad_text", str(bad)) from bad


def _external_id(value: str, source: str) -> tuple[str, str]:
    try:
        refuse_unstorable(value)
    except BadValue as bad:
        raise RowRefused("bad_external_id", str(bad)) from bad
    if len(value) > 200:
        raise RowRefused("bad_external_id", _("is longer than %(limit)d characters") % {"limit": 200})
    return source, value


def _optional(read: Callable[..., Any], value: str, *args: Any, **options: Any) -> Read:
    try:
        return read(value, *args, **options), None
    except BadValue:
        return None, ["unreadable_value"]


@lru_cache(maxsize=8192)
def zone_of_phone(e164: str) -> str:
    """The time zone of a number whose country has one, or whose prefix names a place; else unknown."""
    try:
        zones = phone_time_zones.time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and "/" in zones[0] and not zones[0].startswith("Etc/") else ""
