"""What is offered below a field in which an asset or a request is named, while it is typed."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from content import named
from content.forms.naming import Named, spelt
from content.models.asset import KEEPERS
from content.views.access import need_role
from team.company_time import company_day
from team.http import Request


@require_GET
@never_cache
def assets_named(request: Request) -> HttpResponse:
    need_role(request, *KEEPERS)
    written = request.GET.get("successor", "") or request.GET.get("asset", "")
    return _options(request, named.assets_named(written, on=company_day(timezone.now())))


@require_GET
@never_cache
def requests_named(request: Request) -> HttpResponse:
    need_role(request, *KEEPERS)
    return _options(request, named.requests_named(request.GET.get("other", "")))


def _options(request: Request, rows: Sequence[Named]) -> HttpResponse:
    return render(request, "content/_options.html", {"values": [spelt(row, among=rows) for row in rows]})
