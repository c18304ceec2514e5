"""Which tracks and plays bring an asset: asked before it is retired."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from content.views.access import visible_asset
from nurture.bringing import brought_by, planned_with
from team.http import Request


@require_GET
@never_cache
def asset_tracks(request: Request, public_id: UUID) -> HttpResponse:
    asset = visible_asset(request, public_id)
    context = {
        "asset": asset,
        "letters": brought_by(asset),
        "planned": planned_with(asset),
        "is_keeper": asset.is_kept_by(request.user),
    }
    return render(request, "nurture/asset_tracks.html", context)
