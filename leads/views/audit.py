"""The audit log, for admins: newest first, by who and by what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from leads.forms.audit import AuditFilters
from leads.settings.auditing import told
from leads.settings.registry import KINDS
from leads.views.access import need_role
from team.http import Request
from team.models import AuditEntry, AuditHead, Role

A_PAGE = 50


@require_GET
@never_cache
def audit(request: Request) -> HttpResponse:
    need_role(request, Role.ADMIN)
    form = AuditFilters(request.GET)
    is_right = form.is_valid()
    wanted: dict[str, Any] = {name: form.cleaned_data.get(name) for name in ("by", "verb", "before")}
    rows = AuditEntry.objects.select_related("by").order_by("-number")
    if wanted["by"]:
        rows = rows.filter(by=wanted["by"])
    if wanted["verb"]:
        rows = rows.filter(verb=wanted["verb"])
    if wanted["before"]:
        rows = rows.filter(number__lt=wanted["before"])
    found = list(rows[: A_PAGE + 1])
    kept = {"by": wanted["by"].pk if wanted["by"] else "", "verb": wanted["verb"] or ""}
    kept = {name: value for name, value in kept.items() if value}
    has_more = len(found) > A_PAGE
    context = {
        "now": timezone.now(), "kinds": KINDS, "tab": "audit", "form": form, "entries": told(found[:A_PAGE]),
        "head": AuditHead.objects.first(),
        "next_url": f"?{urlencode(kept | {'before': found[A_PAGE - 1].number})}" if has_more else "",
        "first_url": f"?{urlencode(kept)}" if wanted["before"] else "",
    }  # fmt: skip
    return render(request, "leads/settings/audit.html", context, status=200 if is_right else 422)
