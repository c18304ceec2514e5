"""What reps say when they are asked, or unasked: the questions, the list, and what became of each answer."""

from __future__ import annotations

from collections.abc import Sequence
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

from content.actions.pulsing import (
    FeedbackRefused,
    answer_round,
    close_feedback,
    give_feedback,
    hear_feedback,
    set_pulse,
    stop_pulse,
    take_feedback_on,
)
from content.forms.feedback import AnswersForm, CloseForm, FeedbackFilters, GiveForm, PulseForm, typed_answers
from content.models import Asset, Feedback, Pulse, PulseAsked
from content.models.asset import KEEPERS
from content.promise import promise_of
from content.views.access import READERS, need_role, visible_asset
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number, read_uuid
from team.http import Request, tell
from team.models import Role

PAGE = 50
HEARD_MAX = 100


@require_GET
@never_cache
def feedback(request: Request) -> HttpResponse:
    need_role(request, *Role)
    return _page(request)


@require_POST
def answer(request: Request) -> HttpResponse:
    need_role(request, *Role)
    asked = _asked(request, read_number(request.POST.get("asked", "")))
    if asked is None:
        return _too_late(request, _("You have answered these, or they are not asked any more."))
    form = AnswersForm(request.POST, asked=asked)
    if not form.is_valid():
        return _page(request, answers=form)
    try:
        count = answer_round(asked, form.texts, by=request.user, on=timezone.localdate())
    except FeedbackRefused as refused:
        return _too_late(request, str(refused))
    said = (
        _("Thank you: you hear what becomes of each answer.") if count else _("Skipped: you are asked again next time.")
    )
    tell(request, said, drafts=[f"pulse-{asked.pk}"])
    return redirect("content:feedback")


def _too_late(request: Request, why: str) -> HttpResponse:
    """What was typed goes back to who typed it: the questions that it answers are on the page no more."""
    tell(request, why, level=messages.WARNING)
    typed = typed_answers(request.POST)
    return _page(request, typed=typed) if typed else redirect("content:feedback")


@require_POST
def give(request: Request) -> HttpResponse:
    need_role(request, *Role)
    form = GiveForm(request.POST)
    if not form.is_valid():
        return _page(request, give=form)
    return _said(request, form, back=reverse("content:feedback"), draft="feedback-give")


@require_http_methods(["GET", "POST"])
def asset_feedback(request: Request, public_id: UUID) -> HttpResponse:
    """What is missing or wrong with one asset."""
    asset = visible_asset(request, public_id)
    back = reverse("content:asset_page", args=[public_id])
    return give_page(request, asset=asset, about=str(asset), back=back)


def give_page(
    request: Request, *, about: str, back: str, asset: Asset | None = None, lead: UUID | None = None
) -> HttpResponse:
    """Something to say of an asset, or of a lead whose page a higher room has looked up."""
    form = GiveForm(request.POST if request.method == "POST" else None)
    draft = f"feedback-{lead or (asset and asset.public_id)}"
    if form.is_valid():
        return _said(request, form, back=back, draft=draft, asset=asset, lead=lead)
    context = {"form": form, "about": about, "back": back, "draft": draft, "form_id": new_form_id()}
    return render(request, "content/feedback_give.html", context, status=422 if form.is_bound else 200)


def _said(request: Request, form: GiveForm, *, back: str, draft: str, **about: Any) -> HttpResponse:
    """Said once, however often it is sent."""
    now = timezone.now()
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=back)
            give_feedback(form.cleaned_data["text"], by=request.user, on=timezone.localdate(now), **about)
    except SentBefore as before:
        return redirect(before.answer_url or back)
    tell(request, _("Thank you: you hear what becomes of it."), drafts=[draft])
    return redirect(back)


@require_POST
def feedback_heard(request: Request) -> HttpResponse:
    need_role(request, *Role)
    # By its public id: the number of a row says when it was said.
    shown = [key for text in request.POST.getlist("shown")[:HEARD_MAX] if (key := read_uuid(text))]
    hear_feedback(shown, by=request.user, at=timezone.now())
    return redirect("content:feedback")


@require_http_methods(["GET", "POST"])
@never_cache
def pulse(request: Request) -> HttpResponse:
    """The questions, and when they are asked."""
    need_role(request, *KEEPERS)
    known = Pulse.objects.kept_by(request.user).filter(retired_at=None).first()
    names = ("first", "second", "third", "every_weeks", "next_on", "is_anonymous")
    initial: dict[str, Any] = {"every_weeks": 4, "is_anonymous": True}
    initial |= {name: getattr(known, name) for name in names} if known else {}
    initial.setdefault("next_on", timezone.localdate())
    form = PulseForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_pulse(form.asked, by=request.user, at=timezone.now())
        except FeedbackRefused as refused:
            form.add_error("next_on", str(refused))
        else:
            tell(request, _("Asked on that day, and every so many weeks after it."), drafts=["pulse"])
            return redirect("content:pulse")
    context = {"form": form, "known": known, "rounds": known.rounds.order_by("-opens_on")[:10] if known else []}
    return render(request, "content/pulse.html", context, status=422 if form.errors else 200)


@require_POST
def pulse_stop(request: Request) -> HttpResponse:
    need_role(request, *KEEPERS)
    if stop_pulse(at=timezone.now()):
        tell(request, _("Nobody is asked any more."))
    return redirect("content:pulse")


@require_POST
def feedback_take_on(request: Request, public_id: UUID) -> HttpResponse:
    one = _kept(request, public_id)
    try:
        take_feedback_on(one, by=request.user)
    except FeedbackRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    return redirect("content:feedback")


@require_POST
def feedback_close(request: Request, public_id: UUID) -> HttpResponse:
    one, form = _kept(request, public_id), CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, close=form, closing=one)
    read = form.cleaned_data
    try:
        close_feedback(one, to=read["state"], outcome=read["outcome"], by=request.user, at=timezone.now())
    except FeedbackRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        tell(request, _("Whoever said it hears of it once."), drafts=[f"feedback-{one.public_id}"])
    return redirect("content:feedback")


def _asked(request: Request, pk: int | None = None) -> PulseAsked | None:
    """What waits for her answer; the one named, where one is."""
    rows = PulseAsked.objects.filter(user=request.user, answered_on=None).select_related("round")
    return (rows.filter(pk=pk) if pk is not None else rows.order_by("-pk")).first()


def _kept(request: Request, public_id: UUID) -> Feedback:
    need_role(request, *Role)
    rows = Feedback.objects.filter(public_id=public_id)
    one = rows.filter(pk__in=Feedback.objects.visible_to(request.user).values("pk")).select_related("owner").first()
    if one is None:
        raise Http404
    if not Feedback.objects.kept_by(request.user).filter(pk=one.pk).exists():
        raise PermissionDenied
    return one


def _page(
    request: Request, *, closing: Feedback | None = None, typed: Sequence[str] = (), **bound: forms.Form
) -> HttpResponse:
    now = timezone.now()
    filters = FeedbackFilters(request.GET)
    number, state = filters.read.get("page", 1), filters.read.get("state", "")
    rows = Feedback.objects.visible_to(request.user).select_related("given_by", "owner", "asset", "talk__by")
    today = timezone.localdate()
    listed = rows.late(on=today) if state == "late" else rows.filter(state=state) if state else rows.open()
    found = list(listed.in_list_order()[(number - 1) * PAGE : number * PAGE + 1])
    asked = _asked(request)
    context: dict[str, Any] = {
        "now": now,
        "today": today,
        "promise": promise_of(Feedback.objects.all(), on=today),
        "filters": filters,
        "found": found[:PAGE],
        "number": number,
        "next_number": number + 1 if len(found) > PAGE else 0,
        "unheard": list(Feedback.objects.unheard_by(request.user).order_by("-closed_at", "-pk")[:HEARD_MAX]),
        "asked": asked,
        "typed": typed,
        "answers": bound.get("answers") or (AnswersForm(asked=asked) if asked else None),
        "give": bound.get("give") or GiveForm(),
        "form_id": new_form_id(),
        "close": bound.get("close") or CloseForm(),
        "closing": closing.pk if closing else None,
        "bound": next(iter(bound), ""),
        "is_keeper": any(request.user.has_role(role) for role in KEEPERS),
        "reads_all": any(request.user.has_role(role) for role in READERS),
    }
    status = 422 if bound else 409 if typed else 200
    return render(request, "content/feedback.html", context, status=status)
