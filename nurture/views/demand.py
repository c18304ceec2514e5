"""What is wanted and what there is, by persona and stage; every number opens its list."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.views.access import need_role
from nurture.demand import SENDS_PAGE, matrix_of, sends_of
from nurture.forms.demand import MatrixForm, SendsForm
from nurture.models import Message
from team.company_time import company_day
from team.http import Request
from team.models import Role


@require_GET
@never_cache
def demand(request: Request) -> HttpResponse:
    need_role(request, *Role)
    form = MatrixForm(request.GET)
    matrix = matrix_of(objection=form.asked, none=_("Not said"), at=timezone.now(), on=company_day(timezone.now()))
    return render(request, "nurture/demand.html", {"form": form, "objection": form.asked, "matrix": matrix})


@require_GET
@never_cache
def sends(request: Request) -> HttpResponse:
    """E-mails by hand that brought nothing of the library."""
    need_role(request, *Role)
    now = timezone.now()
    filters = SendsForm(request.GET)
    number = filters.read.get("page", 1)
    cell = filters.read.get("persona", ""), filters.read.get("stage", "")
    every, rows = (sends_of(*cell, at=now, of=of) for of in (None, Message.objects.visible_to(request.user)))
    found = list(rows[(number - 1) * SENDS_PAGE : number * SENDS_PAGE + 1])
    context = {
        "now": now,
        "filters": filters,
        "found": found[:SENDS_PAGE],
        "hidden": every.count() - rows.count(),
        "number": number,
        "next_number": number + 1 if len(found) > SENDS_PAGE else 0,
    }
    return render(request, "nurture/sends.html", context)
