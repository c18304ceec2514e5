"""The library: search first, then what is there."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from content.actions.using import correct_searches, follow_offer, miss_search
from content.actions.watching import hear_of_assets
from content.forms.library import LibraryFilters
from content.library import find_assets
from content.meant import meant
from content.models import Asset, AssetNotice
from content.models.use import Place
from content.places import place_of
from content.views.access import need_role
from content.words import query_words
from team.addresses import read_shown
from team.company_time import company_day
from team.http import Request
from team.models import Role

NOTICES_SHOWN = 20


@require_GET
@never_cache
def library(request: Request) -> HttpResponse:
    """A search that finds nothing is demand, and noted; whoever follows what it may have meant takes that back:
    `instead_of` is what they had written."""
    need_role(request, *Role)
    now = timezone.now()
    today = company_day(now)
    filters = LibraryFilters(request.GET, user=request.user, on=today)
    wanted, after = filters.wanted, request.GET.get("after", "")
    listed = find_assets(wanted, by=request.user, after=after, at=now, on=today)
    is_search = not after and not wanted.state and not wanted.is_unreadable and bool(wanted.words or wanted.asked)
    if is_search and wanted.words:
        follow_offer(query_words(request.GET.get("instead_of", "")), wanted.asked, by=request.user, at=now)
        correct_searches(wanted.words, wanted.asked, place=place_of(request), by=request.user, at=now)
    is_missed = is_search and not listed.cards
    spelt = meant(wanted.words) if is_missed else ""
    # What is offered is there.
    if spelt and not find_assets(replace(wanted, q=spelt), by=request.user, at=now, on=today).cards:
        spelt = ""
    if is_missed:
        miss_search(wanted.words, wanted.asked, place=place_of(request), by=request.user, at=now)
    notices = _notices(request)
    context = {
        "now": now,
        "filters": filters,
        "wanted": wanted,
        "listed": listed,
        "after": after,
        "came_from": request.GET.get("from", "") if request.GET.get("from", "") in Place.values else "library",
        "is_missed": is_missed,
        "meant": spelt,
        "notices": notices[:NOTICES_SHOWN],
        "has_more_notices": len(notices) > NOTICES_SHOWN,
        "is_seller": request.user.has_role(Role.BDR) or request.user.has_role(Role.AE),
        "is_keeper": Asset().is_kept_by(request.user),
    }
    return render(request, "content/library.html", context)


@require_POST
def library_heard(request: Request) -> HttpResponse:
    """What she was shown."""
    need_role(request, *Role)
    hear_of_assets(by=request.user, at=timezone.now(), shown=read_shown(request.POST))
    return redirect("content:library")


def _notices(request: Request) -> list[AssetNotice]:
    """One more than the page shows, where there are more."""
    unheard = AssetNotice.objects.unheard_by(request.user).select_related("asset__successor", "asset__handed_in_by")
    return list(unheard.order_by("-pk")[: NOTICES_SHOWN + 1])
