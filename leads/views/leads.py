"""The list of leads, for everyone who may see any, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leads.blocks import BLOCK_MAX, worked_by
from leads.forms.leads import LeadFilters
from leads.lead_choices import choices_for
from leads.lead_export import export_lines
from leads.lead_list import COUNT_MAX, SORTS, in_order, list_leads, list_open, seen_by, sees_only_handed, sort_of
from leads.models import Lead
from leads.views.access import need_role
from leads.views.blocks import begin_block
from team.actions.auditing import note_audit
from team.actions.submitting import new_form_id
from team.csv import csv_file
from team.http import Request
from team.models import AuditEntry, Role


@require_GET
@never_cache
def leads(request: Request) -> HttpResponse:
    now = timezone.now()
    filters = _filters(request, at=now)
    sort = sort_of(filters.order, has_closed=filters.has_closed)
    place: dict[str, Any] = {"after": request.GET.get("after", ""), "before": request.GET.get("before", ""), "at": now}
    # Without a filter it is asked for all day.
    is_plain = not filters.chosen and not sees_only_handed(request.user)
    listed = list_open(request.user, sort, **place) if is_plain else list_leads(filters.leads, sort, **place)
    context = {
        "now": now,
        "filters": filters,
        "sort": sort,
        "sorts": SORTS.values(),
        "listed": listed,
        "is_later": bool(place["after"] or place["before"]),
        "count_max": COUNT_MAX,
        "form_id": new_form_id() if request.user.has_role(Role.BDR) else "",
    }
    return render(request, "leads/leads.html", context)


@require_POST
def leads_export(request: Request) -> StreamingHttpResponse:
    """Every lead that the filters of the address leave, as the one who asks may see it; that she asked is noted."""
    now = timezone.now()
    filters = _filters(request, at=now)
    sort = sort_of(filters.order, has_closed=filters.has_closed)
    chosen = " ".join(sorted(filters.chosen))
    note_audit(AuditEntry.Verb.EXPORT, by=request.user, at=now, about="leads", detail=chosen)
    site = f"{request.scheme}://{request.get_host()}"
    name = f"leads-{timezone.localdate(now):%Y-%m-%d}.csv"
    return csv_file(name, _on_her_clock(export_lines(filters.leads, sort, site=site)))


def _on_her_clock(lines: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The lines are written after the request is over, when nobody's clock is in force any more."""
    zone = timezone.get_current_timezone()
    return _in_zone(lines, zone)


def _in_zone(lines: Iterator[list[Any]], zone: tzinfo) -> Iterator[list[Any]]:
    while True:
        with timezone.override(zone):
            line = next(lines, None)
        if line is None:
            return
        yield line


@require_POST
def leads_block(request: Request) -> HttpResponse:
    """What the filters of the address leave and she works herself, in the order of the page, as her block."""
    need_role(request, Role.BDR)
    now = timezone.now()
    filters = _filters(request, at=now)
    sort = sort_of(filters.order, has_closed=filters.has_closed)
    hers = in_order(filters.leads.filter(worked_by(request.user, at=now)), sort)
    ids = list(hers.values_list("pk", flat=True)[: BLOCK_MAX + 1])
    here = f"{reverse('leads:leads')}?{request.GET.urlencode()}"
    return begin_block(request, ids, title=_("From the list of leads"), query=here)


def _filters(request: Request, *, at: datetime) -> LeadFilters:
    need_role(request, *Role)
    # What is closed is looked through only where a phase is asked for.
    visible = seen_by(request.user, has_closed=bool(request.GET.get("phase")))
    seen = Lead.objects.visible_to(request.user)
    return LeadFilters(request.GET, queryset=visible, choices=choices_for(request.user), at=at, seen=seen)
