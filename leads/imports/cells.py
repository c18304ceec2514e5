"""From the words of a cell to a value: each column has a reader of its own kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.actions.matching import Point
from accounts.domains import company_domain
from accounts.models import ContactPoint, CustomField
from accounts.names import Name, split_name
from accounts.normalise import MAX_PHONE_DIGITS, BadValue, country, domain, email, phone, refuse_unstorable, text
from leads.imports.targets import NEEDS_DATE_FORMAT, NEEDS_SOURCE, Mapping
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
LIMITS = {
    "given_name": 100,
    "family_name": 100,
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

# A value and what is to be noted of it.
Read = tuple[Any, list[str] | None]
Reader = Callable[[str], Read]


class RowRefused(Exception):
    """This row is not taken: a code to count by, and a sentence that names the column."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason[:500]


class ColumnReaders:
    """Makes the reader of each column. What a column says is remembered by its words: most values come again."""

    def __init__(self, mapping: Mapping, *, is_companies: bool, fields: dict[str, CustomField], at: datetime) -> None:
        self.mapping, self.is_companies, self.fields, self.at = mapping, is_companies, fields, at
        self.empty = frozenset(value.strip() for value in mapping.empty)
        self.zone = ZoneInfo(mapping.zone)

    def of(self, column: dict[str, Any], header: str) -> Reader:
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
            "full_name": _read_full_name,
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
            "consent": lambda value: self._read_consent(value, format),
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
        return _reads_text(LIMITS.get(target, 200))

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

    def _read_consent(self, value: str, format: str) -> Read:
        """Yes or no, or when she agreed. What cannot be read is no consent."""
        try:
            given, said_at = parse_boolean(value), None
        except BadValue:
            try:
                given, said_at = True, parse_moment(value, format, zone=self.zone)
            except BadValue:
                return None, ["unreadable_consent"]
            if said_at > self.at + FUTURE_SLACK:
                return None, ["unreadable_consent"]
        return (given, said_at and min(said_at, self.at)), ["consent_given" if given else "consent_refused"]

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


def _reads_text(limit: int) -> Reader:
    return lambda value: (_text(value, limit), None)


def _read_full_name(value: str) -> Read:
    name = split_name(_text(value, 200))
    return Name(_text(name.given, LIMITS["given_name"]), _text(name.family, LIMITS["family_name"])), None


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
