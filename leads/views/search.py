"""Search over everybody we know."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.search import QUERY_MAX
from leads.finding import find, find_at
from leads.views.access import need_role
from team.actions.submitting import new_form_id
from team.http import Request
from team.models import Role


@require_GET
def search(request: Request) -> HttpResponse:
    """By words, or with `company` who works there. Who holds no role knows nobody."""
    need_role(request, *Role)
    q = request.GET.get("q", "").strip()
    company = _company(request.GET.get("company", ""))
    found = find_at(company, q, by=request.user) if company else find(q, by=request.user) if q else None
    shown = q[:QUERY_MAX].replace("\0", " ")
    context = {
        "company": company,
        "now": timezone.now(),
        "q": shown,
        # What stands in the search box at the head of the page: that of no other list.
        "searched": shown,
        "is_cut": len(q) > QUERY_MAX,
        "query_max": QUERY_MAX,
        "found": found,
        "may_add": bool(request.user.teams_as(Role.BDR, Role.MANAGER)),
        "form_id": new_form_id(),
    }
    return render(request, "leads/search.html", context)


def _company(public_id: str) -> Account | None:
    """The company that was chosen; 404 where there is none like it."""
    if not public_id:
        return None
    try:
        return Account.objects.get(public_id=UUID(public_id))
    except (ValueError, Account.DoesNotExist):
        raise Http404 from None
