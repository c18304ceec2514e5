"""What one row of a file says of a person or a company, as normalised by `accounts.normalise`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from accounts.actions.people import key_of_external_id, keys_of_email
from accounts.domains import company_domain
from accounts.models import ContactPoint
from accounts.normalise import folded


@dataclass(slots=True)
class Point:
    """One way to reach somebody."""

    kind: str
    value: str
    normalised: str
    extension: str = ""
    is_certain: bool = True


@dataclass(slots=True)
class AccountRow:
    """What one row says of a company. `domain` is empty where it names none, or a mail provider."""

    name: str = ""
    domain: str = ""
    external_ids: list[tuple[str, str]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    standing: str = ""


@dataclass(slots=True)
class PersonRow:
    """What one row says of a person."""

    fields: dict[str, str] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    external_ids: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    account: AccountRow | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    suppress: set[str] = field(default_factory=set)
    # Of her account, or hers where she has none.
    standing: str = ""

    @property
    def name(self) -> str:
        return folded(f"{self.fields.get('given_name', '')} {self.fields.get('family_name', '')}")

    @property
    def email_domains(self) -> list[str]:
        hosts = (p.normalised.rpartition("@")[2] for p in self.points if p.kind == ContactPoint.Kind.EMAIL)
        return [domain for host in hosts if (domain := company_domain(host))]

    @property
    def is_known_by_phone(self) -> bool:
        """Neither an outside id nor an address: number and name together say who she is."""
        by_mail = any(point.kind == ContactPoint.Kind.EMAIL for point in self.points)
        return not self.external_ids and bool(self.points) and not by_mail

    @property
    def is_known_by_place(self) -> bool:
        """Only her name and her company say who she is."""
        return not self.external_ids and not self.points and bool(self.name)

    @property
    def keys(self) -> list[str]:
        """The forms under which she may have been refused."""
        keys = [key_of_external_id(source, value) for source, value in self.external_ids]
        for point in self.points:
            if point.kind == ContactPoint.Kind.EMAIL:
                keys += [*keys_of_email(point.normalised), point.normalised.rpartition("@")[2]]
            elif point.kind in ContactPoint.PHONES:
                keys.append(point.normalised)
        return keys


def by_source(ids: Iterable[list[tuple[str, str]]]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for one in ids:
        for source, value in one:
            values[source].add(value)
    return values
