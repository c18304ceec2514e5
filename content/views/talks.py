"""Talks with reps: the list, and noting one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from content.actions.talking import TalkRefused, note_talk
from content.forms.talks import TalkForm
from content.models import Feedback, Talk
from content.views.access import READERS, need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.company_time import company_day
from team.http import Request, tell
from team.models import Role

PAGE = 50


@require_GET
@never_cache
def talks(request: Request) -> HttpResponse:
    need_role(request, *Role)
    rows = Talk.objects.visible_to(request.user).in_list_order()
    place = _place(request.GET.get("after", ""))
    if place is not None:
        rows = rows.after(*place)
    lines = Prefetch("feedback", Feedback.objects.order_by("pk"))
    found = list(rows.select_related("rep", "by").prefetch_related(lines)[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "found": found[:PAGE],
        "following": f"{last.held_on.isoformat()}_{last.pk}" if last else "",
        "is_first": place is None,
        "may_note": any(request.user.has_role(role) for role in READERS),
    }
    return render(request, "content/talks.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def talk_new(request: Request) -> HttpResponse:
    need_role(request, *READERS)
    form = TalkForm(
        request.POST if request.method == "POST" else None, by=request.user, today=company_day(timezone.now())
    )
    if form.is_valid():
        try:
            return _noted(request, form)
        except TalkRefused as refused:
            form.add_error("held_on", str(refused))
    context = {"form": form, "form_id": new_form_id()}
    return render(request, "content/talk_new.html", context, status=422 if form.is_bound else 200)


def _noted(request: Request, form: TalkForm) -> HttpResponse:
    """Noted once, however often it is sent."""
    now, back = timezone.now(), reverse("content:talks")
    said: dict[str, Any] = {name: form.cleaned_data[name] for name in ("held_on", "text")}
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=back)
            note_talk(form.cleaned_data["rep"], **said, lines=form.lines, by=request.user, at=now)
    except SentBefore as before:
        return redirect(before.answer_url or back)
    tell(request, _("Noted."), drafts=["talk-new"])
    return redirect(back)


def _place(text: str) -> tuple[date, int] | None:
    """The day and key behind which a page begins, as the one before wrote them."""
    day, _separator, key = text.partition("_")
    try:
        held_on = parse_date(day)
    except ValueError:
        return None
    pk = read_number(key)
    return None if held_on is None or pk is None else (held_on, pk)
