"""What every request of a signed-in user needs: her own clock, and redirects that htmx obeys."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import urlencode

from team.actions.auditing import note_audit
from team.http import is_by_itself
from team.models import AuditEntry, User

GetResponse = Callable[[HttpRequest], HttpResponse]


def own_clock(get_response: GetResponse) -> GetResponse:
    """Moments are shown in the zone of the user who looks at them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = str(getattr(request.user, "time_zone", "") or "")
        if not name:
            return get_response(request)
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return middleware


def note_refusals(get_response: GetResponse) -> GetResponse:
    """Who is signed in and asks for what she may not is noted. Inside the middleware that knows the request's id."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = request.user
        if response.status_code == 403 and isinstance(user, User):
            detail = f"{request.method} {_open_path(request)}"
            note_audit(AuditEntry.Verb.REFUSED, by=user, at=timezone.now(), detail=detail)
        return response

    return middleware


def _open_path(request: HttpRequest) -> str:
    """The address without what is a secret in some: only keys of rows are said, else the pattern."""
    match = request.resolver_match
    if match is None or set(match.kwargs) <= {"pk", "public_id", "slug", "object_id"}:
        return request.path
    return f"/{match.route}"


def htmx_redirect(get_response: GetResponse) -> GetResponse:
    """A redirect moves the whole page, whoever asked.

    fetch follows a redirect by itself and htmx would put the page it leads to
    into a table row: above all the login page, when a session has expired. A
    page that asked by itself stays: somebody may be typing in it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.headers.get("HX-Request") or response.status_code not in (301, 302, 303, 307, 308):
            return response
        response.status_code = 204
        response.content = b""
        location = response.headers["Location"]
        del response.headers["Location"]
        if not is_by_itself(request):
            response.headers["HX-Redirect"] = _after_login(request, location)
        return response

    return middleware


def _after_login(request: HttpRequest, location: str) -> str:
    """Where to: from the login one comes back to the page one saw, not to the fragment it asked for."""
    login = resolve_url(settings.LOGIN_URL)
    if location.partition("?")[0] != login:
        return location
    return f"{login}?{urlencode({REDIRECT_FIELD_NAME: _page(request)})}"


def _page(request: HttpRequest) -> str:
    """The address in the browser's bar, if it is one of ours."""
    address = request.headers.get("HX-Current-URL", "")
    origin = f"{request.scheme}://{request.get_host()}"
    return address.removeprefix(origin) if address.startswith(origin + "/") else "/"
