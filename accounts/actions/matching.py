"""People and companies of a file meet those we know: a set is loaded, each row applied in memory, the set written.

A row is applied the same way whether the person it meets was read from the database or came two rows earlier, so
what a file leaves behind does not depend on where it was cut into sets. Without `write` nothing is changed: that is
the preview.

A file fills what is empty, and overwrites only people and accounts of version 1, whom no human has corrected since.
Custom fields are the file's: they are overwritten. Nothing is ever emptied, and a suppression is never taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounts.actions.people import key_of_external_id, keys_of_email, suppression_key
from accounts.domains import company_domain
from accounts.models import (
    Account,
    AccountDomain,
    ContactPoint,
    Employment,
    ExternalId,
    Person,
    SearchText,
    Standing,
    Suppression,
)
from accounts.normalise import folded
from accounts.search import text_of_account, text_of_person, write_texts
from team.bulk import insert_rows

ERASURE = "erasure"
# What a customer of a file was before we knew.
MAY_BECOME_CUSTOMER = (Standing.PROSPECT, Standing.OPEN_OPPORTUNITY)
BATCH = 500


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(slots=True)
class Point:
    """One way to reach somebody, as normalised by `accounts.normalise`."""

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


@dataclass(slots=True)
class Met:
    """What a row came to. `person` is empty where it was refused."""

    outcome: Outcome
    person: KnownPerson | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)


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


class Meeting:
    """One set of rows and everything they may meet. Load, apply each row in order, then write or forget."""

    def __init__(self, *, source: str, at: datetime, names: AccountNames | None = None) -> None:
        self.source, self.at = source[:80], at
        self.names = names or AccountNames()
        self.people: dict[int, KnownPerson] = {}
        self.accounts: dict[int, KnownAccount] = {}
        self._new_people: list[KnownPerson] = []
        self._new_accounts: list[KnownAccount] = []
        self._by_external: dict[tuple[str, str], KnownPerson] = {}
        self._by_email: dict[str, KnownPerson] = {}
        self._by_phone: dict[tuple[str, str], KnownPerson] = {}
        self._by_place: dict[tuple[KnownAccount, str], KnownPerson] = {}
        self._account_by_external: dict[tuple[str, str], KnownAccount] = {}
        self._account_by_domain: dict[str, KnownAccount] = {}
        self._accounts_by_name: dict[str, list[KnownAccount]] = defaultdict(list)
        self._refused_keys: dict[str, set[str]] | None = None

    @property
    def new_accounts(self) -> int:
        return len(self._new_accounts)

    # Loading

    def load(self, rows: Sequence[PersonRow], *, lock: bool = False) -> None:
        """Read whom these rows may meet; with `lock`, in id order, so that two workers cannot wait for each other."""
        self.load_accounts(
            [row.account for row in rows if row.account is not None],
            domains={domain for row in rows for domain in row.email_domains},
            lock=lock,
        )
        found = self._ids_of(rows)
        new = [pk for pk in found if pk not in self.people]
        if new:
            self._read_people(new, lock=lock)
        self._load_places(rows)
        self._load_refused(rows)

    def load_accounts(self, rows: Sequence[AccountRow], *, domains: Iterable[str] = (), lock: bool = False) -> None:
        wanted = {row.domain for row in rows if row.domain} | set(domains)
        wanted -= self._account_by_domain.keys()
        ids: set[int] = set()
        if wanted:
            ids.update(AccountDomain.objects.filter(domain__in=wanted).values_list("account_id", flat=True))
        for source, values in _by_source(row.external_ids for row in rows).items():
            found = ExternalId.objects.filter(entity="account", source=source, value__in=values)
            ids.update(found.values_list("account_id", flat=True))
        if any(row.name for row in rows):
            self.names.refresh()
            for row in rows:
                ids.update(self.names.ids(row.name))
        new = sorted(ids - self.accounts.keys())
        if not new:
            return
        queryset = Account.objects.filter(pk__in=new).order_by("pk")
        for account in queryset.select_for_update() if lock else queryset:
            self._remember_account(KnownAccount(account))
        for account_id, domain in AccountDomain.objects.filter(account__in=new).values_list("account_id", "domain"):
            self.accounts[account_id].domains.add(domain)
            self._account_by_domain[domain] = self.accounts[account_id]
        called = ExternalId.objects.filter(account__in=new).values_list("account_id", "source", "value")
        for account_id, source, value in called:
            self.accounts[account_id].external_ids.add((source, value))
            self._account_by_external[source, value] = self.accounts[account_id]

    def _ids_of(self, rows: Sequence[PersonRow]) -> set[int]:
        ids: set[int] = set()
        for source, values in _by_source(row.external_ids for row in rows).items():
            found = ExternalId.objects.filter(entity="person", source=source, value__in=values)
            ids.update(found.values_list("person_id", flat=True))
        points = [point for row in rows for point in row.points]
        emails = {p.normalised for p in points if p.kind == ContactPoint.Kind.EMAIL}
        if emails:
            found_at = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalised__in=emails)
            ids.update(found_at.values_list("person_id", flat=True))
        phones = {p.normalised for row in rows if _is_known_by_phone(row) for p in row.points}
        if phones:
            called = ContactPoint.objects.filter(kind__in=ContactPoint.PHONES, normalised__in=phones)
            ids.update(called.values_list("person_id", flat=True))
        return ids

    def _read_people(self, ids: list[int], *, lock: bool) -> None:
        queryset = Person.objects.filter(pk__in=ids).order_by("pk")
        rows = list(queryset.select_for_update() if lock else queryset)
        for row in rows:
            self.people[row.pk] = KnownPerson(row)
        for point in ContactPoint.objects.filter(person__in=ids).order_by("pk"):
            self.people[point.person_id].points[point.kind, point.normalised] = point
        jobs = list(Employment.objects.filter(person__in=ids, is_current=True))
        self._read_accounts_of(jobs)
        for job in jobs:
            known = self.people[job.person_id]
            known.job = job
            known.account = self.accounts.get(job.account_id) if job.account_id else None
        for person_id, source, value in ExternalId.objects.filter(person__in=ids).values_list(
            "person_id", "source", "value"
        ):
            self.people[person_id].external_ids.add((source, value))
        for person_id, channel in Suppression.objects.filter(person__in=ids).values_list("person_id", "channel"):
            self.people[person_id].suppressed.add(channel)
        merged = {row.merged_into_id for row in rows if row.merged_into_id} - self.people.keys()
        if merged:
            self._read_people(sorted(merged), lock=lock)
        for row in rows:
            self._remember(self.people[row.pk])

    def _read_accounts_of(self, jobs: list[Employment]) -> None:
        missing = {job.account_id for job in jobs if job.account_id} - self.accounts.keys()
        for row in Account.objects.filter(pk__in=missing).order_by("pk"):
            self._remember_account(KnownAccount(row))
        for account_id, domain in AccountDomain.objects.filter(account__in=missing).values_list("account", "domain"):
            self.accounts[account_id].domains.add(domain)
            self._account_by_domain[domain] = self.accounts[account_id]
        for account_id, source, value in ExternalId.objects.filter(account__in=missing).values_list(
            "account", "source", "value"
        ):
            self.accounts[account_id].external_ids.add((source, value))
            self._account_by_external[source, value] = self.accounts[account_id]

    def _load_places(self, rows: Sequence[PersonRow]) -> None:
        """Colleagues of those whom only their name and their company tell apart."""
        places = {account.row.pk for row in rows if _is_known_by_place(row) and (account := self._seat(row))}
        places = {pk for pk in places if pk}
        if not places:
            return
        ids = Employment.objects.filter(account__in=places, is_current=True).values_list("person_id", flat=True)
        new = sorted(set(ids) - self.people.keys())
        if new:
            self._read_people(new, lock=False)

    def _load_refused(self, rows: Sequence[PersonRow]) -> None:
        """Keys that stay refused or silent. Most installations have none, and then nothing is hashed."""
        self._refused_keys = {}
        if not Suppression.objects.filter(person=None).exists():
            return
        hashes = {suppression_key(key): key for row in rows for key in _keys(row)}
        found = Suppression.objects.filter(key_hash__in=hashes.keys()).values_list("key_hash", "channel", "source")
        for key_hash, channel, source in found:
            mark = ERASURE if source == ERASURE else channel
            self._refused_keys.setdefault(hashes[key_hash], set()).add(mark)

    # Applying

    def meet(self, row: PersonRow) -> Met:
        """Whom this row is about, and what it adds to her."""
        notes: list[str] = []
        suppress = set(row.suppress)
        if self._refused_keys:
            marks = {mark for key in _keys(row) for mark in self._refused_keys.get(key, ())}
            if ERASURE in marks:
                return Met(Outcome.REFUSED, reason="erased")
            suppress |= marks
        account, is_strong = self._account_of(row)
        known = self._find(row, account)
        if known is not None and known.row.merged_into_id:
            known = self.people[known.row.merged_into_id]
        if known is not None and known.row.erased_at is not None:
            return Met(Outcome.REFUSED, reason="erased")

        is_first = known is None
        if known is None:
            known = KnownPerson(Person(source=self.source, created_at=self.at), is_new=True)
            self._new_people.append(known)
        changed = self._fill(known, row)
        changed |= self._add_points(known, row, notes)
        changed |= self._add_external_ids(known, row)
        changed |= self._employ(known, row, account, is_strong=is_strong)
        changed |= self._suppress(known, suppress)
        changed |= self._stand(known, row.standing)
        self._remember(known)
        if is_first:
            return Met(Outcome.CREATED, known, notes=notes)
        known.is_refound |= changed
        return Met(Outcome.UPDATED if changed else Outcome.DUPLICATE, known, notes=notes)

    def meet_account(self, row: AccountRow) -> tuple[Outcome, KnownAccount]:
        """Which account a row of companies is about, and what it adds to it."""
        known = self._find_account(row)
        if known is None:
            return Outcome.CREATED, self._new_account(row)
        changed = self._fill_account(known, row)
        return (Outcome.UPDATED if changed else Outcome.DUPLICATE), known

    def _find(self, row: PersonRow, account: KnownAccount | None) -> KnownPerson | None:
        for key in row.external_ids:
            if (known := self._by_external.get(key)) is not None:
                return known
        for point in row.points:
            if point.kind == ContactPoint.Kind.EMAIL and (known := self._by_email.get(point.normalised)) is not None:
                # Another id of the same source is another person there: the address is shared, she is not.
                sources = {source for source, _value in known.external_ids}
                if not any(source in sources for source, _value in row.external_ids):
                    return known
        if _is_known_by_phone(row):
            for point in row.points:
                if (known := self._by_phone.get((point.normalised, row.name))) is not None:
                    return known
        if _is_known_by_place(row) and account is not None:
            return self._by_place.get((account, row.name))
        return None

    def _fill(self, known: KnownPerson, row: PersonRow) -> bool:
        person, changed = known.row, False
        may_overwrite = person.version == 1
        for name, value in row.fields.items():
            current = getattr(person, name)
            if value and current != value and (may_overwrite or not current):
                setattr(person, name, value)
                changed = True
        for key, value in row.custom.items():
            if person.custom.get(key, _NOTHING) != value:
                person.custom[key] = value
                changed = True
        known.is_changed |= changed
        return changed

    def _add_points(self, known: KnownPerson, row: PersonRow, notes: list[str]) -> bool:
        changed = False
        for point in row.points:
            key = (point.kind, point.normalised)
            if key in known.points:
                continue
            if point.kind == ContactPoint.Kind.EMAIL and point.normalised in self._by_email:
                notes.append("email_of_another")
                continue
            new = ContactPoint(
                person=known.row,
                kind=point.kind,
                value=point.value,
                normalised=point.normalised,
                extension=point.extension,
                is_primary=not any(p.is_primary for (kind, _n), p in known.points.items() if kind == point.kind),
                state=ContactPoint.State.OK if point.is_certain else ContactPoint.State.UNVERIFIED,
                source=self.source,
                created_at=self.at,
            )
            known.points[key] = new
            known.new_points.append(new)
            changed = True
        return changed

    def _add_external_ids(self, known: KnownPerson, row: PersonRow) -> bool:
        changed = False
        for key in row.external_ids:
            if key not in known.external_ids and key not in self._by_external:
                known.external_ids.add(key)
                known.new_external_ids.append(key)
                changed = True
        return changed

    def _employ(self, known: KnownPerson, row: PersonRow, account: KnownAccount | None, *, is_strong: bool) -> bool:
        job = known.job
        may_overwrite = known.row.version == 1
        if job is None:
            if account is None and not row.title:
                return False
            known.job = Employment(person=known.row, account=account.row if account else None, title=row.title)
            known.account, known.job_is_changed = account, True
            return True
        changed = False
        if account is not None and account is not known.account:
            if known.account is None:
                job.account, known.account = account.row, account
                changed = True
            elif is_strong and may_overwrite:
                self._leave(known)
                known.job = Employment(person=known.row, account=account.row, title=row.title)
                known.account, known.job_is_changed = account, True
                return True
        if row.title and job.title != row.title and (may_overwrite or not job.title):
            job.title = row.title
            changed = True
        known.job_is_changed |= changed
        return changed

    def _leave(self, known: KnownPerson) -> None:
        """She works elsewhere now. A job that this very file gave her is simply another one."""
        job = known.job
        if job is None or job.pk is None:
            return
        job.is_current = False
        job.until_on = max(self.at.date(), job.from_on) if job.from_on else self.at.date()
        known.left.append(job)

    def _suppress(self, known: KnownPerson, channels: set[str]) -> bool:
        new = sorted(channels - known.suppressed)
        known.suppressed.update(new)
        known.new_suppressions += new
        return bool(new)

    def _stand(self, known: KnownPerson, standing: str) -> bool:
        if not standing:
            return False
        if known.account is not None:
            if known.account.row.standing == standing or known.account.row.standing not in MAY_BECOME_CUSTOMER:
                return False
            known.account.row.standing = standing
            known.account.is_changed = True
            return True
        if known.row.standing == standing or known.row.standing not in MAY_BECOME_CUSTOMER:
            return False
        known.row.standing = standing
        known.is_changed = True
        return True

    # Companies

    def _seat(self, row: PersonRow) -> KnownAccount | None:
        """The account this row would find, without making one."""
        if row.account is not None and (found := self._find_account(row.account)) is not None:
            return found
        return next((found for d in row.email_domains if (found := self._account_by_domain.get(d))), None)

    def _account_of(self, row: PersonRow) -> tuple[KnownAccount | None, bool]:
        """Her account: by the company's domain, its outside id, the domain of her address, its name.

        A bare domain makes no account; a name does. The flag says that the row itself named the company.
        """
        named = row.account
        if named is not None:
            found = self._account_by_domain.get(named.domain) if named.domain else None
            for key in named.external_ids:
                found = found or self._account_by_external.get(key)
            if found is not None:
                self._fill_account(found, named)
                return found, True
        for domain in row.email_domains:
            if (found := self._account_by_domain.get(domain)) is not None:
                return found, False
        if named is None or not named.name:
            return None, False
        found = self._find_account(named)
        if found is None:
            return self._new_account(named), True
        self._fill_account(found, named)
        return found, True

    def _find_account(self, row: AccountRow) -> KnownAccount | None:
        for key in row.external_ids:
            if (known := self._account_by_external.get(key)) is not None:
                return known
        if row.domain and (known := self._account_by_domain.get(row.domain)) is not None:
            sources = {source for source, _value in known.external_ids}
            if not any(source in sources for source, _value in row.external_ids):
                return known
        namesakes = self._accounts_by_name.get(company_key(row.name), []) if row.name else []
        if len(namesakes) != 1:
            return None
        known = namesakes[0]
        # The same name at another domain, or under another id of the same source, is another company.
        if row.domain and known.domains and row.domain not in known.domains:
            return None
        sources = {source for source, _value in known.external_ids}
        return None if any(source in sources for source, _value in row.external_ids) else known

    def _new_account(self, row: AccountRow) -> KnownAccount:
        known = KnownAccount(Account(name=row.name, created_at=self.at), is_new=True)
        self._new_accounts.append(known)
        self._accounts_by_name[company_key(row.name)].append(known)
        self._fill_account(known, row)
        return known

    def _fill_account(self, known: KnownAccount, row: AccountRow) -> bool:
        account, changed = known.row, False
        may_overwrite = account.version == 1
        fields = {**row.fields, "name": row.name} if row.external_ids and row.name else row.fields
        for name, value in fields.items():
            current = getattr(account, name)
            if value not in (None, "") and current != value and (may_overwrite or current in (None, "")):
                setattr(account, name, value)
                changed = True
        for key, value in row.custom.items():
            if account.custom.get(key, _NOTHING) != value:
                account.custom[key] = value
                changed = True
        if row.standing and account.standing != row.standing and account.standing in MAY_BECOME_CUSTOMER:
            account.standing = row.standing
            changed = True
        known.is_changed |= changed
        if row.domain and row.domain not in self._account_by_domain:
            known.domains.add(row.domain)
            known.new_domains.append(row.domain)
            self._account_by_domain[row.domain] = known
            changed = True
        for called in row.external_ids:
            if called not in self._account_by_external:
                known.external_ids.add(called)
                known.new_external_ids.append(called)
                self._account_by_external[called] = known
                changed = True
        return changed

    def _remember_account(self, known: KnownAccount) -> None:
        self.accounts[known.row.pk] = known
        self._accounts_by_name[company_key(known.row.name)].append(known)

    def _remember(self, known: KnownPerson) -> None:
        name = folded(known.row.name)
        for key in known.external_ids:
            self._by_external.setdefault(key, known)
        for kind, normalised in known.points:
            if kind == ContactPoint.Kind.EMAIL:
                self._by_email.setdefault(normalised, known)
            elif kind in ContactPoint.PHONES:
                self._by_phone.setdefault((normalised, name), known)
        if known.account is not None and name:
            self._by_place.setdefault((known.account, name), known)

    # Writing

    def write(self) -> None:
        """Everything that was applied, in a dozen statements, in the caller's transaction."""
        self._write_accounts()
        self._write_people()

    @property
    def changes_known(self) -> bool:
        """Whether somebody or something we knew before is changed: then it must be read again under a lock."""
        return any(known.is_refound and not known.is_new for known in self.people.values()) or any(
            (known.is_changed or known.new_domains or known.new_external_ids) and not known.is_new
            for known in self.accounts.values()
        )

    def _write_accounts(self) -> None:
        new = self._new_accounts
        if new:
            Account.objects.bulk_create([known.row for known in new], batch_size=BATCH)
        for known in new:
            self.accounts[known.row.pk] = known
        changed = [known for known in self.accounts.values() if known.is_changed and not known.is_new]
        _overwrite(Account, [known.row for known in changed], _ACCOUNT_COLUMNS)
        touched = [k for k in self.accounts.values() if k.is_new or k.is_changed or k.new_domains or k.new_external_ids]
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
            ],
        )

    def _write_people(self) -> None:
        new = self._new_people
        rows = [tuple(getattr(known.row, column) for column in _PERSON_ROW) for known in new]
        for known, pk in zip(new, insert_rows(Person, _PERSON_ROW, rows, ids=True), strict=True):
            known.row.pk = pk
            self.people[pk] = known
        old = [known for known in self.people.values() if known.is_refound and not known.is_new]
        _overwrite(Person, [known.row for known in old if known.is_changed], _PERSON_COLUMNS)
        touched = new + old
        insert_rows(
            ContactPoint,
            ("person_id", *_POINT_ROW),
            [
                (known.row.pk, *(getattr(point, column) for column in _POINT_ROW))
                for known in touched
                for point in known.new_points
            ],
        )
        insert_rows(
            ExternalId,
            ("entity", "person_id", "source", "value"),
            [("person", known.row.pk, source, value) for known in touched for source, value in known.new_external_ids],
        )
        insert_rows(
            Suppression,
            ("channel", "person_id", "key_hash", "at", "source"),
            [(channel, known.row.pk, "", self.at, "import") for known in touched for channel in known.new_suppressions],
        )
        self._write_jobs(touched)
        _write_texts_of("person", [(known.row.pk, known.is_new, _text(known)) for known in touched])

    def _write_jobs(self, touched: list[KnownPerson]) -> None:
        left = [job for known in touched for job in known.left]
        if left:
            Employment.objects.bulk_update(left, ["is_current", "until_on"], batch_size=BATCH)
        jobs = [known for known in touched if known.job is not None and known.job_is_changed]
        for known in jobs:
            assert known.job is not None  # noqa: S101 - for the type checker
            known.job.person_id = known.row.pk
            known.job.account_id = known.account.row.pk if known.account else None
        rows = [known.job for known in jobs if known.job is not None]
        insert_rows(
            Employment,
            _JOB_ROW,
            [tuple(getattr(job, column) for column in _JOB_ROW) for job in rows if job.pk is None],
        )
        _overwrite(Employment, [job for job in rows if job.pk is not None], ["account_id", "title"])


_NOTHING = object()
_PERSON_COLUMNS = [
    "given_name", "family_name", "country", "region", "city", "time_zone", "language", "source", "standing", "custom",
]  # fmt: skip
_PERSON_ROW = (*_PERSON_COLUMNS, "public_id", "version", "created_at")
_POINT_ROW = ("kind", "value", "normalised", "extension", "is_primary", "state", "source", "created_at")
_JOB_ROW = ("person_id", "account_id", "title", "role", "from_on", "until_on", "is_current")
_ACCOUNT_COLUMNS = [
    "name", "standing", "industry", "segment", "employees", "country", "region", "city", "website", "phone",
    "incumbent", "contract_ends_on", "custom",
]  # fmt: skip


def _is_known_by_phone(row: PersonRow) -> bool:
    """Neither an outside id nor an address: number and name together say who she is."""
    return not row.external_ids and bool(row.points) and all(p.kind != ContactPoint.Kind.EMAIL for p in row.points)


def _is_known_by_place(row: PersonRow) -> bool:
    """Only her name and her company say who she is."""
    return not row.external_ids and not row.points and bool(row.name)


def _keys(row: PersonRow) -> list[str]:
    keys = [key_of_external_id(source, value) for source, value in row.external_ids]
    for point in row.points:
        if point.kind == ContactPoint.Kind.EMAIL:
            keys += [*keys_of_email(point.normalised), point.normalised.rpartition("@")[2]]
        elif point.kind in ContactPoint.PHONES:
            keys.append(point.normalised)
    return keys


def _by_source(ids: Iterable[list[tuple[str, str]]]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for one in ids:
        for source, value in one:
            values[source].add(value)
    return values


def _overwrite(model: Any, rows: list[Any], columns: list[str]) -> None:
    """Write these columns of rows that exist, in one upsert: an UPDATE with a CASE a row and column is far slower."""
    if rows:
        names = [model._meta.get_field(name.removesuffix("_id")).name for name in columns]
        model.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=names, batch_size=BATCH
        )


def _text(known: KnownPerson) -> str:
    return text_of_person(
        known.row,
        known.points.values(),
        account=known.account.row.name if known.account else "",
        title=known.job.title if known.job else "",
        called=[value for _source, value in sorted(known.external_ids)],
    )


def _write_texts_of(entity: str, texts: list[tuple[int, bool, str]]) -> None:
    column = f"{entity}_id"
    insert_rows(SearchText, (column, "text"), [(pk, text) for pk, is_new, text in texts if is_new])
    again = [SearchText(**{column: pk, "text": text}) for pk, is_new, text in texts if not is_new]
    if again:
        write_texts(again, of=entity)
