"""How long somebody stays signed in: 2 hours without a request, 12 hours in all."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from team.http import is_by_itself

# The session row is written at most this often, so that reading a page writes nothing.
RENEW_SECONDS = 5 * 60


class SessionAgeMiddleware:
    """Signs out after the longest age, and moves the idle limit forward while somebody works: a page that stands open
    and asks by itself is nobody's work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._keep_age(request, int(timezone.now().timestamp()))
        return self.get_response(request)

    def _keep_age(self, request: HttpRequest, now: int) -> None:
        session = request.session
        began = session.setdefault("began_at", now)
        if now - began >= settings.SESSION_AGE_MAX_SECONDS:
            logout(request)
        elif now - session.get("seen_at", 0) >= RENEW_SECONDS and not is_by_itself(request):
            session["seen_at"] = now
            session.set_expiry(min(settings.SESSION_IDLE_SECONDS, began + settings.SESSION_AGE_MAX_SECONDS - now))
