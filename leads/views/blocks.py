"""A block of leads, worked one after the other: begin it, go on with it, look at it, leave it."""

from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.actions.blocks import leave_block, start_block
from leads.actions.changing import MoveRefused
from leads.blocks import BLOCK_MAX, is_hers, next_of_block, rows_of_block, why_passed
from leads.forms.queue import QueueForm, title_of
from leads.models import Block, BlockLead
from leads.queue import ids_in_order
from leads.views.access import need_role
from team.actions.submitting import SentBefore, answered, new_form_id, submit_once
from team.http import Request, tell
from team.models import Role


@require_http_methods(["GET", "POST"])
@never_cache
def block(request: Request) -> HttpResponse:
    """The block she works with everybody in it; sent from a list, that list becomes her block."""
    need_role(request, Role.BDR, Role.AE, Role.MANAGER)
    if request.method == "POST":
        return _start(request)
    now = timezone.now()
    found = Block.objects.open_of(request.user).first()
    rows = list(rows_of_block(found.pk, user=request.user, at=now)) if found else []
    for row in rows:
        is_past = row.state == BlockLead.State.SKIPPED or (row.state == BlockLead.State.WAITING and not is_hers(row))
        row.why = why_passed(row, request.user) if is_past else ""  # type: ignore[attr-defined]
    over = sum(row.state != BlockLead.State.WAITING for row in rows)
    context = {"now": now, "her_block": found, "rows": rows, "over": over, "form_id": new_form_id()}
    context["list_url"] = list_of(found.query) if found else ""
    return render(request, "leads/block.html", context)


@require_GET
@never_cache
def block_next(request: Request) -> HttpResponse:
    """To the lead at which she goes on, from wherever she is."""
    found = Block.objects.open_of(request.user).first()
    if found is None:
        return redirect("leads:queue")
    course = next_of_block(found.pk, user=request.user, at=timezone.now())
    return redirect("leads:lead", course.to) if course.to else redirect("leads:block")


@require_POST
def block_leave(request: Request) -> HttpResponse:
    if leave_block(by=request.user, at=timezone.now()):
        tell(request, _("The block is left. What you did in it stays done."), level=messages.INFO)
    return redirect("leads:queue")


def list_of(query: str) -> str:
    """The list that a block came from: an address of ours, or what filters her queue."""
    return query if query.startswith("/") else f"{reverse('leads:queue')}{'?' if query else ''}{query}"


def _start(request: Request) -> HttpResponse:
    """Of her queue as the address there filters it."""
    given = QueryDict(request.POST.get("query", "")[:600])
    form = QueueForm(given)
    form.is_valid()
    wanted = form.wanted()
    ids = ids_in_order(request.user, wanted=wanted, at=timezone.now())
    return begin_block(request, ids, title=title_of(wanted), query=given.urlencode())


def begin_block(request: Request, ids: Sequence[int], *, title: str, query: str) -> HttpResponse:
    """Freeze these and go to the first, as many as a block takes; nobody, and it says so where she came from."""
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    try:
        with transaction.atomic():
            submit_once(form_id, by=request.user, at=now, answer_url=reverse("leads:block_next"))
            made = start_block(ids[:BLOCK_MAX], title=title, query=query, by=request.user, at=now)
            first = next_of_block(made.pk, user=request.user, at=now)
            there = reverse("leads:lead", args=[first.to]) if first.to else reverse("leads:block")
            answered(form_id, answer_url=there)
    except SentBefore as before:
        return redirect(before.answer_url or "leads:block_next")
    except MoveRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect(list_of(query))
    count = min(len(ids), BLOCK_MAX)
    words = ngettext("Block started: %(count)s lead.", "Block started: %(count)s leads.", count) % {"count": count}
    if len(ids) > BLOCK_MAX:
        words += " " + _("A block takes no more; the others stay where they are.")
    tell(request, words)
    return redirect(there)
