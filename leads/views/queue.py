"""My queue, and taking the next lead of the pool into it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from agreement.models import Lane
from leads.actions.acts import one_act
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import take_next as take_next_lead
from leads.actions.taking import TAKE_MAX
from leads.around import around_of
from leads.forms.queue import TIERS, QueueForm
from leads.queue import IDLE_DAYS, Queue, Wanted, queue_of
from leads.queue_sections import sections_of, tabs_of
from leads.rail import COUNT_MAX, home_of, rail_of
from team.actions.submitting import SentBefore, answered, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role


@require_GET
@never_cache
def queue(request: Request) -> HttpResponse:
    """Her rows and her day. Who works no queue is led to the page she works in, unless she asks for her own steps."""
    if not request.user.has_role(Role.BDR) and "mine" not in request.GET:
        return redirect(home_of(request.user))
    now = timezone.now()
    form = QueueForm(request.GET)
    form.is_valid()
    wanted = form.wanted()
    around = around_of(request.user, at=now)
    found = queue_of(request.user, wanted=wanted, at=now, weekend=around.today.weekend)
    rail = rail_of(request.user, path=request.path, at=now)
    context = {
        "now": now,
        "form": form,
        "wanted": wanted,
        "queue": found,
        "around": around,
        "today": around.today,
        "her_block": around.block,
        "kept": next((view for view in around.views if view.query in (wanted.query, form.asked)), None),
        "shipped": _shipped(wanted, found),
        "tabs": tabs_of(request.GET, wanted, found),
        "sections": sections_of(wanted, found),
        "lanes": Lane.choices,
        "idle_days": _idle_choices(wanted),
        "tiers": [(tier, tier) for tier in (*TIERS, *found.tiers)],
        "rail": rail,
        "count_max": COUNT_MAX,
        "may_take": request.user.has_role(Role.BDR),
        "room": min(TAKE_MAX, request.user.open_limit - around.today.open),
        "form_id": new_form_id(),
    }
    return render(request, "leads/queue.html", context)


def _shipped(wanted: Wanted, found: Queue) -> list[tuple[str, str, int, bool]]:
    """The views that everybody has: name, address, how many, whether it is this one."""
    views = [
        (_("Callable now"), Wanted(callable_now=True), found.callable_now),
        (_("No activity %(days)s days") % {"days": IDLE_DAYS}, Wanted(idle=IDLE_DAYS), found.idle),
    ]
    return [(name, view.query, count, view.query == wanted.query) for name, view, count in views]


def _idle_choices(wanted: Wanted) -> list[tuple[int, str]]:
    days = sorted({7, IDLE_DAYS, 30, wanted.idle} - {0})
    return [(one, ngettext("None for %(days)s day", "None for %(days)s days", one) % {"days": one}) for one in days]


@require_POST
def take_next(request: Request) -> HttpResponse:
    """The first lead of her teams' pools, and straight on to its page."""
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    try:
        with transaction.atomic(), one_act() as done:
            submit_once(form_id, by=request.user, at=now, answer_url=reverse("leads:queue"))
            lead = take_next_lead(by=request.user, at=now)
            if lead is None:
                tell(request, _("The pool is empty: everything that came in is being worked."), level=messages.INFO)
                return redirect("leads:queue")
            url = reverse("leads:lead", args=[lead.public_id])
            answered(form_id, answer_url=url)
    except SentBefore as before:
        return redirect(before.answer_url or "leads:queue")
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect("leads:queue")
    undo = reverse("leads:undo", args=[lead.public_id])
    tell(request, _("You took %(name)s.") % {"name": lead.person}, undo=undo, event=done.last_on(lead))
    return redirect(url)
