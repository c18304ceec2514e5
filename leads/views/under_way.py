"""Who finishes an earlier number of a cadence, and moving them to the one that is current."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.recadencing import MOVED_MAX, go_on_by_current, under_way_by_earlier
from leads.settings.cadences import current_of
from leads.settings.registry import KINDS
from leads.views.access import need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role


@require_http_methods(["GET", "POST"])
def under_way(request: Request, pk: int) -> HttpResponse:
    """How many of whom, said first; sent from there, up to MOVED_MAX of them go on by the current number."""
    need_role(request, Role.ADMIN)
    cadence, now = current_of(pk), timezone.now()
    if cadence is None:
        raise Http404
    there = reverse("leads:setting_list", args=["cadences"])
    if request.method == "POST":
        try:
            with transaction.atomic():
                submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=there)
                moved = go_on_by_current(cadence, by=request.user, at=now)
        except SentBefore as before:
            return redirect(before.answer_url or there)
        except (LeadConflict, MoveRefused) as refused:
            tell(request, str(refused), level=messages.WARNING)
            return redirect(there)
        count = len(moved.leads)
        said = ngettext(
            "%(count)s lead goes on by the current number.", "%(count)s leads go on by the current number.", count
        )
        undo = reverse("leads:shared_undo", args=[moved.act.public_id]) if moved.act else ""
        tell(request, said % {"count": count}, undo=undo)
        return redirect(there)
    context = {
        "kinds": KINDS, "tab": "cadences", "now": now, "cadence": cadence, "form_id": new_form_id(), "there": there,
        "reps": under_way_by_earlier(cadence), "moved_max": MOVED_MAX,
    }  # fmt: skip
    return render(request, "leads/settings/under_way.html", context)
