"""What every request of a signed-in user needs: her own clock, and a way back to the login page."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.utils import timezone
from django.utils.http import urlencode

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


def htmx_login(get_response: GetResponse) -> GetResponse:
    """An expired session leads the whole page to the login, never a login form into a row."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.headers.get("HX-Request") or response.status_code != 302:
            return response
        login = resolve_url(settings.LOGIN_URL)
        if not response.headers["Location"].startswith(login):
            return response
        answer = HttpResponse(status=204)
        answer.headers["HX-Redirect"] = f"{login}?{urlencode({REDIRECT_FIELD_NAME: _page(request)})}"
        return answer

    return middleware


def _page(request: HttpRequest) -> str:
    """The page the user was looking at, not the address of the fragment it asked for."""
    address = request.headers.get("HX-Current-URL", "")
    origin = f"{request.scheme}://{request.get_host()}"
    return address.removeprefix(origin) if address.startswith(origin + "/") else "/"
