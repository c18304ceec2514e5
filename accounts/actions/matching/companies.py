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
    return _seat(circle, row)[0]


def account_of(circle: Circle, row: PersonRow) -> tuple[KnownAccount | None, bool]:
    """Her account; a bare domain makes none, a name does. The flag says that the row itself named the company."""
    found, is_named = _seat(circle, row)
    if row.account is None:
        return found, False
    if found is None and row.account.name:
        return new_account(circle, row.account), True
    if found is not None and is_named:
        fill_account(circle, found, row.account)
    return found, is_named


def customer_named_by(circle: Circle, row: PersonRow) -> KnownAccount | None:
    """The account that a row makes a customer though its person is not employed there: she is worked elsewhere."""
    return account_of(circle, row)[0] if row.standing and row.account is not None else None


def _seat(circle: Circle, row: PersonRow) -> tuple[KnownAccount | None, bool]:
    """The one order in which a row finds her account, and whether by what it says of the company: that one's domain or
    outside id, the domain of her address, the company's name."""
    named = row.account
    if named is not None and (found := _by_its_marks(circle, named)) is not None:
        return found, True
    if (at := next((at for d in row.email_domains if (at := circle.account_by_domain.get(d))), None)) is not None:
        return at, False
    found = _by_its_name(circle, named) if named is not None else None
    return found, found is not None


def stand(known: KnownAccount, standing: str) -> bool:
    """What a row says of how the company stands with us; returns whether that is new."""
    if not standing or known.row.standing == standing or known.row.standing not in MAY_BECOME_CUSTOMER:
        return False
    known.row.standing = standing
    known.is_changed = True
    return True


def find_account(circle: Circle, row: AccountRow) -> KnownAccount | None:
    """By domain, outside id and name, in this order, as for her who works there."""
    return _by_its_marks(circle, row) or _by_its_name(circle, row)


def _by_its_marks(circle: Circle, row: AccountRow) -> KnownAccount | None:
    known = circle.account_by_domain.get(row.domain) if row.domain else None
    # Under another id of the same source, what is at this domain is another company.
    if known is not None and not _is_called_otherwise(known, row):
        return known
    return next((found for key in row.external_ids if (found := circle.account_by_external.get(key))), None)


def _by_its_name(circle: Circle, row: AccountRow) -> KnownAccount | None:
    namesakes = circle.accounts_by_name.get(company_key(row.name), []) if row.name else []
    if len(namesakes) != 1:
        return None
    known = namesakes[0]
    # The same name at another domain, or under another id of the same source, is another company.
    if row.domain and known.domains and row.domain not in known.domains:
        return None
    return None if _is_called_otherwise(known, row) else known


def _is_called_otherwise(known: KnownAccount, row: AccountRow) -> bool:
    sources = {source for source, _value in known.external_ids}
    return any(key not in known.external_ids and key[0] in sources for key in row.external_ids)


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
