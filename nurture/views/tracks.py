"""Tracks and plays as everybody reads them: the list, one flow with its figures, and trying it on a person."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Person
from leads.actions.changing import LeadConflict, MoveRefused
from leads.finding import find
from leads.models import Lead
from leads.settings.telling import history_of
from leads.views.access import need_role
from nurture.actions.enrolling import enrol
from nurture.actions.moving import progress_of
from nurture.flow import flow_of
from nurture.following import ended_words
from nurture.forms.tracks import FindForm
from nurture.models import Enrolment, Track, TrackVersion
from nurture.seeing import people_seen_by
from nurture.telling import Figures, draws_of, fan_figures, goal_words, parts_of, tallies
from nurture.track_settings import KIND
from nurture.trying import try_on
from nurture.views.track_people import whys_of
from team.http import Request, tell
from team.models import Role, User

READERS = tuple(Role)
WRITERS = (Role.MARKETER, Role.ADMIN)
# So many who cannot be moved are named.
NAMED = 10


def may_write(request: Request) -> bool:
    return any(request.user.has_role(role) for role in WRITERS)


def track_or_404(public_id: UUID) -> Track:
    track = (
        Track.objects.select_related("topic", "need", "fallback", "owner", "goal_topic", "goal_criterion")
        .filter(public_id=public_id)
        .first()
    )
    if track is None:
        raise Http404
    return track


@require_GET
def tracks(request: Request) -> HttpResponse:
    """What feeds who sleeps, or what follows the first conversation; what was retired stands last."""
    need_role(request, *READERS)
    now = timezone.now()
    kind = Track.Kind.PLAY if request.GET.get("kind") == Track.Kind.PLAY else Track.Kind.TRACK
    found = list(Track.objects.filter(kind=kind).select_related("topic", "need", "fallback"))
    newest = dict(
        TrackVersion.objects.filter(track__in=found, published_at__isnull=False)
        .order_by("number")
        .values_list("track_id", "number")
    )
    drafts = set(TrackVersion.objects.filter(track__in=found, published_at=None).values_list("track_id", flat=True))
    counted = tallies(found, at=now)
    rows = [(one, newest.get(one.pk), one.pk in drafts, counted[one.pk]) for one in found]
    context = {
        "now": now,
        "kind": kind,
        "kinds": [(Track.Kind.TRACK, _("Tracks")), (Track.Kind.PLAY, _("Plays"))],
        "rows": [row for row in rows if row[0].retired_at is None],
        "retired": [row for row in rows if row[0].retired_at is not None],
        "may_write": may_write(request),
        "unfed": whys_of(request.user) if kind == Track.Kind.TRACK else [],
    }
    return render(request, "nurture/tracks.html", context)


@require_GET
def track(request: Request, public_id: UUID) -> HttpResponse:
    """The flow that runs, or the version that is asked for, with its figures."""
    need_role(request, *READERS)
    now, one = timezone.now(), track_or_404(public_id)
    versions = list(one.versions.order_by("-number").select_related("published_by"))
    published = [version for version in versions if version.published_at is not None]
    asked = request.GET.get("version", "")
    shown = next((version for version in published if str(version.number) == asked), None)
    shown = shown or next(iter(published), None)
    draft = next((version for version in versions if version.published_at is None), None)
    move = progress_of(one)
    context = {
        "now": now,
        "track": one,
        "goal": goal_words(one),
        "shown": shown,
        "newest": next(iter(published), None),
        "draft": draft,
        "versions": published,
        "parts": parts_of(flow_of(shown.pk), Figures.of(shown.pk)) if shown else [],
        "tally": tallies([one], at=now)[one.pk],
        "draws": draws_of(one, at=now),
        "fans": fan_figures(one) if one.is_fan_base else None,
        "older": Enrolment.objects.fed().filter(track=one).exclude(version=shown).count() if shown else 0,
        "move": move if move and move.goes_on else None,
        "stuck": _stuck(move.stuck, reader=request.user) if move and move.stuck else [],
        "may_write": may_write(request),
        "history": history_of(KIND, pk=one.pk, most=8) if may_write(request) else [],
    }
    return render(request, "nurture/track.html", context)


def _stuck(enrolments: Collection[int], *, reader: User) -> list[Enrolment]:
    """Those of them whom the reader may see, a handful by name."""
    rows = Enrolment.objects.visible_to(reader).filter(pk__in=enrolments).select_related("person", "lead")
    return list(rows.order_by("pk")[:NAMED])


@require_http_methods(["GET", "POST"])
def try_it(request: Request, public_id: UUID) -> HttpResponse:
    """Each step with the date it would have for somebody whose answers she may see. Posting puts her into it."""
    need_role(request, *READERS)
    now, one = timezone.now(), track_or_404(public_id)
    form = FindForm(request.POST if request.method == "POST" else request.GET)
    form.is_valid()
    asked = form.cleaned_data.get("person")
    seen = people_seen_by(request.user)
    person = seen.filter(public_id=asked).first() if asked else None
    if asked and person is None:
        raise Http404
    if request.method == "POST":
        return _enrol(request, one, person)
    versions = TrackVersion.objects.filter(track=one).select_related("track__fallback")
    version = versions.filter(published_at__isnull=False).order_by("-number").first()
    if request.GET.get("version") == "draft" and may_write(request):
        version = versions.filter(published_at=None).first() or version
    q = (form.cleaned_data.get("q") or "").strip()
    found = find(q, by=request.user) if q and not person else None
    ids = [one.public_id for one in found.people] if found else []
    context = {
        "now": now,
        "track": one,
        "version": version,
        "form": form,
        "q": q,
        "found": found,
        "seen": set(seen.filter(public_id__in=ids).values_list("public_id", flat=True)) if ids else set(),
        "trial": try_on(version, person, at=now) if person and version else None,
        "may_enrol": _may_enrol(request) and version is not None and version.published_at is not None,
    }
    return render(request, "nurture/try.html", context, status=422 if form.errors else 200)


def _may_enrol(request: Request) -> bool:
    return any(request.user.has_role(role) for role in (Role.BDR, Role.MANAGER, *WRITERS))


def _enrol(request: Request, track: Track, person: Person | None) -> HttpResponse:
    need_role(request, Role.BDR, Role.MANAGER, *WRITERS)
    here = reverse("nurture:track_try", args=[track.public_id])
    if person is None:
        return redirect(here)
    lead = Lead.objects.open().filter(person=person)
    if lead.exists() and not may_write(request) and not Lead.objects.workable_by(request.user).filter(pk__in=lead):
        raise PermissionDenied
    try:
        begun = enrol(person, track=track, by=request.user, at=timezone.now())
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect(f"{here}?person={person.public_id}")
    tell(request, ended_words(begun) or _("%(name)s is in “%(track)s” now.") % {"name": person, "track": track})
    return redirect("nurture:track", track.public_id)
