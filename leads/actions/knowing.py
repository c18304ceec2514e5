"""Whether anybody knows how: nobody is called without a number, and nobody is written to without an address."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from leads.actions.changing import MoveRefused
from leads.actions.silencing import ways_of, why_shut
from leads.cadence import CALL, EMAIL, Reach, reach_of

if TYPE_CHECKING:
    from agreement.models import Disposition
    from leads.models import Lead


def must_know(lead: Lead, ways: Collection[str], reach: Reach, *, field: str = "") -> None:
    """MoveRefused for a call to no number and an e-mail to no address: either would count as a touch of nobody. On a
    network somebody is found by the name, and a company by its own number."""
    if words := _why_unknown(lead, ways, reach, is_planned=bool(field)):
        raise MoveRefused(words, field=field)


def must_be_called(lead: Lead, disposition: Disposition) -> None:
    """MoveRefused where `log_and_go_on` would refuse this call for want of a number: before its form is filled in."""
    must_know(lead, (CALL, EMAIL) if disposition.with_email else (CALL,), reach_of(lead))


def why_no_way(lead: Lead, kind: str, reach: Reach) -> str:
    """Why `set_step` would plan no step of this kind: nobody knows how, or they asked for none."""
    return why_shut(lead, kind, reach.shut) or _why_unknown(lead, ways_of(kind), reach, is_planned=True)


def _why_unknown(lead: Lead, ways: Collection[str], reach: Reach, *, is_planned: bool) -> str:
    if CALL in ways and CALL not in reach.known and not (lead.account and lead.account.phone):
        if is_planned:
            return _("No phone number is known. Put it down under Correct first.")
        return _("No phone number is known. Put the one you called down under Correct, then log it.")
    if EMAIL in ways and EMAIL not in reach.known:
        if is_planned:
            return _("No e-mail address is known. Put it down under Correct first.")
        return _("No e-mail address is known. Put the one you wrote to down under Correct, then log it.")
    return ""
