"""What an open page asks for every half minute, so that nobody has to load it anew to hear of a person who waits."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.interrupting import interruptions_of
from leads.rail import rail_of
from leads.views.access import need_role
from team.http import Request
from team.models import Role


@require_GET
@never_cache
def now(request: Request) -> HttpResponse:
    """What cannot wait, and the rail's counts and oldest as they are now."""
    need_role(request, *Role)
    at, here = timezone.now(), request.htmx.current_url_abs_path or "/"
    told = [one for one in interruptions_of(request.user, at=at) if str(one.public_id) not in here]
    context = {"now": at, "told": told, "rail": rail_of(request.user, path=here.partition("?")[0], at=at)}
    return render(request, "leads/now.html", context)
