"""Read whom rows may meet: a handful of statements for a set, however many rows it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accounts.actions.matching.circle import Circle, KnownAccount, KnownPerson, values_of
from accounts.actions.matching.companies import seat_of
from accounts.actions.matching.rows import AccountRow, PersonRow, by_source
from accounts.actions.people import TAKEN_OVER, suppression_key
from accounts.models import Account, AccountDomain, ContactPoint, Employment, ExternalId, Person, Suppression


def load_people(circle: Circle, rows: Sequence[PersonRow], *, lock: bool = False) -> None:
    """Read whom these rows may meet; with `lock`, in id order, so that two workers cannot wait for each other."""
    load_accounts(
        circle,
        [row.account for row in rows if row.account is not None],
        domains={domain for row in rows for domain in row.email_domains},
        lock=lock,
    )
    found = _ids_of(circle, rows)
    new = [pk for pk in found if pk not in circle.people]
    if new:
        _read_people(circle, new, lock=lock)
    _load_places(circle, rows)
    _load_refused(circle, rows)


def load_accounts(
    circle: Circle, rows: Sequence[AccountRow], *, domains: Iterable[str] = (), lock: bool = False
) -> None:
    wanted = {row.domain for row in rows if row.domain} | set(domains)
    wanted -= circle.account_by_domain.keys()
    ids: set[int] = set()
    if wanted:
        ids.update(AccountDomain.objects.filter(domain__in=wanted).values_list("account_id", flat=True))
    for source, values in by_source(row.external_ids for row in rows).items():
        found = ExternalId.objects.filter(entity="account", source=source, value__in=values)
        ids.update(found.values_list("account_id", flat=True))
    if any(row.name for row in rows):
        circle.names.refresh()
        for row in rows:
            ids.update(circle.names.ids(row.name))
    new = sorted(ids - circle.accounts.keys())
    if not new:
        return
    queryset = Account.objects.filter(pk__in=new).order_by("pk")
    for account in queryset.select_for_update() if lock else queryset:
        circle.remember_account(KnownAccount(account, values_of(account)))
    for account_id, domain in AccountDomain.objects.filter(account__in=new).values_list("account_id", "domain"):
        circle.accounts[account_id].domains.add(domain)
        circle.account_by_domain[domain] = circle.accounts[account_id]
    called = ExternalId.objects.filter(account__in=new).values_list("account_id", "source", "value")
    for account_id, source, value in called:
        circle.accounts[account_id].external_ids.add((source, value))
        circle.account_by_external[source, value] = circle.accounts[account_id]


def _ids_of(circle: Circle, rows: Sequence[PersonRow]) -> set[int]:
    ids: set[int] = set()
    for source, values in by_source(row.external_ids for row in rows).items():
        found = ExternalId.objects.filter(entity="person", source=source, value__in=values)
        ids.update(found.values_list("person_id", flat=True))
    points = [point for row in rows for point in row.points]
    emails = {p.normalised for p in points if p.kind == ContactPoint.Kind.EMAIL}
    if emails:
        found_at = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalised__in=emails)
        ids.update(found_at.values_list("person_id", flat=True))
    phones = {p.normalised for row in rows if row.is_known_by_phone for p in row.points}
    if phones:
        called = ContactPoint.objects.filter(kind__in=ContactPoint.PHONES, normalised__in=phones)
        ids.update(called.values_list("person_id", flat=True))
    return ids


def _read_people(circle: Circle, ids: list[int], *, lock: bool) -> None:
    queryset = Person.objects.filter(pk__in=ids).order_by("pk")
    rows = list(queryset.select_for_update() if lock else queryset)
    for row in rows:
        circle.people[row.pk] = KnownPerson(row, values_of(row))
    for point in ContactPoint.objects.filter(person__in=ids).order_by("pk"):
        circle.people[point.person_id].points[point.kind, point.normalised] = point
    jobs = list(Employment.objects.filter(person__in=ids, is_current=True))
    _read_accounts_of(circle, jobs)
    for job in jobs:
        known = circle.people[job.person_id]
        known.job, known.job_as_read = job, values_of(job)
        known.account = circle.accounts.get(job.account_id) if job.account_id else None
    for person_id, source, value in ExternalId.objects.filter(person__in=ids).values_list(
        "person_id", "source", "value"
    ):
        circle.people[person_id].external_ids.add((source, value))
    silent = Suppression.objects.filter(person__in=ids)
    for person_id, channel, source in silent.values_list("person_id", "channel", "source"):
        circle.people[person_id].suppressed.add(channel)
        if source in TAKEN_OVER:
            circle.people[person_id].suppressed_by_one.add(channel)
    merged = {row.merged_into_id for row in rows if row.merged_into_id} - circle.people.keys()
    if merged:
        _read_people(circle, sorted(merged), lock=lock)
    for row in rows:
        circle.remember(circle.people[row.pk])


def _read_accounts_of(circle: Circle, jobs: list[Employment]) -> None:
    missing = {job.account_id for job in jobs if job.account_id} - circle.accounts.keys()
    for row in Account.objects.filter(pk__in=missing).order_by("pk"):
        circle.remember_account(KnownAccount(row, values_of(row)))
    for account_id, domain in AccountDomain.objects.filter(account__in=missing).values_list("account", "domain"):
        circle.accounts[account_id].domains.add(domain)
        circle.account_by_domain[domain] = circle.accounts[account_id]
    for account_id, source, value in ExternalId.objects.filter(account__in=missing).values_list(
        "account", "source", "value"
    ):
        circle.accounts[account_id].external_ids.add((source, value))
        circle.account_by_external[source, value] = circle.accounts[account_id]


def _load_places(circle: Circle, rows: Sequence[PersonRow]) -> None:
    """Colleagues of those whom only their name and their company tell apart."""
    places = {account.row.pk for row in rows if row.is_known_by_place and (account := seat_of(circle, row))}
    places = {pk for pk in places if pk}
    if not places:
        return
    ids = Employment.objects.filter(account__in=places, is_current=True).values_list("person_id", flat=True)
    new = sorted(set(ids) - circle.people.keys())
    if new:
        _read_people(circle, new, lock=False)


def _load_refused(circle: Circle, rows: Sequence[PersonRow]) -> None:
    """Keys that stay refused or silent. Most installations have none, and then nothing is hashed."""
    circle.refused_keys = {}
    if not Suppression.objects.filter(person=None).exists():
        return
    hashes = {suppression_key(key): key for row in rows for key in row.keys}
    found = Suppression.objects.filter(key_hash__in=hashes.keys()).values_list("key_hash", "channel", "source")
    for key_hash, channel, source in found:
        circle.refused_keys.setdefault(hashes[key_hash], {})[channel] = source
