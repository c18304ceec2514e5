"""Whom the rows of one set may meet, as read and as its rows have changed them since. Nothing is written here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Account, ContactPoint, Employment, Person
from accounts.normalise import folded

# Stands for a value that is not there, where None is one.
NOTHING = object()


@dataclass(slots=True, eq=False)
class KnownAccount:
    row: Account
    domains: set[str] = field(default_factory=set)
    external_ids: set[tuple[str, str]] = field(default_factory=set)
    is_new: bool = False
    is_changed: bool = False
    new_domains: list[str] = field(default_factory=list)
    new_external_ids: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class KnownPerson:
    row: Person
    points: dict[tuple[str, str], ContactPoint] = field(default_factory=dict)
    job: Employment | None = None
    account: KnownAccount | None = None
    external_ids: set[tuple[str, str]] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    is_new: bool = False
    is_changed: bool = False
    job_is_changed: bool = False
    is_refound: bool = False
    left: list[Employment] = field(default_factory=list)
    new_points: list[ContactPoint] = field(default_factory=list)
    new_external_ids: list[tuple[str, str]] = field(default_factory=list)
    new_suppressions: list[str] = field(default_factory=list)

    @property
    def standing(self) -> str:
        return self.account.row.standing if self.account else self.row.standing


class AccountNames:
    """Which accounts bear a name, for as long as one worker reads one file: names have no index that folds them."""

    def __init__(self) -> None:
        self._ids: dict[str, set[int]] = defaultdict(set)
        self._seen = 0

    def refresh(self) -> None:
        """Read the accounts that were added since."""
        rows = Account.objects.filter(pk__gt=self._seen).order_by("pk").values_list("pk", "name")
        for pk, name in rows.iterator(chunk_size=2000):
            self._ids[company_key(name)].add(pk)
            self._seen = pk

    def ids(self, name: str) -> set[int]:
        return self._ids.get(company_key(name), set())


def company_key(name: str) -> str:
    """The form in which names of companies are compared: folded, punctuation aside. Legal forms count."""
    return " ".join("".join(c if c.isalnum() or c == "&" else " " for c in folded(name)).split())


class Circle:
    """Known people and accounts, by everything that tells them apart."""

    def __init__(self, *, source: str, at: datetime, names: AccountNames | None = None) -> None:
        self.source, self.at = source[:80], at
        self.names = names or AccountNames()
        self.people: dict[int, KnownPerson] = {}
        self.accounts: dict[int, KnownAccount] = {}
        self.new_people: list[KnownPerson] = []
        self.new_accounts: list[KnownAccount] = []
        self.by_external: dict[tuple[str, str], KnownPerson] = {}
        self.by_email: dict[str, KnownPerson] = {}
        self.by_phone: dict[tuple[str, str], KnownPerson] = {}
        self.by_place: dict[tuple[KnownAccount, str], KnownPerson] = {}
        self.account_by_external: dict[tuple[str, str], KnownAccount] = {}
        self.account_by_domain: dict[str, KnownAccount] = {}
        self.accounts_by_name: dict[str, list[KnownAccount]] = defaultdict(list)
        self.refused_keys: dict[str, set[str]] | None = None

    @property
    def changes_known(self) -> bool:
        """Whether somebody or something we knew before is changed: then it must be read again under a lock."""
        return any(known.is_refound and not known.is_new for known in self.people.values()) or any(
            (known.is_changed or known.new_domains or known.new_external_ids) and not known.is_new
            for known in self.accounts.values()
        )

    def remember_account(self, known: KnownAccount) -> None:
        self.accounts[known.row.pk] = known
        self.accounts_by_name[company_key(known.row.name)].append(known)

    def remember(self, known: KnownPerson) -> None:
        name = folded(known.row.name)
        for key in known.external_ids:
            self.by_external.setdefault(key, known)
        for kind, normalised in known.points:
            if kind == ContactPoint.Kind.EMAIL:
                self.by_email.setdefault(normalised, known)
            elif kind in ContactPoint.PHONES:
                self.by_phone.setdefault((normalised, name), known)
        if known.account is not None and name:
            self.by_place.setdefault((known.account, name), known)
