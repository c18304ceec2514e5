"""One rep as her manager sees her: her queue as it stands before her, her sheet for a talk, the month as a file."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.forms.queue import QueueForm
from leads.her_clock import weekend_of
from leads.oversight.month import month_rows
from leads.oversight.sheet import sheet_of, teams_of
from leads.queue import queue_of
from leads.queue_sections import sections_of, tabs_of
from leads.today import today_of
from leads.views.access import managed_rep, managed_team
from team.actions.auditing import note_audit
from team.csv import csv_file
from team.http import Request
from team.models import AuditEntry, Team


@require_GET
@never_cache
def rep_queue(request: Request, pk: int) -> HttpResponse:
    """To read: her rows in her order. What she holds for another team is not there."""
    rep, now = managed_rep(request, pk), timezone.now()
    form = QueueForm(request.GET)
    form.is_valid()
    wanted = form.wanted()
    found = queue_of(rep, wanted=wanted, at=now, teams=teams_of(request.user, rep), weekend=weekend_of(rep.pk, at=now))
    context = {
        "now": now,
        "rep": rep,
        "wanted": wanted,
        "queue": found,
        "today": today_of(rep, at=now),
        "tabs": tabs_of(request.GET, wanted, found),
        "sections": sections_of(wanted, found),
    }
    return render(request, "leads/rep_queue.html", context)


@require_GET
@never_cache
def rep_sheet(request: Request, pk: int) -> HttpResponse:
    rep, now = managed_rep(request, pk), timezone.now()
    team = Team.objects.get(pk=teams_of(request.user, rep)[0])
    context = {"now": now, "team": team, "sheet": sheet_of(rep, team, at=now)}
    return render(request, "leads/rep_sheet.html", context)


@require_GET
def team_month(request: Request) -> HttpResponse | StreamingHttpResponse:
    """Booked, held, accepted, qualified and rejected by who sourced the lead; of this month unless another is named."""
    team = managed_team(request, request.GET)
    month = _month(request.GET.get("month", ""))
    rows = list(month_rows(team, month))
    what = {"about": "month", "about_id": str(team.pk), "detail": f"{month:%Y-%m}"}
    note_audit(AuditEntry.Verb.EXPORT, by=request.user, at=timezone.now(), **what)
    return csv_file(f"midfield-{month:%Y-%m}.csv", rows)


def _month(text: str) -> date:
    if not text:
        return timezone.localdate().replace(day=1)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None
    if not 2000 <= found.year <= 2200:
        raise Http404
    return found
