"""Where would this lead go? A dry run of routing; the address is the case, so that it can be sent to a colleague."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from leads.forms.routing import TryRoutingForm
from leads.settings.registry import KINDS
from leads.settings.territories import known_segments, known_sources
from leads.trying import try_routing
from leads.views.access import need_role
from team.http import Request
from team.models import Role


@require_GET
def routing(request: Request) -> HttpResponse:
    need_role(request, Role.ADMIN)
    now = timezone.now()
    form = TryRoutingForm(request.GET or None)
    tried = try_routing(form.case, at=now) if form.is_valid() else None
    context = {
        "form": form, "tried": tried, "kinds": KINDS, "tab": "routing", "now": now, "segments": known_segments(),
        "sources": known_sources(),
    }  # fmt: skip
    return render(request, "leads/settings/routing.html", context, status=422 if form.errors else 200)
