"""What ends soon and what lives again: contracts with others, and leads that were let go of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads import renewing, resurrecting
from leads.forms.coming_back import LivesForm, RenewalsForm
from leads.returning import views_for
from leads.views.access import need_role
from team.addresses import read_number
from team.http import Request
from team.models import Role


@require_GET
@never_cache
def renewals(request: Request) -> HttpResponse:
    """Contracts that end in 30 to 180 days, covered or not, and the missed ones; each figure opens its list."""
    need_role(request, Role.BDR, Role.MANAGER, Role.AE)
    now = timezone.now()
    radar = renewing.radar_of(request.user, at=now)
    within, state = RenewalsForm(request.GET).read()
    contracts = renewing.listed(radar, within=within, state=state, today=timezone.localtime(now).date())
    context = {
        "views": views_for(request.user, "renewals"),
        "now": now,
        "radar": radar,
        "states": renewing.STATES,
        "within": within,
        "state": state,
        **_paged(request, contracts, "contracts", renewing.SHOWN),
    }
    return render(request, "leads/renewals.html", context)


@require_GET
@never_cache
def lives_again(request: Request) -> HttpResponse:
    """Of a month, who was recycled or declared dead and came back or bought, by who had let go of them."""
    need_role(request, Role.BDR, Role.MANAGER, Role.AE, Role.MARKETER, Role.ADMIN)
    now = timezone.now()
    month, by, what = LivesForm(request.GET).read(timezone.localtime(now).date())
    found = resurrecting.resurrections_of(request.user, month)
    shown = resurrecting.narrowed(found, by=by, what=what)
    context = {
        "views": views_for(request.user, "lives_again"),
        "now": now,
        "month": month,
        "before": (month - timedelta(days=1)).replace(day=1),
        "after": resurrecting.next_month(month),
        "is_this_month": month >= timezone.localtime(now).date().replace(day=1),
        "lines": resurrecting.credits_of(found),
        "dead": sum(one.was_dead for one in found),
        "found": found,
        "whats": resurrecting.WHATS,
        "by": by,
        "what": what,
        **_paged(request, shown, "shown", resurrecting.SHOWN),
    }
    return render(request, "leads/lives_again.html", context)


def _paged(request: Request, found: Sequence[Any], name: str, size: int) -> dict[str, Any]:
    """The page that the address asks for; the last one where it asks for one beyond."""
    last = max(-(-len(found) // size), 1)
    number = min(read_number(request.GET.get("page", "")) or 1, last)
    shown = found[(number - 1) * size : number * size]
    return {name: shown, "number": number, "next_number": number + 1 if number < last else 0}
