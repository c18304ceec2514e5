"""From a value into the row it belongs to. Of several columns for one thing the first that is filled counts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import timezone as phone_time_zones

from accounts.actions.matching import AccountRow, PersonRow
from accounts.models import ContactPoint
from accounts.names import Name
from leads.imports.targets import COMPANY_FACTS, COUNTRIES, SUPPRESSES


class RowInHand:
    """What the setters fill."""

    __slots__ = ("company", "consent", "custom", "fields", "full_name", "moment", "person", "status")

    def __init__(self, *, is_companies: bool) -> None:
        self.person = PersonRow()
        self.company = AccountRow()
        self.fields: dict[str, Any] = self.company.fields if is_companies else self.person.fields
        self.custom: dict[str, Any] = {}
        self.full_name: Name | None = None
        self.status = ""
        self.moment: datetime | None = None
        # Whether she agreed to get e-mail, and when, where the row says that.
        self.consent: tuple[bool, datetime | None] | None = None


Setter = Callable[[RowInHand, Any], None]


def setter_of(column: dict[str, Any], *, is_companies: bool, empty: frozenset[str]) -> Setter:
    target, key = column["target"], column.get("key", "")
    if target == "custom":
        return _set_custom(key)
    if target in COUNTRIES:
        return _set_country(key, of_company=target == "company_country")
    if target == "status":
        return _set_status(key, empty)
    if target in SUPPRESSES:
        return _set_opt_out(SUPPRESSES[target])
    if is_companies and target == "phone":
        return _set_field(target)
    if target in COMPANY_FACTS:
        return _set_company_fact(target.removeprefix("company_"))
    return _SETTERS.get(target) or _set_field(target)


def _set_custom(key: str) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        row.custom.setdefault(key, value)

    return setter


def _set_field(name: str) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        row.fields.setdefault(name, value)

    return setter


def _set_company_fact(name: str) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        row.company.fields.setdefault(name, value)

    return setter


def _set_country(key: str, *, of_company: bool) -> Setter:
    """The code; words that name no country are kept as written, in the field that was made for them."""

    def setter(row: RowInHand, value: Any) -> None:
        code, written = value
        if code:
            (row.company.fields if of_company else row.fields).setdefault("country", code)
        elif key:
            row.custom.setdefault(key, written)

    return setter


def _set_status(key: str, empty: frozenset[str]) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        row.status = value
        if key and value and value not in empty:
            row.custom.setdefault(key, value)

    return setter


def _set_opt_out(channels: tuple[str, ...]) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        if value:
            row.person.suppress.update(channels)

    return setter


def _set_point(row: RowInHand, point: Any) -> None:
    row.person.points.append(point)
    if point.kind in ContactPoint.PHONES and point.is_certain and "time_zone" not in row.fields:
        zone = zone_of_phone(point.normalised)
        if zone:
            row.fields["time_zone"] = zone


def _set_attribute(owner: str, attribute: str) -> Setter:
    def setter(row: RowInHand, value: Any) -> None:
        holder = row if owner == "row" else getattr(row, owner)
        if not getattr(holder, attribute):
            setattr(holder, attribute, value)

    return setter


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
    "consent": _set_attribute("row", "consent"),
}


@lru_cache(maxsize=8192)
def zone_of_phone(e164: str) -> str:
    """The time zone of a number whose country has one, or whose prefix names a place; else unknown."""
    try:
        zones = phone_time_zones.time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and "/" in zones[0] and not zones[0].startswith("Etc/") else ""
