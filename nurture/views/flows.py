"""How marketers and admins write a track: its draft node by node, and what is published of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.views.access import need_role
from nurture.actions import drafting
from nurture.flow import flow_of
from nurture.forms.tracks import NodeForm, PlaceForm, TrackForm
from nurture.models import Enrolment, Track, TrackNode, TrackVersion
from nurture.telling import ICONS, parts_of
from nurture.views.tracks import WRITERS, track_or_404
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell

BOTH = ["GET", "POST"]


@require_http_methods(BOTH)
def track_new(request: Request) -> HttpResponse:
    need_role(request, *WRITERS)
    now = timezone.now()
    asked = request.POST.get("kind") or request.GET.get("kind")
    kind = Track.Kind.PLAY if asked == Track.Kind.PLAY else Track.Kind.TRACK
    form = TrackForm(_sent(request), kind=kind)
    if request.method == "POST" and form.is_valid():
        try:
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now)
            made = drafting.add_track(by=request.user, at=now, kind=kind, **form.cleaned_data)
        except SentBefore:
            return redirect("nurture:tracks")
        except MoveRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            return redirect("nurture:track_draft", made.public_id)
    context = {"form": form, "kind": kind, "track": None, "form_id": new_form_id(), "now": now}
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
    """What it is called, whom it takes, where it ends: that holds at once, and is no version."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    form = TrackForm(_sent(request), kind=track.kind, track=track)
    if request.method == "POST" and form.is_valid():
        try:
            drafting.change_track(track, values=form.cleaned_data)
        except MoveRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            tell(request, _("%(track)s was saved.") % {"track": form.cleaned_data["name"]})
            return redirect("nurture:track", public_id)
    context = {"form": form, "kind": track.kind, "track": track, "now": now}
    return render(request, "nurture/track_form.html", context, status=422 if form.errors else 200)


@require_POST
def track_retire(request: Request, public_id: UUID) -> HttpResponse:
    """Out of use, or back into it."""
    need_role(request, *WRITERS)
    track = track_or_404(public_id)
    if request.POST.get("back"):
        drafting.take_up_track(track)
        tell(request, _("%(track)s is in use again.") % {"track": track})
        return redirect("nurture:track", public_id)
    left = drafting.retire_track(track, at=timezone.now())
    words = ngettext(
        "%(track)s takes nobody any more; %(left)d person finishes it.",
        "%(track)s takes nobody any more; %(left)d people finish it.",
        left,
    )
    tell(request, words % {"track": track, "left": left})
    return redirect("nurture:track", public_id)


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
    context = {
        "now": now,
        "track": track,
        "shown": version,
        "parts": parts_of(flow_of(version.pk)),
        "is_draft": True,
        "is_first": not track.versions.filter(published_at__isnull=False).exists(),
        "may_write": True,
    }
    return render(request, "nurture/draft.html", context)


@require_POST
def track_discard(request: Request, public_id: UUID) -> HttpResponse:
    need_role(request, *WRITERS)
    track = track_or_404(public_id)
    try:
        drafting.discard_draft(track)
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        tell(request, _("The draft is gone. What runs stays."))
    return redirect("nurture:track", public_id)


@require_http_methods(BOTH)
def track_publish(request: Request, public_id: UUID) -> HttpResponse:
    """Who is under way in an older version, and what becomes of them."""
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    refusal = ""
    if request.method == "POST":
        try:
            moved = drafting.publish(track, by=request.user, at=now, moves=request.POST.get("moves") == "yes")
        except (LeadConflict, MoveRefused) as refused:
            refusal = str(refused)
        else:
            words = ngettext(
                "%(track)s is published; %(moved)d person goes on in it.",
                "%(track)s is published; %(moved)d people go on in it.",
                moved,
            )
            tell(request, words % {"track": track, "moved": moved} if moved else _("%s is published.") % track)
            return redirect("nurture:track", public_id)
    version = TrackVersion.objects.filter(track=track, published_at=None).first()
    if version is None:
        return redirect("nurture:track", public_id)
    context = {
        "now": now,
        "track": track,
        "parts": parts_of(flow_of(version.pk)),
        "under_way": Enrolment.objects.under_way().filter(track=track).count(),
        "refusal": refusal,
        "may_write": True,
    }
    return render(request, "nurture/publish.html", context, status=422 if refusal else 200)


@require_POST
def track_revert(request: Request, public_id: UUID, number: int) -> HttpResponse:
    need_role(request, *WRITERS)
    track = track_or_404(public_id)
    version = TrackVersion.objects.filter(track=track, number=number).select_related("track").first()
    if version is None:
        raise Http404
    try:
        made = drafting.revert(version, by=request.user, at=timezone.now())
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        said = {"old": number, "new": made.number}
        tell(request, _("Version %(old)s runs again, as version %(new)s.") % said)
    return redirect("nurture:track", public_id)


@require_http_methods(BOTH)
def node_new(request: Request, public_id: UUID) -> HttpResponse:
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    asked = request.POST if request.method == "POST" else request.GET
    place = PlaceForm(asked)
    if not place.is_valid():
        raise Http404
    after, branch = (_node(track, place.cleaned_data[name]) for name in ("after", "branch"))
    arm = place.cleaned_data["arm"] if branch else ""
    if (branch is not None) != bool(arm) or (branch and branch.kind != TrackNode.Kind.BRANCH):
        raise Http404
    kind = asked.get("kind", "")
    kind = kind if kind in TrackNode.Kind.values else TrackNode.Kind.EMAIL
    form = NodeForm(_sent(request), kind=kind, at=now)
    if request.method == "POST" and form.is_valid():
        try:
            made = drafting.add_node(track, values=form.values, after=after, branch=branch, arm=arm)
        except (LeadConflict, MoveRefused) as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(f"{reverse('nurture:track_draft', args=[public_id])}#node-{made.pk}")
    return _node_page(request, track, form, kind, place=place, now=now)


@require_http_methods(BOTH)
def node(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    found = _node(track, pk)
    if found is None:
        raise Http404
    form = NodeForm(_sent(request), kind=found.kind, at=now, node=found)
    if request.method == "POST" and form.is_valid():
        try:
            drafting.change_node(found, values=form.cleaned_data)
        except LeadConflict as lost:
            form.add_error(None, str(lost))
        else:
            return redirect(f"{reverse('nurture:track_draft', args=[public_id])}#node-{pk}")
    return _node_page(request, track, form, found.kind, node=found, now=now)


def _node_page(
    request: Request, track: Track, form: NodeForm, kind: str, *, now: datetime, **more: Any
) -> HttpResponse:
    kinds = [(value, label, ICONS[TrackNode.Kind(value)]) for value, label in TrackNode.Kind.choices]
    context = {"track": track, "form": form, "kind": kind, "kinds": kinds, "now": now, **more}
    return render(request, "nurture/node.html", context, status=422 if form.errors else 200)


@require_POST
def node_move(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    need_role(request, *WRITERS)
    return _to_draft(request, public_id, pk, lambda found: drafting.move_node(found, up=request.POST.get("to") == "up"))


@require_POST
def node_remove(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    need_role(request, *WRITERS)
    return _to_draft(request, public_id, pk, drafting.remove_node)


def _to_draft(request: Request, public_id: UUID, pk: int, act: Any) -> HttpResponse:
    track = track_or_404(public_id)
    found = _node(track, pk)
    if found is None:
        raise Http404
    try:
        act(found)
    except LeadConflict as lost:
        tell(request, str(lost), level=messages.WARNING)
    return redirect(f"{reverse('nurture:track_draft', args=[public_id])}#flow")


def _node(track: Track, pk: int | None) -> TrackNode | None:
    """A node of the draft; 404 where one is named that is not in it."""
    if pk is None:
        return None
    found = drafting.node_of(track, pk)
    if found is None:
        raise Http404
    return found


def _sent(request: Request) -> QueryDict | None:
    """What was sent, though it be nothing."""
    return request.POST if request.method == "POST" else None
