"""Who was kept long enough, for admins: a list first, and nobody is forgotten before somebody says so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from agreement.models import Reason
from leads.actions.changing import MoveRefused
from leads.settings.registry import KINDS
from leads.views.access import need_role
from nurture.actions.erasing import forget_person
from nurture.forms.retention import ForgetForm
from nurture.retention import kept_long_enough
from team.addresses import read_number
from team.http import Request
from team.models import AuditEntry, Role

# Each is looked for in every word there is: so many at a time.
SHOWN = 20


@require_http_methods(["GET", "POST"])
@never_cache
def kept_long(request: Request) -> HttpResponse:
    need_role(request, Role.ADMIN)
    now = timezone.now()
    due = kept_long_enough(at=now)
    asked = {pk for pk in map(read_number, request.POST.getlist("people")) if pk is not None}
    if request.method == "POST":
        # Whoever was heard of since the page was shown is not offered any more.
        offered = due.filter(pk__in=[*asked][:SHOWN])
        form = ForgetForm(request.POST, offered=list(offered.values_list("pk", flat=True)))
        if form.is_valid():
            return _forget(request, form.cleaned_data["people"])
    else:
        form = ForgetForm(offered=[])
    shown: list[Any] = list(due[:SHOWN])
    reasons = Reason.objects.in_bulk([one.because for one in shown])
    context = {
        "now": now,
        "kinds": KINDS,
        "tab": "kept",
        "form": form,
        "people": [(one, reasons[one.because]) for one in shown],
        "chosen": asked,
        "count": due.count(),
        "has_rules": Reason.objects.exclude(keep_months=None).exists(),
    }
    return render(request, "nurture/kept_long.html", context, status=422 if form.is_bound else 200)


def _forget(request: Request, people: list[int]) -> HttpResponse:
    """One after the other, each in a transaction of its own: whoever is heard of meanwhile stays."""
    forgotten, now = 0, timezone.now()
    for pk in people:
        person = kept_long_enough(at=now).filter(pk=pk).first()
        if person is None:
            continue
        try:
            forget_person(person, because=AuditEntry.ErasedFor.RETENTION, by=request.user, at=now)
        except MoveRefused:
            continue
        forgotten += 1
    words = ngettext("%(n)d person is forgotten.", "%(n)d people are forgotten.", forgotten)
    messages.success(request, words % {"n": forgotten})
    return redirect("nurture:kept_long")
