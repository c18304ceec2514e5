"""The request as our views see it, and the one way to tell the user what happened."""

from collections.abc import Iterable
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from team.models import User


def is_by_itself(request: HttpRequest) -> bool:
    """Whether an open page asked, and nobody's hand: it says so in a header (`hx-headers`)."""
    return request.headers.get("X-By-Itself") == "1"


def own_address(request: HttpRequest, asked: str, *, otherwise: str) -> str:
    """`asked` where it is an address of ours to go back to, from a form that anybody can have written."""
    # Kept with the form: what is no line of text is no address of ours, and PostgreSQL takes no NUL.
    is_ours = asked.startswith("/") and asked.isprintable()
    if is_ours and url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure()):
        return asked
    return otherwise


class Request(HttpRequest):
    """A request of a signed-in user, behind LoginRequiredMiddleware and HtmxMiddleware."""

    user: User
    htmx: HtmxDetails


def tell(
    request: HttpRequest,
    text: str | Promise,
    *,
    level: int = messages.SUCCESS,
    undo: str = "",
    event: int | None = None,
    stands: str = "",
    drafts: Iterable[str] = (),
) -> None:
    """Say in the live region what was done.

    `undo` is the address that takes it back, and `event` names to it what is meant; where nothing takes it back,
    `stands` says why to whoever tries. `drafts` names what the user typed
    and the server now holds: until it is named here the browser keeps it.
    """
    marks = [undo] if undo else []
    marks += [f"event:{event}"] if event is not None else []
    marks += [f"stands:{quote(stands)}"] if stands else []
    marks += [f"draft:{key}" for key in drafts]
    messages.add_message(request, level, str(text), extra_tags=" ".join(marks))
