"""Whom the rows of one set may meet, as read and as its rows have changed them since. Nothing is written here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Model

from accounts.models import Account, ContactPoint, Employment, Person
from accounts.normalise import folded

# Stands for a value that is not there, where None is one.
NOTHING = object()
Values = tuple[Any, ...]


# Whose word it is that somebody is left alone: that of the file, and of who was erased.
IMPORT, ERASURE = "import", "erasure"


@dataclass(slots=True, eq=False)
class KnownAccount:
    row: Account
    # The values it had when it was read; nothing for a new one.
    as_read: Values = ()
    domains: set[str] = field(default_factory=set)
    external_ids: set[tuple[str, str]] = field(default_factory=set)
    is_new: bool = False
    is_changed: bool = False
    is_found_otherwise: bool = False
    new_domains: list[str] = field(default_factory=list)
    new_external_ids: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class KnownPerson:
    row: Person
    as_read: Values = ()
    job_as_read: Values = ()
    points: dict[tuple[str, str], ContactPoint] = field(default_factory=dict)
    job: Employment | None = None
    account: KnownAccount | None = None
    external_ids: set[tuple[str, str]] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    # On these only a rep or she herself has said so: what the file says again is no longer theirs to take back.
    suppressed_by_one: set[str] = field(default_factory=set)
    is_new: bool = False
    is_changed: bool = False
    job_is_changed: bool = False
    is_refound: bool = False
    # Somebody works her: a file neither renames nor moves her.
    is_worked: bool = False
    # Something by which a search finds her has changed.
    is_found_otherwise: bool = False
    left: list[Employment] = field(default_factory=list)
    # Another company or title than before, as `JobChange` calls it.
    new_job: str = ""
    new_points: list[ContactPoint] = field(default_factory=list)
    new_external_ids: list[tuple[str, str]] = field(default_factory=list)
    # By channel, whose word it is: the file's, or that of the key by which it is known already.
    new_suppressions: dict[str, str] = field(default_factory=dict)
    confirmed_suppressions: list[str] = field(default_factory=list)

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


def values_of(row: Model) -> Values:
    """The row's own columns, its key first."""
    return tuple(_kept(row.__dict__[name]) for name in columns_of(type(row)))


@lru_cache(maxsize=8)
def columns_of(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _kept(value: Any) -> Any:
    """What the rows will change in place is kept as it was."""
    return dict(value) if isinstance(value, dict) else value


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
        # By key and channel, whose word it is.
        self.refused_keys: dict[str, dict[str, str]] | None = None

    @property
    def changed_people(self) -> list[KnownPerson]:
        """Those we knew before of whom the rows tell something new."""
        return [known for known in self.people.values() if known.is_refound and not known.is_new]

    @property
    def changed_accounts(self) -> list[KnownAccount]:
        return [
            known
            for known in self.accounts.values()
            if not known.is_new and (known.is_changed or known.new_domains or known.new_external_ids)
        ]

    def settle(self) -> None:
        """What was changed is written: from here on it is what we know."""
        for account in (*self.new_accounts, *self.changed_accounts):
            account.as_read = values_of(account.row)
            account.is_new = account.is_changed = account.is_found_otherwise = False
            account.new_domains, account.new_external_ids = [], []
        for known in (*self.new_people, *self.changed_people):
            known.as_read = values_of(known.row)
            known.job_as_read = values_of(known.job) if known.job is not None and known.job.pk else ()
            known.is_new = known.is_changed = known.job_is_changed = False
            known.is_refound = known.is_found_otherwise = False
            known.new_job = ""
            known.left, known.new_points, known.new_external_ids = [], [], []
            known.new_suppressions, known.confirmed_suppressions = {}, []
        self.new_accounts, self.new_people = [], []

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
