"""What the links of a message lead to. No login and no cookie: the address itself says whose it is.

A GET changes nothing but the note that somebody came by (R30): machines follow every link before a person does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Person
from leads.actions.changing import MoveRefused
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.actions.hearing import hear
from nurture.actions.preferring import prefer, unsubscribe
from nurture.actions.resubscribing import come_back, may_come_back
from nurture.forms.preferring import PreferenceForm
from nurture.models import Message, MessageLink
from nurture.same import living
from nurture.sender import our_sender
from nurture.tokens import LINK, OPENING, PERSON, STOP, row_of, token_of
from nurture.wishes import Wishes
from team.addresses import read_number

logger = structlog.get_logger(__name__)

# One transparent point.
PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
ONE_CLICK = "One-Click"
AGREE = "agree"
A_CLICK = gettext_noop("A click on their own page.")


@login_not_required
@require_safe
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """Where a link leads is looked up here; what was not made here leads nowhere (R28)."""
    pk = row_of(LINK, token)
    link = MessageLink.objects.select_related("asset").filter(pk=pk).first() if pk else None
    if link is None:
        return _leads_nowhere(request, is_of_words=True)
    _hear(request, link.message_id, link)
    if link.is_hidden:
        return _leads_nowhere(request, is_of_words=True)
    target = reverse("content:asset", args=[link.asset.public_id]) if link.asset else link.url
    return _private(HttpResponseRedirect(target))


@login_not_required
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The picture of one point that says a message was opened; the same picture for what is not known."""
    pk = row_of(OPENING, token)
    if pk and Message.objects.filter(pk=pk).exists():
        _hear(request, pk, None)
    return _private(HttpResponse(PIXEL, content_type="image/gif"))


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """One click stops all e-mail (RFC 8058); a page with a button for whoever comes with a browser.

    What was not made here, and what is gone, gets the same answer to everything: nobody learns by asking.
    """
    pk = row_of(STOP, token)
    message = Message.objects.select_related("person").filter(pk=pk).first() if pk else None
    if message is None:
        return _leads_nowhere(request)
    preferences = reverse("nurture:preferences", args=[token_of(PERSON, message.person_id)])
    context = {"preferences": preferences, "sender": our_sender()}
    if request.method == "POST":
        is_one_click = request.POST.get("List-Unsubscribe") == ONE_CLICK
        told = "one_click" if is_one_click else "stopped"
        if not _is_kept(lambda: unsubscribe(message.person, message=message, told=told, at=timezone.now())):
            return _private(render(request, "nurture/stop.html", context | {"is_not_kept": True}, status=503))
        if is_one_click:
            return _private(HttpResponse("", content_type="text/plain"))
        return _private(render(request, "nurture/stopped.html", context))
    if Wishes([message.person_id]).wants_no_mail(message.person_id):
        return _private(render(request, "nurture/stopped.html", context | {"is_before": True}))
    return _private(render(request, "nurture/stop.html", context))


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    pk = row_of(PERSON, token)
    found = Person.objects.filter(pk=pk).first() if pk else None
    person = living(found) if found else None
    if person is None or person.erased_at:
        return _leads_nowhere(request)
    here, at = reverse("nurture:preferences", args=[token]), timezone.now()
    by_button = _by_button(request.POST, person, at=at)
    if by_button and _is_kept(by_button):
        return _private(redirect(f"{here}?kept"))
    wishes, said = Wishes([person.pk]), request.POST if request.method == "POST" and not by_button else None
    until = wishes.paused_until(person.pk)
    stands = until if until and until > at else None
    form = PreferenceForm(
        said, pace=wishes.asked_pace(person.pk), refused=wishes.refused(person.pk), paused_until=stands, at=at
    )
    is_said = form.is_bound and form.is_valid()
    if is_said and _is_kept(lambda: _prefer(person, form, at=at)):
        return _private(redirect(f"{here}?kept"))
    is_not_kept = is_said or by_button is not None
    is_silent = wishes.wants_no_mail(person.pk)
    context: dict[str, Any] = {
        "sender": our_sender(),
        "form": form,
        "paused_until": stands,
        "is_silent": is_silent,
        "may_come_back": is_silent and may_come_back(person),
        "agreed": _agreed(person),
        "is_kept": "kept" in request.GET and not is_not_kept,
        "is_not_kept": is_not_kept,
        "address": _masked(person),
    }
    status = 503 if is_not_kept else 422 if form.is_bound else 200
    return _private(render(request, "nurture/preferences.html", context, status=status))


def _is_kept(say: Callable[[], object]) -> bool:
    """Whether it is said. False: something else is written down about her for longer than she is let wait."""
    try:
        say()
    except OperationalError:
        logger.warning("recipient_not_heard", exc_info=True)
        return False
    return True


def _by_button(said: QueryDict, person: Person, *, at: datetime) -> Callable[[], object] | None:
    """What one of the buttons of her page says; none, where it is the form that was sent, or nothing."""
    if "stop" in said:
        return lambda: unsubscribe(person, at=at)
    if "again" in said:
        return lambda: _come_back(person, at=at)
    if "consent" in said:
        return lambda: _consent(person, str(said["consent"]), at=at)
    return None


def _prefer(person: Person, form: PreferenceForm, *, at: datetime) -> None:
    prefer(person, pace=form.cleaned_data["pace"], paused_until=form.paused_until, refused=form.refused, at=at)


def _come_back(person: Person, *, at: datetime) -> None:
    # Sent twice, or stopped by somebody else meanwhile: the page says how it stands.
    with suppress(MoveRefused):
        come_back(person, evidence=_(A_CLICK), at=at)


def _consent(person: Person, said: str, *, at: datetime) -> None:
    """Agreed to all mail, or took back one word of hers that stands; what is not there is passed over."""
    own_page, words = Consent.Source.PREFERENCES, _(A_CLICK)
    if said == AGREE:
        note_consent(person, is_given=True, source=own_page, evidence=words, at=at)
        return
    one = Consent.objects.standing().filter(person=person, pk=read_number(said) or 0).select_related("topic").first()
    if one is not None:
        note_consent(person, is_given=False, topic=one.topic, source=own_page, evidence=words, at=at)


def _agreed(person: Person) -> list[Consent]:
    """What stands of her word, the last about each topic."""
    said = Consent.objects.standing().filter(person=person).select_related("topic").order_by("at", "pk")
    return list({one.topic_id: one for one in said}.values())


def _masked(person: Person) -> str:
    """So much of her address that she knows it, and nobody else learns it."""
    point = person.contact_points.filter(kind="email").order_by("-is_primary", "pk").first()
    if point is None:
        return ""
    local, _at, domain = point.value.partition("@")
    return f"{local[:1]}…@{domain}"


def _hear(request: HttpRequest, message_id: int, link: MessageLink | None) -> None:
    hear(
        message_id,
        link=link,
        method=str(request.method),
        address=str(request.META.get("REMOTE_ADDR", "")),
        agent=request.headers.get("User-Agent", ""),
        at=timezone.now(),
    )


def _leads_nowhere(request: HttpRequest, *, is_of_words: bool = False) -> HttpResponse:
    """`is_of_words`: one that stood among the words of a letter, not in its foot."""
    context = {"sender": our_sender(), "is_of_words": is_of_words}
    return _private(render(request, "nurture/no_link.html", context, status=404))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
