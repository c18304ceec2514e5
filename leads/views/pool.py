"""The pool: what any BDR of the team may take, in the order in which it is taken."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from agreement.models import Lane
from leads.actions.blocks import work_in_block
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.claiming import claim_lead, release_lead
from leads.forms.pool import PoolForm
from leads.pool import pool_of
from leads.rail import COUNT_MAX
from leads.today import today_of
from leads.views.access import need_role, visible_lead, workable_lead
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role


@require_GET
@never_cache
def pool(request: Request) -> HttpResponse:
    need_role(request, Role.BDR, Role.MANAGER)
    now = timezone.now()
    form = PoolForm(request.GET)
    form.is_valid()
    lane, after = form.cleaned_data.get("lane", ""), form.cleaned_data.get("after", "")
    teams = request.user.teams_as(Role.BDR, Role.MANAGER)
    context = {
        "now": now,
        "form": form,
        "lanes": Lane.choices,
        "lane": lane,
        "after": after,
        "pool": pool_of(teams, lane=lane, after=after, at=now),
        "today": today_of(request.user, at=now),
        "count_max": COUNT_MAX,
        # A manager looks; who takes is a BDR of that very team.
        "takes_from": request.user.teams_as(Role.BDR),
        "form_id": new_form_id(),
    }
    return render(request, "leads/pool.html", context)


@require_POST
def claim(request: Request, public_id: UUID) -> HttpResponse:
    """Take this lead. Who comes second is told who was first, in the row she clicked."""
    now = timezone.now()
    lead = visible_lead(request, public_id)
    need_role(request, Role.BDR, Role.MANAGER)
    url = reverse("leads:lead", args=[public_id])
    was_due_at = lead.due_at
    try:
        event = claim_lead(lead, by=request.user, at=now)
    except LeadConflict as conflict:
        lead.refresh_from_db()
        if lead.bdr_id == request.user.pk:
            # Sent twice: the first time it became hers.
            return redirect(url)
        return _lost(request, lead.public_id, str(conflict), status=409)
    except MoveRefused as refused:
        return _lost(request, lead.public_id, str(refused), status=422)
    undo = reverse("leads:undo", args=[public_id])
    tell(request, _("You took %(name)s.") % {"name": lead.person}, undo=undo, event=event.pk)
    if not request.htmx:
        return redirect(url)
    # A promise that has run out is kept by nobody's taking it.
    promised_at = was_due_at if was_due_at and was_due_at <= now else lead.due_at
    context = {"lead": lead, "url": url, "now": now, "promised_at": promised_at}
    return render(request, "leads/pool.html#taken", context)


@require_POST
def release(request: Request, public_id: UUID) -> HttpResponse:
    """Give it back to the pool, for whoever takes it next."""
    now = timezone.now()
    lead = workable_lead(request, public_id)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=reverse("leads:queue"))
            event = release_lead(lead, by=request.user, at=now)
            work_in_block(lead, by=request.user, at=now)
    except SentBefore as before:
        return redirect(before.answer_url)
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect("leads:lead", public_id)
    undo = reverse("leads:undo", args=[public_id])
    tell(request, _("%(name)s is back in the pool.") % {"name": lead.person}, undo=undo, event=event.pk)
    return redirect("leads:queue")


def _lost(request: Request, public_id: UUID, words: str, *, status: int) -> HttpResponse:
    """The row says it for htmx; a plain form's answer is the pool with a message."""
    if not request.htmx:
        tell(request, words, level=messages.WARNING)
        return redirect("leads:pool")
    lead = visible_lead(request, public_id)
    context = {"lead": lead, "url": reverse("leads:lead", args=[public_id]), "conflict": words}
    return render(request, "leads/pool.html#taken", context, status=status)
