"""The letter of one step of a track, as it will be read: whoever reads tracks may look at it before it is anybody's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from leads.views.access import need_role
from nurture.models import Track, TrackNode
from nurture.previewing import preview_node
from nurture.views.mail import FRAME
from nurture.views.tracks import READERS, may_write, track_or_404
from team.http import Request


@require_GET
@csp_override({**settings.SECURE_CSP, "frame-src": [CSP.SELF]})
def node_letter(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    """From whom, about what, and its words in a frame."""
    track, node = _letter(request, public_id, pk)
    context: dict[str, Any] = {"track": track, "node": node, "preview": preview_node(node)}
    return render(request, "nurture/node_letter.html", context)


@require_GET
@xframe_options_sameorigin
@csp_override(FRAME)
def node_letter_frame(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    _track, node = _letter(request, public_id, pk)
    return HttpResponse(preview_node(node).html)


def _letter(request: Request, public_id: UUID, pk: int) -> tuple[Track, TrackNode]:
    """A draft is read by who writes it."""
    need_role(request, *READERS)
    track = track_or_404(public_id)
    letters = TrackNode.objects.filter(version__track=track, kind=TrackNode.Kind.EMAIL).select_related("version")
    if not may_write(request):
        letters = letters.filter(version__published_at__isnull=False)
    node = letters.select_related("asset", "version").filter(pk=pk).first()
    if node is None:
        raise Http404
    return track, node
