"""What reps ask marketing for: the backlog, one request, asking and joining, and what marketing does about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from content.actions.asking import (
    AskedAlready,
    RequestRefused,
    accept_request,
    answer_request,
    ask_for,
    decline_request,
    hear_news,
    join_into,
    join_request,
    reopen_request,
    take_request_on,
)
from content.asked import SOUGHT_PAGE, count_in_vain, in_vain, news_of, offered, page_of
from content.backlog import MINOR, PAGE, asked_for, ranked, worth_of
from content.forms.requests import (
    AnswerForm,
    AskForm,
    DeclineForm,
    JoinForm,
    JoinIntoForm,
    RequestFilters,
)
from content.models import Asset, ContentRequest
from content.same_need import same_needs
from content.views.access import need_role
from team.actions.submitting import SentBefore, answer_before, answered, new_form_id, submit_once
from team.addresses import read_shown, read_uuid
from team.company_time import company_day
from team.http import Request, tell
from team.models import Role

DRAFT = "request-new"


@require_GET
@never_cache
def requests(request: Request) -> HttpResponse:
    """The backlog by rank; what is over, the newest first. Above both, what she has not heard yet."""
    need_role(request, *Role)
    now = timezone.now()
    filters = RequestFilters(request.GET)
    number = filters.read.get("page", 1)
    rows = filters.narrow(ContentRequest.objects.visible_to(request.user), by=request.user)
    if filters.is_ranked:
        whole = ranked(rows, by=request.user, at=now)
        found, has_more = whole[(number - 1) * PAGE : number * PAGE], len(whole) > number * PAGE
    else:
        keys = list(rows.order_by("-pk").values_list("pk", flat=True)[(number - 1) * PAGE : number * PAGE + 1])
        shown = asked_for(ContentRequest.objects.filter(pk__in=keys[:PAGE]), by=request.user, at=now)
        found, has_more = sorted(shown, key=lambda one: -one.request.pk), len(keys) > PAGE
    context = {
        "now": now,
        "filters": filters,
        "found": found,
        "number": number,
        "next_number": number + 1 if has_more else 0,
        "news": news_of(request.user),
        "is_keeper": ContentRequest().is_kept_by(request.user),
    }
    return render(request, "content/requests.html", context)


@require_GET
@never_cache
def searches(request: Request) -> HttpResponse:
    """What was looked for in vain, as it was asked for, with how many looked."""
    need_role(request, *Role)
    now = timezone.now()
    filters = RequestFilters(request.GET)
    number, found = filters.read.get("page", 1), in_vain(filters, at=now)
    context = {
        "now": now,
        "filters": filters,
        "sought": found[:SOUGHT_PAGE],
        "searched": count_in_vain(filters, at=now),
        "number": number,
        "next_number": number + 1 if len(found) > SOUGHT_PAGE else 0,
    }
    return render(request, "content/searches.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def request_new(request: Request) -> HttpResponse:
    need_role(request, *Role)
    initial = {name: request.GET.get(name, "") for name in ("persona", "stage", "topic", "objection")}
    initial["need"] = request.GET.get("need", "").replace("\0", "")[:500]
    return ask_page(request, initial=initial, back=reverse("content:requests"))


def ask_page(
    request: Request, *, initial: dict[str, Any], back: str, lead: int | None = None, about: str = ""
) -> HttpResponse:
    """The form of a need, also for a lead whose page a higher room has looked up. What is like it is offered before
    anything is asked for twice: one click joins."""
    now = timezone.now()
    if "alike" in request.GET and request.method == "GET":
        return _alike(request, lead)
    form = AskForm(request.POST if request.method == "POST" else None, initial=initial | _worth_before(lead))
    context: dict[str, Any] = {
        "form": form,
        "lead_key": lead,
        "draft": DRAFT if lead is None else f"{DRAFT}-{lead}",
        "back": back,
    }
    status = 200
    if request.method == "POST":
        if wanted := request.POST.get("join", ""):
            return _joined(request, wanted, lead=lead, back=back if lead is not None else "")
        status = 422
        if (before := answer_before(request.POST.get("form_id", ""), by=request.user)) is not None:
            return redirect(before or back)
        if form.is_valid():
            context["same"] = [] if form.cleaned_data["is_other"] else same_needs(form.said, by=request.user, at=now)
            if not context["same"]:
                try:
                    return _asked(request, form, lead=lead, back=back, draft=context["draft"])
                except SentBefore as sent:
                    return redirect(sent.answer_url or back)
                except AskedAlready as already:
                    form.add_error(None, str(already))
                    rows = ContentRequest.objects.filter(pk=already.asked.pk)
                    context["same"] = asked_for(rows, by=request.user, at=now, is_sought=False)
                except RequestRefused as refused:
                    form.add_error("needed_on", str(refused))
            if context["same"]:
                status, context["is_held_up"] = 409, True
    if "same" not in context:
        context["same"] = same_needs(form.said, by=request.user, at=now)
    context |= {
        "about": about,
        "now": now,
        "form_id": new_form_id(),
        "offered": offered(form.said, by=request.user, on=company_day(timezone.now())),
    }
    return render(request, "content/request_new.html", context, status=status)


def _alike(request: Request, lead: int | None) -> HttpResponse:
    """What is asked for already, or there, that is like what is being typed."""
    form = AskForm(request.GET)
    form.is_valid()
    context = {
        "now": timezone.now(),
        "lead_key": lead,
        "same": same_needs(form.said, by=request.user, at=timezone.now()),
        "offered": offered(form.said, by=request.user, on=company_day(timezone.now())),
    }
    return render(request, "content/request_new.html#alike", context)


def _worth_before(lead: int | None) -> dict[str, Any]:
    """What was said last of this lead's worth, by whoever asked for something."""
    said = worth_of(lead) if lead is not None else None
    return {"worth": Decimal(said[0]) / MINOR, "currency": said[1]} if said else {}


@transaction.atomic
def _asked(request: Request, form: AskForm, *, lead: int | None, back: str, draft: str) -> HttpResponse:
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    submit_once(form_id, by=request.user, at=now)
    asked = ask_for(form.said, form.voice(lead), by=request.user, at=now)
    url = back if lead is not None else reverse("content:request", args=[asked.public_id])
    answered(form_id, answer_url=url)
    tell(request, _("Asked for: you hear what becomes of it under Requests."), drafts=[draft])
    return redirect(url)


def _joined(request: Request, wanted: str, *, lead: int | None, back: str) -> HttpResponse:
    try:
        key = UUID(wanted)
    except ValueError as error:
        raise Http404 from error
    asked = _visible(request, key)
    form = JoinForm(request.POST)
    if form.is_valid():
        said = form.voice(lead)
    else:
        # The figure is not what she came for: it can be said later.
        form.cleaned_data.clear()
        said = form.voice(lead)
    try:
        join_request(asked, said, by=request.user, at=timezone.now())
    except RequestRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
        back = ""
    else:
        drafts = [DRAFT if lead is None else f"{DRAFT}-{lead}"]
        tell(request, _("You need it, too: you hear what becomes of it under Requests."), drafts=drafts)
    return redirect(back or reverse("content:request", args=[asked.public_id]))


@require_GET
@never_cache
def request_page(request: Request, public_id: UUID) -> HttpResponse:
    return _page(request, _visible(request, public_id))


@require_POST
def join(request: Request, public_id: UUID) -> HttpResponse:
    return _joined(request, str(_visible(request, public_id).public_id), lead=None, back="")


@require_POST
def accept(request: Request, public_id: UUID) -> HttpResponse:
    asked = _kept(request, public_id)
    return _done(request, asked, lambda: accept_request(asked, by=request.user, at=timezone.now()))


@require_POST
def take_on(request: Request, public_id: UUID) -> HttpResponse:
    asked = _kept(request, public_id)
    return _done(request, asked, lambda: take_request_on(asked, by=request.user, at=timezone.now()))


@require_POST
def reopen(request: Request, public_id: UUID) -> HttpResponse:
    asked = _kept(request, public_id)
    return _done(request, asked, lambda: reopen_request(asked, by=request.user, at=timezone.now()))


@require_POST
def answer(request: Request, public_id: UUID) -> HttpResponse:
    asked, form = _kept(request, public_id), AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, answer=form)
    asset: Asset = form.cleaned_data["asset"]
    on = company_day(timezone.now())
    act = lambda: answer_request(asked, asset, by=request.user, at=timezone.now(), on=on)  # noqa: E731
    return _done(request, asked, act, answer=form)


@require_POST
def decline(request: Request, public_id: UUID) -> HttpResponse:
    asked, form = _kept(request, public_id), DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, decline=form)
    because = form.cleaned_data["because"]
    act = lambda: decline_request(asked, because=because, by=request.user, at=timezone.now())  # noqa: E731
    return _done(request, asked, act, decline=form)


@require_POST
def merge(request: Request, public_id: UUID) -> HttpResponse:
    """Both ask for the same."""
    asked, form = _kept(request, public_id), JoinIntoForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, merge=form)
    other: ContentRequest = form.cleaned_data["other"]
    act = lambda: join_into(asked, other, by=request.user, at=timezone.now())  # noqa: E731
    return _done(request, asked, act, merge=form)


@require_POST
def heard(request: Request) -> HttpResponse:
    """What she was shown."""
    need_role(request, *Role)
    hear_news(by=request.user, at=timezone.now(), shown=read_shown(request.POST))
    return redirect("content:requests")


def _visible(request: Request, public_id: UUID) -> ContentRequest:
    need_role(request, *Role)
    rows = ContentRequest.objects.visible_to(request.user).filter(public_id=public_id)
    asked = rows.select_related("topic", "owner", "asset", "joined_to", "made_by").first()
    if asked is None:
        raise Http404
    return asked


def _kept(request: Request, public_id: UUID) -> ContentRequest:
    """The request, for who answers for the library; who may see it only is refused."""
    asked = _visible(request, public_id)
    if not asked.is_kept_by(request.user):
        raise PermissionDenied
    return asked


def _done(request: Request, asked: ContentRequest, act: Callable[[], None], **bound: forms.Form) -> HttpResponse:
    try:
        act()
    except RequestRefused as refused:
        for form in bound.values():
            form.add_error(None, str(refused))
        asked.refresh_from_db()
        return _page(request, asked, conflict="" if bound else str(refused), status=409, **bound)
    tell(request, _("Everybody who asked hears of it."), drafts=[f"request-{asked.pk}"])
    return redirect("content:request", asked.public_id)


def _page(
    request: Request, asked: ContentRequest, *, conflict: str = "", status: int = 422, **bound: forms.Form
) -> HttpResponse:
    now = timezone.now()
    today = company_day(now)
    context = {
        "now": now,
        "asked": asked,
        "page": page_of(asked, by=request.user, at=now, on=today),
        "made": _made_for_it(request, on=today),
        "is_keeper": asked.is_kept_by(request.user),
        "conflict": conflict,
        "bound": next(iter(bound), ""),
        "join": JoinForm(),
        "answer": bound.get("answer") or AnswerForm(),
        "decline": bound.get("decline") or DeclineForm(),
        "merge": bound.get("merge") or JoinIntoForm(),
    }
    return render(request, "content/request.html", context, status=status if bound or conflict else 200)


def _made_for_it(request: Request, *, on: date) -> Asset | None:
    """What was just added for this request, where it may answer it."""
    made = read_uuid(request.GET.get("made", ""))
    return Asset.objects.visible_to(request.user).in_use(on=on).filter(public_id=made).first() if made else None
