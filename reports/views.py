"""Reports: one question a page. They write nothing but that somebody took a list away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leads.views.access import need_role
from reports.asleep import asleep_of, sleepers, sleeps_of
from reports.cohort import COUNTS_AS, Slept
from reports.forms import AsleepFilters, GivenUpFilters, PeopleFilters, YieldFilters
from reports.given_up import SHORT, WHATS, came_in, dead_of, given_up, listed, narrowed
from reports.outcome import days_of, outcome_of, reps_of_report, slept, teams_of_report, tracks_of_report
from reports.people import export_lines, people_of, those
from reports.picture import drawn
from reports.shelf import shelf_of
from team.actions.auditing import note_audit
from team.addresses import read_number
from team.csv import csv_file
from team.http import Request
from team.models import AuditEntry, Role


@require_GET
def reports(request: Request) -> HttpResponse:
    """The first of them."""
    need_role(request, *Role)
    return redirect("reports:yield")


@require_GET
@never_cache
def sleep_yield(request: Request) -> HttpResponse:
    """What came of those we put to sleep."""
    now = timezone.now()
    filters = _filters(request)
    asked = filters.values
    outcome = outcome_of(request.user, asked, at=now)
    context = {
        "now": now,
        "filters": filters,
        "asked": asked,
        "counts": COUNTS_AS[asked["counts"]][0],
        "outcome": outcome,
        "picture": drawn(outcome.arms, within=asked["within"]),
        "may_read_offers": _reads_offers(request),
    }
    return render(request, "reports/yield.html", context)


@require_GET
@never_cache
def yield_people(request: Request) -> HttpResponse:
    """Who they are."""
    now = timezone.now()
    filters, listed = _filters(request), PeopleFilters(request.GET)
    asked, chosen = filters.values, listed.values
    found = _chosen(request, asked, chosen, at=now)
    people = people_of(found, after=chosen["after"], counts=asked["counts"])
    context = {"now": now, "filters": filters, "listed": listed, "asked": asked, "chosen": chosen, "people": people}
    return render(request, "reports/yield_people.html", context)


@require_POST
def yield_export(request: Request) -> StreamingHttpResponse:
    """Each of them with what came of it, as a file; that she asked is noted."""
    now = timezone.now()
    filters = _filters(request)
    asked = filters.values
    chosen = PeopleFilters(request.GET).values
    people = _chosen(request, asked, chosen, at=now)
    note_audit(AuditEntry.Verb.EXPORT, by=request.user, at=now, about="yield", detail=request.GET.urlencode())
    site = f"{request.scheme}://{request.get_host()}"
    lines = export_lines(people, counts=asked["counts"], site=site)
    return csv_file(f"yield-{timezone.localdate(now):%Y-%m-%d}.csv", _on_her_clock(lines))


def _chosen(request: Request, asked: dict[str, Any], chosen: dict[str, str], *, at: datetime) -> list[Slept]:
    found = slept(request.user, asked, at=at)
    return those(found, came=chosen["came"], arm=chosen["arm"], day=days_of(asked["within"]))


@require_GET
@never_cache
def asleep(request: Request) -> HttpResponse:
    """Why they sleep, and about what."""
    need_role(request, *Role)
    now = timezone.now()
    context = {"now": now, "asleep": asleep_of(request.user, at=now), "may_read_offers": _reads_offers(request)}
    return render(request, "reports/asleep.html", context)


@require_GET
@never_cache
def asleep_people(request: Request) -> HttpResponse:
    """The people that one figure of that table counts."""
    need_role(request, *Role)
    now, filters = timezone.now(), AsleepFilters(request.GET)
    asked = filters.values
    sleeps = sleeps_of(request.user, category=asked["category"], topic=asked["topic"], at=now)
    after = read_number(request.GET.get("after", ""))
    people, following = sleepers(sleeps, after=after)
    context = {
        "now": now, "filters": filters, "total": sleeps.count(), "people": people, "following": following,
        "after": after,
    }  # fmt: skip
    return render(request, "reports/asleep_people.html", context)


@require_GET
@never_cache
def dead(request: Request) -> HttpResponse:
    """How many were declared dead, how soon, and who lived all the same."""
    need_role(request, *Role)
    now, filters = timezone.now(), GivenUpFilters(request.GET)
    months = filters.values["months"]
    context = {
        "now": now, "filters": filters, "months": months, "found": given_up(request.user, months=months, at=now),
        "whats": WHATS, "shorts": SHORT, "may_read_offers": _reads_offers(request),
    }  # fmt: skip
    return render(request, "reports/dead.html", context)


@require_GET
@never_cache
def dead_people(request: Request) -> HttpResponse:
    """Those whom one of its figures counts."""
    need_role(request, *Role)
    now, asked = timezone.now(), GivenUpFilters(request.GET).values
    found = dead_of(came_in(request.user, months=asked["months"], at=now))
    found = narrowed(found, what=asked["what"], rep=asked["rep"], source=asked["source"])
    after = read_number(request.GET.get("after", ""))
    people, following = listed(found, after=after)
    context = {
        "now": now, "asked": asked, "title": WHATS[asked["what"]], "total": found.count(), "people": people,
        "following": following, "after": after,
    }  # fmt: skip
    return render(request, "reports/dead_people.html", context)


def _reads_offers(request: Request) -> bool:
    return any(request.user.has_role(role) for role in (Role.MANAGER, Role.MARKETER, Role.ADMIN))


@require_GET
@never_cache
def shelf(request: Request) -> HttpResponse:
    """How much of the library is used, and how much is written without it."""
    need_role(request, *Role)
    shelf = shelf_of(at=timezone.now(), on=timezone.localdate())
    context = {"shelf": shelf, "may_read_offers": _reads_offers(request)}
    return render(request, "reports/shelf.html", context)


def _filters(request: Request) -> YieldFilters:
    need_role(request, *Role)
    return YieldFilters(
        request.GET,
        teams=list(teams_of_report(request.user).values_list("pk", "name")),
        reps=reps_of_report(request.user),
        tracks=list(tracks_of_report()),
    )


def _on_her_clock(lines: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The lines are written after the request is over, when nobody's clock is in force any more."""
    return _in_zone(lines, timezone.get_current_timezone())


def _in_zone(lines: Iterator[list[Any]], zone: tzinfo) -> Iterator[list[Any]]:
    while True:
        with timezone.override(zone):
            line = next(lines, None)
        if line is None:
            return
        yield line
