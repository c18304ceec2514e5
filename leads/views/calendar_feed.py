"""The calendar that somebody's telephone reads, without a login, from an address that only she was told."""

from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from leads.calendar_feed import EVERY, feed_at, feed_file


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """404 for every address that is not one now. Who asks again soon is answered from where she keeps it."""
    feed = feed_at(token)
    if feed is None:
        raise Http404
    file = feed_file(feed, site=f"{request.scheme}://{request.get_host()}", at=timezone.now())
    etag = f'"{sha256(file).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={int(EVERY.total_seconds())}",
        "Content-Disposition": 'inline; filename="midfield.ics"',
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    response = HttpResponse(file, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response
