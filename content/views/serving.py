"""The one address of an asset, for everybody who was given it, and the versions behind it for who works here."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_safe

from content.actions.keeping import successor_of
from content.actions.using import open_asset
from content.filetypes import media_type_of
from content.models import Asset, AssetVersion
from content.views.access import visible_asset
from team.company_time import company_day
from team.http import Request

logger = structlog.get_logger(__name__)
Form = AssetVersion.Form


@login_not_required
@require_safe
def asset(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Its current version; 410 with its successor where it is over, 404 where nothing was ever approved.

    That one of ours came by is noted, with the place that her address says; of who asks by HEAD, nothing.
    """
    found = Asset.objects.select_related("successor").filter(public_id=public_id).first()
    current = found.versions.filter(is_current=True).select_related("upload").first() if found else None
    if found is None or current is None:
        return _nowhere(request)
    if found.is_over(on=company_day(timezone.now())):
        return _gone(request, found)
    user = request.user
    if user.is_authenticated and user.held:
        if request.method != "HEAD":
            open_asset(found, place=request.GET.get("from", ""), by=user, at=timezone.now())
    elif current.form == Form.TALK_TRACK:
        # What a rep says is for reps.
        return _nowhere(request)
    return _served(request, found, current)


@login_not_required
@require_safe
def cut_address(request: HttpRequest, cut: str) -> HttpResponse:
    """What is left of the address of an asset where a mail program broke it: who has it is no user."""
    return _nowhere(request)


@require_GET
def version(request: Request, public_id: UUID, number: int) -> HttpResponseBase:
    """One version by itself: of those never approved only who keeps the library and who made it are told."""
    found = visible_asset(request, public_id)
    wanted = found.versions.visible_to(request.user).select_related("upload").filter(number=number).first()
    if wanted is None:
        raise Http404
    return _served(request, found, wanted)


def _nowhere(request: HttpRequest) -> HttpResponse:
    """Whoever works here is told as on any page; a stranger, nothing of where they are."""
    if request.user.is_authenticated:
        raise Http404
    return _fresh(render(request, "content/nowhere.html", status=404))


def _gone(request: HttpRequest, found: Asset) -> HttpResponse:
    context = {"asset": found, "successor": successor_of(found, on=company_day(timezone.now()))}
    return _fresh(render(request, "content/gone.html", context, status=410))


def _served(request: HttpRequest, found: Asset, version: AssetVersion) -> HttpResponseBase:
    response: HttpResponseBase
    if version.form == Form.LINK:
        response = HttpResponseRedirect(version.url)
    elif version.form == Form.FILE and version.upload is not None:
        try:
            file = version.upload.file.open("rb")
        except OSError as error:
            logger.exception("file_of_asset_missing", asset=found.pk, version=version.number)
            raise Http404 from error
        response = FileResponse(file, content_type=media_type_of(version.upload.name))
        # A download under the name it came with, never a page of ours.
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(version.upload.name, safe='')}"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["X-Content-Type-Options"] = "nosniff"
    else:
        response = render(request, "content/snippet.html", {"asset": found, "version": version})
    return _fresh(response)


def _fresh[Response: HttpResponseBase](response: Response) -> Response:
    """Whoever follows the address tomorrow is given what is current tomorrow, and no search engine keeps it."""
    patch_cache_control(response, no_store=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
