"""The page of an asset for who works here, and what she does with it: uses it, judges it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from content.actions.using import judge_asset, open_asset, take_thumb_back, use_assets
from content.asset_page import USERS_PAGE, page_of, reached_by
from content.forms.keeping import ThumbForm
from content.models import Asset
from content.places import place_of
from content.views.access import visible_asset
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.company_time import company_day
from team.http import Request, tell

PAGES_MAX = 1000


@require_GET
@never_cache
def asset_page(request: Request, public_id: UUID) -> HttpResponse:
    asset = visible_asset(request, public_id)
    open_asset(asset, place=place_of(request), by=request.user, at=timezone.now())
    return _page(request, asset, None)


@require_GET
@never_cache
def asset_users(request: Request, public_id: UUID) -> HttpResponse:
    """Everybody of ours who has seen or used it."""
    asset = visible_asset(request, public_id)
    number = max(min(read_number(request.GET.get("page", "")) or 1, PAGES_MAX), 1)
    found = list(reached_by(asset)[(number - 1) * USERS_PAGE : number * USERS_PAGE + 1])
    context = {
        "now": timezone.now(),
        "asset": asset,
        "found": found[:USERS_PAGE],
        "number": number,
        "next_number": number + 1 if len(found) > USERS_PAGE else 0,
    }
    return render(request, "content/asset_users.html", context)


@require_POST
def use(request: Request, public_id: UUID) -> HttpResponse:
    """She gave it to somebody, or spoke by it."""
    asset, now = visible_asset(request, public_id), timezone.now()
    there = redirect("content:asset_page", asset.public_id)
    on = company_day(now)
    if asset.is_over(on=on):
        tell(request, _("It is not given out any more."))
        return there
    if not Asset.objects.in_use(on=on).filter(pk=asset.pk).exists():
        tell(request, _("Nobody has approved it yet: it counts as used once it can be given out."))
        return there
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now)
            use_assets([asset.pk], place=place_of(request), by=request.user, at=now)
    except SentBefore:
        return there
    tell(request, _("Noted: you used “%(title)s”.") % {"title": asset.title})
    return there


@require_POST
def thumb(request: Request, public_id: UUID) -> HttpResponse:
    asset = visible_asset(request, public_id)
    if request.POST.get("take_back"):
        take_thumb_back(asset, by=request.user)
        tell(request, _("Taken back."))
        return redirect("content:asset_page", asset.public_id)
    version = asset.versions.filter(approved_at__isnull=False).order_by("-is_current", "-number").first()
    form = ThumbForm(request.POST)
    if version is None:
        form.add_error(None, _("There is nothing yet to think of."))
    if version is None or not form.is_valid():
        return _page(request, asset, form, status=422)
    is_up, reason = form.cleaned_data["thumb"] == ThumbForm.UP, form.cleaned_data["reason"]
    judge_asset(asset, version, is_up=is_up, reason=reason, by=request.user, at=timezone.now())
    tell(request, _("Thank you: whoever keeps it reads this."), drafts=[f"asset-{asset.pk}-thumb"])
    return redirect("content:asset_page", asset.public_id)


def _page(request: Request, asset: Asset, form: ThumbForm | None, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    page = page_of(asset, by=request.user, at=now, on=company_day(timezone.now()))
    mine = page.mine
    said = {"thumb": ThumbForm.UP if mine.is_up else ThumbForm.DOWN, "reason": mine.reason} if mine else {}
    context = {
        "now": now,
        "asset": asset,
        "page": page,
        "form": form or ThumbForm(initial=said),
        "form_id": new_form_id(),
        "is_keeper": asset.is_kept_by(request.user),
        "address": request.build_absolute_uri(reverse("content:asset", args=[asset.public_id])),
    }
    return render(request, "content/asset.html", context, status=status)
