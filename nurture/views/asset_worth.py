"""What came of one asset: by version, and with whom."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from content.views.access import visible_asset
from nurture.worth import LETTERS_SHOWN, Worth, letters, versions_of, worth_of
from team.http import Request


@require_GET
@never_cache
def asset_worth(request: Request, public_id: UUID) -> HttpResponse:
    asset, now = visible_asset(request, public_id), timezone.now()
    sent = letters(at=now).filter(asset=asset)
    seen = sent.visible_to(request.user)
    context = {
        "now": now,
        "asset": asset,
        "worth": worth_of([asset.pk], at=now).get(asset.pk, Worth()),
        "versions": versions_of(asset, at=now),
        "hidden": sent.count() - seen.count(),
        "letters": seen.select_related("person", "lead", "by").order_by("-claimed_at", "-pk")[:LETTERS_SHOWN],
    }
    return render(request, "nurture/asset_worth.html", context)
