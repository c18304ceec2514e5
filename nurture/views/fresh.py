"""What is new in the library for the leads she holds."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from content.actions.using import look_at_library
from leads.views.access import need_role
from nurture.fresh import digest_of
from team.addresses import read_moment, read_number
from team.company_time import company_day
from team.http import Request, tell
from team.models import Role

SELLERS = (Role.BDR, Role.AE)


@require_GET
@never_cache
def fresh(request: Request) -> HttpResponse:
    need_role(request, *SELLERS)
    now = timezone.now()
    digest = digest_of(request.user, at=now, on=company_day(timezone.now()))
    return render(request, "nurture/fresh.html", {"now": now, "digest": digest})


@require_POST
def fresh_seen(request: Request) -> HttpResponse:
    """What the page showed is known; what came meanwhile is not."""
    need_role(request, *SELLERS)
    now = timezone.now()
    shown, asset = read_moment(request.POST.get("up_to", "")), read_number(request.POST.get("asset", "")) or None
    if shown is not None:
        look_at_library(by=request.user, at=min(shown, now), asset=asset if shown <= now else None)
        if not request.POST.get("asset"):
            tell(request, _("Next time only what is newer is shown."))
    return redirect("nurture:fresh")
