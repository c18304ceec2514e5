"""The draft of a track, node by node. Whoever began with an older state is told, and keeps what she typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.views.access import need_role
from nurture.actions import drafting
from nurture.drafts import mark_of_draft, mark_of_node
from nurture.fields import as_read
from nurture.flow import flow_of
from nurture.forms.tracks import NodeForm, PlaceForm
from nurture.models import Track, TrackNode
from nurture.telling import ICONS, Names
from nurture.views.flows import draft_page
from nurture.views.tracks import WRITERS, track_or_404
from team.actions.submitting import SentBefore, answer_before, answered, new_form_id, submit_once
from team.http import Request, tell

BOTH = ["GET", "POST"]


@require_http_methods(BOTH)
def node_new(request: Request, public_id: UUID) -> HttpResponse:
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    asked = request.POST if request.method == "POST" else request.GET
    place = PlaceForm(asked)
    if not place.is_valid():
        raise Http404
    wanted = {name: place.cleaned_data[name] for name in ("after", "branch")}
    found = {name: drafting.node_of(track, pk) if pk else None for name, pk in wanted.items()}
    form = NodeForm(_sent(request), kind=_kind(asked), at=now)
    if any(pk and found[name] is None for name, pk in wanted.items()):
        if request.method == "GET":
            raise Http404
        gone = _("What this was to stand below is not in the draft any more. Add it again, and it stands at the top.")
        return _node_page(request, track, form, now=now, conflict=gone)
    branch = found["branch"]
    arm = place.cleaned_data["arm"] if branch else ""
    if (branch is not None) != bool(arm) or (branch and branch.kind != TrackNode.Kind.BRANCH):
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_add(request, track, form, after=found["after"], branch=branch, arm=arm, at=now))
        except SentBefore as before:
            return redirect(before.answer_url or "nurture:track_draft", *([] if before.answer_url else [public_id]))
        except LeadConflict as lost:
            return _node_page(request, track, form, place=place, now=now, conflict=str(lost))
        except MoveRefused as refused:
            form.add_error(None, str(refused))
    return _node_page(request, track, form, place=place, now=now)


@transaction.atomic
def _add(request: Request, track: Track, form: NodeForm, *, at: datetime, **place: Any) -> str:
    """Added once, however often it is sent; where it stands then."""
    form_id = request.POST.get("form_id", "")
    submit_once(form_id, by=request.user, at=at)
    made = drafting.add_node(track, values=form.values, **place)
    there = _at_node(track, made.pk)
    answered(form_id, answer_url=there)
    return there


@require_http_methods(BOTH)
def node(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    need_role(request, *WRITERS)
    now, track = timezone.now(), track_or_404(public_id)
    there = _at_node(track, pk)
    if (before := answer_before(request.POST.get("form_id", ""), by=request.user)) is not None:
        return redirect(before or there)
    found = drafting.node_of(track, pk)
    if found is None:
        return _gone(request, track, now=now)
    form = NodeForm(_sent(request), kind=found.kind, at=now, node=found)
    if request.method == "POST" and form.is_valid():
        form_id, seen = (request.POST.get(name, "") for name in ("form_id", "seen"))
        try:
            with transaction.atomic():
                submit_once(form_id, by=request.user, at=now, answer_url=there)
                drafting.change_node(found, values=form.cleaned_data, seen=seen)
        except SentBefore as sent:
            return redirect(sent.answer_url or there)
        except LeadConflict as lost:
            held = drafting.node_of(track, pk)
            if held is None:
                return _gone(request, track, now=now)
            theirs = form.differences(held)
            return _node_page(request, track, form, node=held, now=now, conflict=str(lost), theirs=theirs)
        return redirect(there)
    return _node_page(request, track, form, node=found, now=now)


def _gone(request: Request, track: Track, *, now: datetime) -> HttpResponse:
    """What was typed for a step that is gone is kept, and can be added anew; nothing of an address that never was."""
    if request.POST.get("kind") not in TrackNode.Kind.values:
        raise Http404
    said = _("This step was removed meanwhile, or its draft published or discarded. Add it again, or leave it.")
    return _node_page(request, track, NodeForm(request.POST, kind=_kind(request.POST), at=now), now=now, conflict=said)


def _node_page(
    request: Request, track: Track, form: NodeForm, *, now: datetime, conflict: str = "", **more: Any
) -> HttpResponse:
    """Whoever has read a conflict, and sends again, means it: the page is of the state that it shows then."""
    kinds = [(value, label, ICONS[TrackNode.Kind(value)]) for value, label in TrackNode.Kind.choices]
    found = more.get("node")
    seen = "" if conflict else request.POST.get("seen", "")
    context = {
        "track": track,
        "form": form,
        "kind": form.kind,
        "kinds": kinds,
        "now": now,
        "conflict": conflict,
        "form_id": request.POST.get("form_id") or new_form_id(),
        "seen": seen or (mark_of_node(found) if found else ""),
        **more,
    }
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "nurture/node.html", context, status=status)


@require_POST
def node_move(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    need_role(request, *WRITERS)
    up = request.POST.get("to") == "up"
    return _to_draft(request, public_id, pk, lambda found, seen: drafting.move_node(found, up=up, seen=seen))


@require_POST
def node_remove(request: Request, public_id: UUID, pk: int) -> HttpResponse:
    """Asked first what goes along: what stands in the arms of a branch, the words of a letter or of a step of ours."""
    need_role(request, *WRITERS)
    if "sure" not in request.POST and (asked := _question(request, public_id, pk)) is not None:
        return asked
    return _to_draft(request, public_id, pk, lambda found, seen: drafting.remove_node(found, seen=seen))


def _question(request: Request, public_id: UUID, pk: int) -> HttpResponse | None:
    """None where nothing is lost but the node itself, or it is gone, or was removed by this very form."""
    track = track_or_404(public_id)
    found = drafting.node_of(track, pk)
    if found is None or answer_before(request.POST.get("form_id", ""), by=request.user) is not None:
        return None
    flow = flow_of(found.version_id)
    below = [node for arm in TrackNode.Arm.values for node, _depth in flow.in_order(found, arm)]
    if not below and found.kind != TrackNode.Kind.EMAIL and not found.words:
        return None
    names = Names([found, *below])
    context = {
        "track": track,
        "node": found,
        "title": as_read(names.title(found)),
        "below": [as_read(names.title(node)) for node in below],
        "words": as_read(found.text or found.words),
        "seen": request.POST.get("seen") or mark_of_draft(flow),
        "form_id": request.POST.get("form_id") or new_form_id(),
    }
    return render(request, "nurture/node_remove.html", context)


def _to_draft(request: Request, public_id: UUID, pk: int, act: Callable[[TrackNode, str], None]) -> HttpResponse:
    now, track = timezone.now(), track_or_404(public_id)
    there = f"{reverse('nurture:track_draft', args=[public_id])}#flow"
    form_id, seen = (request.POST.get(name, "") for name in ("form_id", "seen"))
    if answer_before(form_id, by=request.user) is not None:
        return redirect(there)
    found = drafting.node_of(track, pk)
    version = track.versions.filter(published_at=None).first()
    if found is None and not seen:
        raise Http404
    if version is None:
        tell(request, _("The draft was published or discarded meanwhile."), level=messages.WARNING)
        return redirect("nurture:track", public_id)
    try:
        with transaction.atomic():
            submit_once(form_id, by=request.user, at=now, answer_url=there)
            if found is None:
                raise drafting.DraftChanged(_("Somebody has removed this step since you opened this page."))
            act(found, seen)
    except SentBefore:
        return redirect(there)
    except drafting.DraftChanged as changed:
        return draft_page(request, track, version, now=now, conflict=str(changed))
    except LeadConflict as lost:
        tell(request, str(lost), level=messages.WARNING)
    return redirect(there)


def _at_node(track: Track, pk: int) -> str:
    return f"{reverse('nurture:track_draft', args=[track.public_id])}#node-{pk}"


def _kind(asked: QueryDict) -> str:
    kind = asked.get("kind", "")
    return kind if kind in TrackNode.Kind.values else TrackNode.Kind.EMAIL


def _sent(request: Request) -> QueryDict | None:
    """What was sent, though it be nothing."""
    return request.POST if request.method == "POST" else None
