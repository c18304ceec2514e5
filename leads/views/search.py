"""Search over everybody we know."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.search import QUERY_MAX
from leads.finding import find
from team.actions.submitting import new_form_id
from team.http import Request
from team.models import Role


@require_GET
def search(request: Request) -> HttpResponse:
    q = request.GET.get("q", "").strip()
    context = {
        "now": timezone.now(),
        "q": q[:QUERY_MAX].replace("\0", " "),
        "is_cut": len(q) > QUERY_MAX,
        "query_max": QUERY_MAX,
        "found": find(q, by=request.user) if q else None,
        "may_add": bool(request.user.teams_as(Role.BDR, Role.MANAGER)),
        "form_id": new_form_id(),
    }
    return render(request, "leads/search.html", context)
