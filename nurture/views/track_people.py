"""Who stands behind the figures of a track, and who sleeps and is fed by nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import called
from agreement.models import ReasonRule
from leads.models import Lead
from leads.views.access import need_role
from nurture import listing
from nurture.models import Track, TrackNode, TrackVersion
from nurture.telling import Names
from nurture.unfed import Why, unfed_leads
from team.addresses import read_moment, read_number
from team.http import Request
from team.models import Role, User

PAGE = 50


@require_GET
@never_cache
def track_people(request: Request, public_id: UUID) -> HttpResponse:
    """The people behind one figure: of the whole track, or of one node of one of its versions."""
    need_role(request, *Role)
    now = timezone.now()
    track = Track.objects.filter(public_id=public_id).first()
    asked = request.GET.get("node")
    pk = read_number(asked or "")
    node = TrackNode.objects.filter(pk=pk, version__track=track).select_related("version").first() if pk else None
    if track is None or (asked and node is None):
        raise Http404
    names = _of_kind(node) if node else _of_track(track)
    what = listing.any_of(request.GET.get("what", ""), names)
    rows = listing.of_node(node, what) if node else listing.of_track(track, what, at=now)
    after = read_number(request.GET.get("after", ""))
    total, seen = rows.count(), rows.visible_to(request.user)
    people, following = listing.listed(seen, after=after)
    newest = TrackVersion.objects.filter(track=track, published_at__isnull=False).order_by("-number").first()
    context = {
        "now": now,
        "track": track,
        "node": node,
        "is_newest": bool(node and newest and node.version_id == newest.pk),
        "node_title": Names([node]).title(node) if node else "",
        "title": names[what],
        "span": _span(what),
        "names": list(names.items()),
        "what": what,
        "total": total,
        "hidden": total - seen.count(),
        "people": people,
        "next_url": _with(request, after=following) if following else "",
        "first_url": _with(request, after=None) if after else "",
    }
    return render(request, "nurture/people.html", context)


def _span(what: str) -> str:
    if what in listing.OF_FANS:
        return _("of all it ever fed")
    return _("now") if what == "under_way" else _("of those who came in the last 90 days")


def _of_track(track: Track) -> dict[str, Any]:
    """Whom it leaves without is asked only where it does or did."""
    held_out = track.hold_out_percent or track.enrolments.filter(is_held_out=True).exists()
    shown = {name: bool(held_out) for name in listing.BY_LOT}
    shown |= dict.fromkeys(listing.OF_FANS, track.is_fan_base)
    return {name: label for name, label in listing.OF_TRACK.items() if shown.get(name, True)}


def _of_kind(node: TrackNode) -> dict[str, Any]:
    """The figures that such a node has."""
    kinds = {
        "email": ("sent", "opened", "clicked", "replied"),
        "branch": ("yes",),
        "step": listing.STEPS,
        "goal": ("reached",),
    }
    left = () if node.kind == TrackNode.Kind.GOAL else ("left",)
    wanted = ("came", *kinds.get(node.kind, ()), "skipped", *left, "here")
    return {name: label for name, label in listing.OF_NODE.items() if name in wanted}


def whys_of(user: User) -> list[tuple[str, str, int]]:
    """Of whom she may see, how many are fed by nothing for each reason."""
    found = unfed_leads(Lead.objects.visible_to(user)).order_by()
    counted = dict(found.values_list("why").annotate(n=Count("pk")))
    return [(why.value, str(why.label), counted[why.value]) for why in Why if why.value in counted]


@require_GET
@never_cache
def unfed(request: Request) -> HttpResponse:
    """Each with the reason, who wakes first on top."""
    need_role(request, *Role)
    whys = whys_of(request.user)
    why = request.GET.get("why", "")
    why = why if why in Why.values else ""
    found = unfed_leads(Lead.objects.visible_to(request.user))
    if why:
        found = found.filter(why=why)
    place = _place(request.GET.get("after", ""))
    if place is not None:
        found = found.filter(wake_at__gte=place[0]).exclude(wake_at=place[0], pk__lte=place[1])
    rows: list[Any] = list(
        found.order_by("wake_at", "pk").values(
            "pk", "public_id", "wake_at", "why", given=F("person__given_name"), family=F("person__family_name"),
            known_by=F("person__known_by"), company_name=F("account__name"), bdr_name=F("bdr__name"),
            team_name=F("team__name"), category=F("sleep__category"),
        )[: PAGE + 1]
    )  # fmt: skip
    following = f"{rows[PAGE - 1]['wake_at'].isoformat()}_{rows[PAGE - 1]['pk']}" if len(rows) > PAGE else ""
    context = {
        "now": timezone.now(),
        "whys": whys,
        "why": why,
        "people": [_said(row) for row in rows[:PAGE]],
        "next_url": _with(request, after=following) if following else "",
        "first_url": _with(request, after=None) if place else "",
    }
    return render(request, "nurture/unfed.html", context)


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "public_id": row["public_id"],
        "name": called(row["given"], row["family"], row["known_by"]),
        "company": row["company_name"] or "",
        "why": str(Why(row["why"]).label),
        "wake_at": row["wake_at"],
        "category": str(ReasonRule.Category(row["category"]).label) if row["category"] else "",
        "owner": row["bdr_name"] or _("pool of %(team)s") % {"team": row["team_name"]},
    }


def _place(text: str) -> tuple[Any, int] | None:
    moment, _bar, pk = text.rpartition("_")
    found, key = read_moment(moment), read_number(pk)
    return None if found is None or key is None else (found, key)


def _with(request: Request, *, after: object) -> str:
    asked = request.GET.copy()
    asked.pop("after", None)
    if after is not None:
        asked["after"] = str(after)
    return f"?{asked.urlencode()}"
