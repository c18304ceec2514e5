"""A company somebody typed: the one we know, or a new one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from accounts.actions.people import BY_HAND
from accounts.domains import company_domain
from accounts.models import Account, AccountDomain
from accounts.normalise import folded, text
from accounts.search import index_accounts, matching

if TYPE_CHECKING:
    from team.models import User

NAME_MAX = 200


@transaction.atomic
def meet_company(name: str, *, host: str = "", by: User, at: datetime) -> Account | None:
    """The company of this name; else the one whose domain `host` (of an e-mail address) is; else a new one.

    Without a name only the domain can tell, and nothing is made. BadValue when the name is too long.
    """
    name = text(name, limit=NAME_MAX, most=NAME_MAX)
    domain = company_domain(host) if host else ""
    if name and (known := called(name)) is not None:
        return known
    if domain and (owner := AccountDomain.objects.filter(domain=domain).select_related("account").first()):
        return owner.account
    if not name:
        return None
    # What a human typed stands above what a file says: imports overwrite version 1 only.
    account = Account.objects.create(name=name, created_at=at, version=BY_HAND)
    if domain:
        try:
            with transaction.atomic():
                AccountDomain.objects.create(account=account, domain=domain)
        except IntegrityError:
            # Somebody else's company took the domain at this instant; ours is found by its name.
            pass
    index_accounts([account.pk])
    return account


def called(name: str) -> Account | None:
    """The oldest account of this name, whatever its case and accents."""
    wanted = folded(name)
    found = matching(name).filter(account__isnull=False).select_related("account").order_by("account_id")
    return next((row.account for row in found[:50] if row.account and folded(row.account.name) == wanted), None)
