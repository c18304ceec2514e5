"""Which account a row is about, and what it adds to it."""

from __future__ import annotations

from accounts.actions.matching.circle import NOTHING, Circle, KnownAccount, company_key
from accounts.actions.matching.rows import AccountRow, PersonRow
from accounts.models import Account, Standing

# Facts that are part of its search text.
FOUND_BY = ("name", "phone")
# What a customer of a file was before we knew.
MAY_BECOME_CUSTOMER = (Standing.PROSPECT, Standing.OPEN_OPPORTUNITY)


def seat_of(circle: Circle, row: PersonRow) -> KnownAccount | None:
    """The account this row would find, without making one."""
    if row.account is not None and (found := find_account(circle, row.account)) is not None:
        return found
    return next((found for d in row.email_domains if (found := circle.account_by_domain.get(d))), None)


def account_of(circle: Circle, row: PersonRow) -> tuple[KnownAccount | None, bool]:
    """Her account: by the company's domain, its outside id, the domain of her address, its name.

    A bare domain makes no account; a name does. The flag says that the row itself named the company.
    """
    named = row.account
    if named is not None:
        found = circle.account_by_domain.get(named.domain) if named.domain else None
        for key in named.external_ids:
            found = found or circle.account_by_external.get(key)
        if found is not None:
            fill_account(circle, found, named)
            return found, True
    for domain in row.email_domains:
        if (found := circle.account_by_domain.get(domain)) is not None:
            return found, False
    if named is None or not named.name:
        return None, False
    found = find_account(circle, named)
    if found is None:
        return new_account(circle, named), True
    fill_account(circle, found, named)
    return found, True


def customer_named_by(circle: Circle, row: PersonRow) -> KnownAccount | None:
    """The account that a row makes a customer though its person is not employed there: she is worked elsewhere."""
    named = row.account
    if not row.standing or named is None:
        return None
    if (found := find_account(circle, named)) is not None:
        fill_account(circle, found, named)
        return found
    return seat_of(circle, row) or (new_account(circle, named) if named.name else None)


def stand(known: KnownAccount, standing: str) -> bool:
    """What a row says of how the company stands with us; returns whether that is new."""
    if not standing or known.row.standing == standing or known.row.standing not in MAY_BECOME_CUSTOMER:
        return False
    known.row.standing = standing
    known.is_changed = True
    return True


def find_account(circle: Circle, row: AccountRow) -> KnownAccount | None:
    for key in row.external_ids:
        if (known := circle.account_by_external.get(key)) is not None:
            return known
    if row.domain and (known := circle.account_by_domain.get(row.domain)) is not None:
        sources = {source for source, _value in known.external_ids}
        if not any(source in sources for source, _value in row.external_ids):
            return known
    namesakes = circle.accounts_by_name.get(company_key(row.name), []) if row.name else []
    if len(namesakes) != 1:
        return None
    known = namesakes[0]
    # The same name at another domain, or under another id of the same source, is another company.
    if row.domain and known.domains and row.domain not in known.domains:
        return None
    sources = {source for source, _value in known.external_ids}
    return None if any(source in sources for source, _value in row.external_ids) else known


def new_account(circle: Circle, row: AccountRow) -> KnownAccount:
    known = KnownAccount(Account(name=row.name, created_at=circle.at), is_new=True)
    circle.new_accounts.append(known)
    circle.accounts_by_name[company_key(row.name)].append(known)
    fill_account(circle, known, row)
    return known


def fill_account(circle: Circle, known: KnownAccount, row: AccountRow) -> bool:
    account, changed = known.row, False
    may_overwrite = account.version == 1
    fields = {**row.fields, "name": row.name} if row.external_ids and row.name else row.fields
    for name, value in fields.items():
        current = getattr(account, name)
        if value not in (None, "") and current != value and (may_overwrite or current in (None, "")):
            setattr(account, name, value)
            known.is_found_otherwise |= name in FOUND_BY
            changed = True
    for key, value in row.custom.items():
        if account.custom.get(key, NOTHING) != value:
            account.custom[key] = value
            changed = True
    if row.standing and account.standing != row.standing and account.standing in MAY_BECOME_CUSTOMER:
        account.standing = row.standing
        changed = True
    known.is_changed |= changed
    if row.domain and row.domain not in circle.account_by_domain:
        known.domains.add(row.domain)
        known.new_domains.append(row.domain)
        circle.account_by_domain[row.domain] = known
        changed = True
    for called in row.external_ids:
        if called not in circle.account_by_external:
            known.external_ids.add(called)
            known.new_external_ids.append(called)
            circle.account_by_external[called] = known
            changed = True
    return changed
