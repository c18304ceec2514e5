"""How marketers and admins write a track: its settings, its draft as a whole, and what is published of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.settings.changing import change_setting, preview, preview_revert, revert_change, try_change
from leads.settings.kind import SettingConflict, SettingRefused
from leads.settings.telling import history_of, tell_change
from leads.views.access import need_role
from nurture.actions import drafting
from nurture.actions.enrolling import newest_of
from nurture.actions.moving import ask_to_empty, progress_of, work_at_once
from nurture.drafts import Change, changes_of, is_moved, mark_of_draft
from nurture.fields import as_read
from nurture.flow import Flow, flow_of
from nurture.forms.tracks import EndForm, TrackForm
from nurture.letter_checks import Concern, foot_concerns
from nurture.models import Enrolment, MailRules, Track, TrackVersion
from nurture.telling import Names, Part, goal_words, parts_of
from nurture.track_settings import KIND, touched_by_end
from nurture.under_way import under_way_for
from nurture.views.tracks import WRITERS, track_or_404
from nurture.whole import faults_of, rivals_of
from team.actions.submitting import SentBefore, submit_once
from team.company_time import company_day
from team.http import Request, tell
from team.models import SettingChange

BOTH = ["GET", "POST"]
CHANGED = {
    Change.ADDED: gettext_lazy("added"),
    Change.WRITTEN: gettext_lazy("written anew"),
    Change.TAKEN_OUT: gettext_lazy("taken out"),
}


@require_http_methods(BOTH)
def track_new(request: Request) -> HttpResponse:
    need_role(request, *WRITERS)
    now = timezone.now()
    asked = request.POST.get("kind") or request.GET.get("kind")
    kind = Track.Kind.PLAY if asked == Track.Kind.PLAY else Track.Kind.TRACK
    form = TrackForm(_sent(request), kind=kind)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                submit_once(form.cleaned_data["form_id"], by=request.user, at=now)
                made = change_setting(KIND, None, {"kind": kind, **form.values}, by=request.user, at=now)
        except SentBefore:
            return redirect("nurture:tracks")
        except SettingRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            track = Track.objects.get(pk=made.object_id if made else 0)
            return redirect("nurture:track_draft", track.public_id)
    context = {"form": form, "kind": kind, "track": None, "now": now}
    return render(request, "nurture/track_form.html", context, status=422 if form.errors else 200)


@require_POST
def tracks_shipped(request: Request) -> HttpResponse:
    """What is practice of the field, as drafts: nothing is sent before somebody has published it."""
    need_role(request, *WRITERS)
    made = drafting.add_shipped(by=request.user, at=timezone.now())
    words = ngettext("%(n)d draft was added.", "%(n)d drafts were added.", made)
    tell(request, words % {"n": made} if made else _("They are all there already."))
    return redirect("nurture:tracks")


@require_http_methods(BOTH)
def track_change(request: Request, public_id: UUID) -> HttpResponse:
    """What it is called, whom it takes, where it ends: what that touches, and sent from there it holds at once. It is
    no version."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    form = TrackForm(_sent(request), kind=track.kind, track=track, old=KIND.read(track.pk))
    context: dict[str, Any] = {
        "form": form, "kind": track.kind, "track": track, "now": now, "history": history_of(KIND, pk=track.pk),
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        seen, status = form.cleaned_data["seen"], 200
        try:
            if "save" in request.POST:
                return _save(request, track, form, at=now)
            try_change(KIND, track.pk, form.values, by=request.user, at=now, seen=seen)
            context["preview"] = preview(KIND, track.pk, form.values, at=now)
        except SettingConflict as conflict:
            context["conflict"], status = str(conflict), 409
        except SettingRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            status = 422
    return render(request, "nurture/track_form.html", context, status=status)


def _save(request: Request, track: Track, form: TrackForm, *, at: datetime) -> HttpResponse:
    there = reverse("nurture:track", args=[track.public_id])
    seen = form.cleaned_data["seen"]
    try:
        with transaction.atomic():
            submit_once(form.cleaned_data["form_id"], by=request.user, at=at, answer_url=there)
            change_setting(KIND, track.pk, form.values, by=request.user, at=at, seen=seen)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    tell(request, _("“%(track)s” was saved.") % {"track": form.cleaned_data["name"]})
    return redirect(there)


@require_http_methods(BOTH)
def track_retire(request: Request, public_id: UUID) -> HttpResponse:
    """Out of use: what that means, and where those go who are under way. Back into use is one click."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    there = redirect("nurture:track", public_id)
    if request.method == "POST" and request.POST.get("back"):
        change_setting(KIND, track.pk, {"is_retired": False}, by=request.user, at=now)
        tell(request, _("“%(track)s” is in use again.") % {"track": track})
        return there
    if track.retired_at is not None:
        return there
    form = EndForm(_sent(request), track=track, old=KIND.read(track.pk))
    conflict = ""
    if form.is_bound and form.is_valid():
        try:
            said = _end(request, track, form, at=now)
        except SentBefore:
            return there
        except SettingConflict as lost:
            conflict = str(lost)
        else:
            tell(request, said)
            return there
    under_way = Enrolment.objects.under_way().filter(track=track).count()
    context = {
        "now": now, "track": track, "form": form, "touches": touched_by_end(track), "under_way": under_way,
        "conflict": conflict,
    }  # fmt: skip
    return render(request, "nurture/retire.html", context, status=409 if conflict else 422 if form.errors else 200)


def _end(request: Request, track: Track, form: EndForm, *, at: datetime) -> str:
    """Nobody comes into it any more; then, batch by batch, those leave who are to leave."""
    asked = form.cleaned_data
    with transaction.atomic():
        submit_once(asked["form_id"], by=request.user, at=at)
        change_setting(
            KIND, track.pk, {"is_retired": True}, by=request.user, at=at, seen=asked["seen"],
            verb=SettingChange.Verb.RETIRE,
        )  # fmt: skip
        into = asked.get("into") if asked["goes"] == EndForm.Goes.MOVE else None
        if asked["goes"] != EndForm.Goes.FINISH:
            ask_to_empty(track, into=into, by=request.user, at=at)
    if asked["goes"] == EndForm.Goes.FINISH:
        stays = Enrolment.objects.fed().filter(track=track).count()
        words = ngettext(
            "“%(track)s” takes nobody any more; %(n)d person finishes it.",
            "“%(track)s” takes nobody any more; %(n)d people finish it.",
            stays,
        )
        return words % {"track": track, "n": stays}
    worked = work_at_once(track, at=at)
    if rest := _rest(track):
        return _("“%(track)s” takes nobody any more. %(rest)s") % {"track": track, "rest": rest}
    # The tick may have been faster.
    done = _done(track)
    words = ngettext(
        "“%(track)s” takes nobody any more; it ended for %(n)d person.",
        "“%(track)s” takes nobody any more; it ended for %(n)d people.",
        done,
    ) % {"track": track, "n": done}
    if into is None:
        return words
    if worked.done < done:
        return f"{words} " + _("Whoever may be in “%(into)s” has begun it.") % {"into": into}
    return f"{words} " + ngettext(
        "%(n)d of them has begun “%(into)s”.", "%(n)d of them have begun “%(into)s”.", worked.began
    ) % {
        "n": worked.began,
        "into": into,
    }


@require_http_methods(BOTH)
def change_revert(request: Request, pk: int) -> HttpResponse:
    """What putting a change of a track back would touch; sent from there, it is put back."""
    need_role(request, *WRITERS)
    now = timezone.now()
    change = SettingChange.objects.filter(pk=pk, model=KIND.model._meta.label).first()
    if change is None:
        raise Http404
    track = Track.objects.filter(pk=change.object_id).first()
    there = reverse("nurture:track", args=[track.public_id]) if track else reverse("nurture:tracks")
    try:
        if request.method == "GET":
            said = preview_revert(KIND, change, by=request.user, at=now)
            context = {"now": now, "track": track, "was": tell_change(KIND, change), "preview": said, "there": there}
            return render(request, "nurture/change_revert.html", context)
        revert_change(KIND, change, by=request.user, at=now)
    except (SettingConflict, SettingRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect(there)
    tell(request, KIND.reverted_words)
    return redirect(there if change.verb != SettingChange.Verb.ADD else "nurture:tracks")


@require_http_methods(BOTH)
def draft(request: Request, public_id: UUID) -> HttpResponse:
    """The draft, to be written. Posting begins one as a copy of what runs."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    if request.method == "POST":
        drafting.draft_of(track, by=request.user, at=now)
        return redirect("nurture:track_draft", public_id)
    version = TrackVersion.objects.filter(track=track, published_at=None).first()
    if version is None:
        return redirect("nurture:track", public_id)
    return draft_page(request, track, version, now=now)


def draft_page(
    request: Request, track: Track, version: TrackVersion, *, now: datetime, conflict: str = ""
) -> HttpResponse:
    flow = flow_of(version.pk)
    context = {
        "now": now,
        "track": track,
        "goal": goal_words(track),
        "shown": version,
        "parts": _draft_parts(flow),
        "seen": mark_of_draft(flow),
        "conflict": conflict,
        "is_draft": True,
        "foot_concerns": _foot_concerns(),
        "is_first": not track.versions.filter(published_at__isnull=False).exists(),
        "may_write": True,
    }
    return render(request, "nurture/draft.html", context, status=409 if conflict else 200)


def _foot_concerns() -> list[Concern]:
    rules = MailRules.objects.get(pk=1)
    return foot_concerns(is_https=settings.IS_HTTPS, postal_address=rules.postal_address)


@require_POST
def track_discard(request: Request, public_id: UUID) -> HttpResponse:
    need_role(request, *WRITERS)
    track, now = track_or_404(public_id), timezone.now()
    version, running = track.versions.filter(published_at=None).first(), newest_of(track)
    if "sure" not in request.POST and version and running:
        return _really_discard(request, track, flow_of(version.pk), flow_of(running.pk))
    try:
        drafting.discard_draft(track, seen=request.POST.get("seen", ""))
    except drafting.DraftChanged as changed:
        version = TrackVersion.objects.get(track=track, published_at=None)
        return draft_page(request, track, version, now=now, conflict=str(changed))
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        tell(request, _("The draft is gone. What runs stays."))
    return redirect("nurture:track", public_id)


def _really_discard(request: Request, track: Track, flow: Flow, running: Flow) -> HttpResponse:
    """What would go: nothing brings it back."""
    changes = changes_of(flow, running)
    names = Names([node for node, _change in changes])
    context = {
        "track": track,
        "changes": [(as_read(names.title(node)), CHANGED[change]) for node, change in changes],
        "is_moved": is_moved(flow, running),
        "seen": request.POST.get("seen") or mark_of_draft(flow),
    }
    return render(request, "nurture/draft_discard.html", context)


@require_http_methods(BOTH)
def track_publish(request: Request, public_id: UUID) -> HttpResponse:
    """Who is under way in an older version, and what becomes of them."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    refusal, at_step, conflict = "", "", ""
    moves = request.POST.get("moves") == "yes"
    if request.method == "POST":
        try:
            drafting.publish(track, by=request.user, at=now, moves=moves, seen=request.POST.get("seen", ""))
        except drafting.DraftChanged as changed:
            conflict = str(changed)
        except (LeadConflict, MoveRefused) as refused:
            refusal, at_step = str(refused), getattr(refused, "field", "")
        else:
            tell(request, _published(track, moves=moves))
            return redirect("nurture:track", public_id)
    version = TrackVersion.objects.filter(track=track, published_at=None).first()
    if version is None:
        if refusal:
            tell(request, _too_late(track, refusal, wanted=moves), level=messages.WARNING)
        return redirect("nurture:track", public_id)
    flow = flow_of(version.pk)
    context = {
        "now": now,
        "track": track,
        "parts": _draft_parts(flow),
        "seen": mark_of_draft(flow),
        "conflict": conflict,
        "moves": moves,
        "foot_concerns": _foot_concerns(),
        "under_way": under_way_for(track, version),
        "rivals": rivals_of(track),
        "refusal": refusal,
        "at_step": at_step,
        "may_write": True,
    }
    status = 409 if conflict else 422 if refusal else 200
    return render(request, "nurture/publish.html", context, status=status)


def _published(track: Track, *, moves: bool) -> str:
    """That it runs, and how many people under way it touches, or leaves as they are."""
    if rest := _rest(track):
        return _("“%(track)s” is published. %(rest)s") % {"track": track, "rest": rest}
    if moves and (moved := _done(track)):
        words = ngettext(
            "“%(track)s” is published; %(n)d person goes on in it.",
            "“%(track)s” is published; %(n)d people go on in it.",
            moved,
        )
        return words % {"track": track, "n": moved}
    newest = track.versions.filter(published_at__isnull=False).first()
    finish = Enrolment.objects.fed().filter(track=track).exclude(version=newest).count()
    words = ngettext(
        "“%(track)s” is published; %(n)d person finishes the version before it.",
        "“%(track)s” is published; %(n)d people finish the version before it.",
        finish,
    )
    return words % {"track": track, "n": finish} if finish else _("“%s” is published.") % track


def _done(track: Track) -> int:
    """How many who are fed have been moved, or left, whoever did it."""
    move = progress_of(track)
    return move.done if move else 0


def _too_late(track: Track, refusal: str, *, wanted: bool) -> str:
    """There is no draft any more; and where people were `wanted` to go on in it and do not, how they can."""
    move = progress_of(track)
    behind = Enrolment.objects.fed().filter(track=track).exclude(version=newest_of(track)).exists()
    if not wanted or not behind or (move is not None and move.goes_on):
        return refusal
    how = _("Nobody was moved: write a new version, and publish it with “They go on in this one”.")
    return f"{refusal} {how}"


def _rest(track: Track) -> str:
    """Of more than one batch, that the others follow; empty where all are done."""
    move = progress_of(track)
    if move is None or not move.goes_on:
        return ""
    words = ngettext(
        "%(done)s of %(n)d person is done; the rest follows within minutes, as its page says.",
        "%(done)s of %(n)d people are done; the rest follow within minutes, as its page says.",
        move.people,
    )
    return words % {"done": move.done, "n": move.people}


def _draft_parts(flow: Flow) -> list[Part]:
    """The flow of a draft, each step with what it lacks."""
    return parts_of(flow, faults=faults_of(flow, on=company_day(timezone.now())))


@require_http_methods(BOTH)
def track_revert(request: Request, public_id: UUID, number: int) -> HttpResponse:
    """What would run again, and what becomes of who is under way."""
    need_role(request, *WRITERS)
    track, moves, refusal, conflict = track_or_404(public_id), request.POST.get("moves") == "yes", "", ""
    published = track.versions.filter(published_at__isnull=False)
    version = published.filter(number=number).select_related("track").first()
    if version is None:
        raise Http404
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            made = drafting.revert(version, by=request.user, at=timezone.now(), moves=moves, seen=seen)
        except drafting.DraftChanged as changed:
            conflict = str(changed)
        except (LeadConflict, MoveRefused) as refused:
            refusal = str(refused)
        else:
            tell(request, _reverted(track, number, made.number, moves=moves))
            return redirect("nurture:track", public_id)
    newest = newest_of(track)
    if newest == version:
        tell(request, refusal or _("This is what runs now."), level=messages.WARNING)
        return redirect("nurture:track", public_id)
    context = {
        "track": track, "version": version, "newest": newest, "parts": parts_of(flow_of(version.pk)),
        "under_way": under_way_for(track, version), "moves": moves, "refusal": refusal, "conflict": conflict,
    }  # fmt: skip
    return render(request, "nurture/revert.html", context, status=409 if conflict else 422 if refusal else 200)


def _reverted(track: Track, old: int, new: int, *, moves: bool) -> str:
    """Which version runs, and how many go on in it."""
    said = _("Version %(old)s runs again, as version %(new)s.") % {"old": old, "new": new}
    moved = _done(track) if moves else 0
    more = _rest(track)
    if moved and not more:
        more = ngettext("%(n)d person goes on in it.", "%(n)d people go on in it.", moved) % {"n": moved}
    return f"{said} {more}".rstrip()


def _sent(request: Request) -> QueryDict | None:
    """What was sent, though it be nothing."""
    return request.POST if request.method == "POST" else None
