"""What is done to an asset: added or handed in, changed, given a version, approved, retired, put back."""

from __future__ import annotations

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

from content.actions.keeping import (
    AssetChanged,
    AssetRefused,
    add_asset,
    add_version,
    approve_version,
    change_asset,
    last_event,
    restore_asset,
    retire_asset,
)
from content.actions.uploading import held_by, receive_file
from content.alike import alike
from content.asset_page import theirs_and_yours
from content.filetypes import FileRefused
from content.forms.keeping import AboutForm, MadeForm, NewAssetForm, RetireForm, VersionForm, said_of_request
from content.models import Asset, ContentRequest
from content.views.access import kept_asset, need_role
from team.actions.submitting import SentBefore, answer_before, answered, new_form_id, submit_once
from team.addresses import read_number, read_uuid
from team.company_time import company_day
from team.http import Request, tell
from team.models import Role

DRAFT = "asset-new"


@require_http_methods(["GET", "POST"])
def asset_new(request: Request) -> HttpResponse:
    """A keeper adds, anybody else hands in; for a request, beginning with what it says, and back to it, where one press
    answers it. What may be there already is shown before anything is kept twice."""
    need_role(request, *Role)
    wanted = read_uuid(request.GET.get("request", ""))
    asked = ContentRequest.objects.visible_to(request.user).filter(public_id=wanted).first() if wanted else None
    draft = f"asset-for-{asked.public_id}" if asked else DRAFT
    form = NewAssetForm(
        _sent(request), request.FILES or None, user=request.user, host=request.get_host(),
        initial={"form": "link", **(said_of_request(asked) if asked else {})},
    )  # fmt: skip
    context: dict[str, Any] = {"form": form, "draft": draft, "asked": asked}
    status = 200
    if request.method == "POST":
        status = 422
        if (before := answer_before(request.POST.get("form_id", ""), by=request.user)) is not None:
            # What it added would be taken for something like it.
            return redirect(before or "content:library")
        if _is_whole(request, form):
            about, made = form.about, form.made
            found = alike(title=about.title, url=made.url, upload=made.upload, text=made.text, by=request.user)
            if found and not form.cleaned_data["is_other"]:
                context["alike"], status = found, 409
            else:
                try:
                    return _added(request, form, draft, asked)
                except SentBefore as sent:
                    return redirect(sent.answer_url or "content:library")
                except AssetRefused as refused:
                    form.add_error(_field_of(form, refused), str(refused))
    context |= {"form_id": new_form_id(), "held": form.upload}
    return render(request, "content/asset_new.html", context, status=status)


@transaction.atomic
def _added(request: Request, form: NewAssetForm, draft: str, asked: ContentRequest | None) -> HttpResponse:
    now, form_id = timezone.now(), request.POST.get("form_id", "")
    submit_once(form_id, by=request.user, at=now)
    asset = add_asset(form.about, form.made, by=request.user, at=now)
    url = reverse("content:asset_page", args=[asset.public_id])
    if asked and asked.is_open and asked.is_kept_by(request.user):
        url = f"{reverse('content:request', args=[asked.public_id])}?made={asset.public_id}"
    answered(form_id, answer_url=url)
    said = _("Handed in: marketing decides on it.") if asset.handed_in_by_id else _("“%(title)s” is in the library.")
    tell(request, said % {"title": asset.title}, drafts=[draft])
    return redirect(url)


@require_http_methods(["GET", "POST"])
def asset_edit(request: Request, public_id: UUID) -> HttpResponse:
    """What is said of it. Whoever began with an older state is shown what has changed since, and keeps what was typed;
    whoever has read that, and sends again, means it."""
    asset = kept_asset(request, public_id)
    seen = read_number(request.POST.get("seen", "")) or 0
    if request.method == "GET":
        # In this order: what comes between the two is a conflict, and not overwritten.
        seen = last_event(asset)
        asset.refresh_from_db()
    form = AboutForm(_sent(request), user=request.user, asset=asset)
    context: dict[str, Any] = {"asset": asset, "form": form, "seen": seen}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_asset(asset, form.about, by=request.user, at=timezone.now(), seen=seen)
            except AssetChanged as changed:
                context |= {"seen": last_event(asset), "conflict": str(changed)}
                asset.refresh_from_db()
                context["theirs"], status = theirs_and_yours(asset, form.about), 409
            except AssetRefused as refused:
                form.add_error(_field_of(form, refused), str(refused))
            else:
                tell(request, _("Saved."), drafts=[f"asset-{asset.pk}-edit"])
                return redirect("content:asset_page", asset.public_id)
    return render(request, "content/asset_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def version_new(request: Request, public_id: UUID) -> HttpResponse:
    """The next version: kept beside the current one, or current at once."""
    asset = kept_asset(request, public_id)
    current = asset.versions.filter(is_current=True).first()
    initial = {"form": current.form, "text": current.text} if current else {"form": "link"}
    form = VersionForm(_sent(request), request.FILES or None, host=request.get_host(), initial=initial)
    if request.method == "POST" and _is_whole(request, form):
        is_approved = request.POST.get("approve") == "1"
        try:
            with transaction.atomic():
                submit_once(request.POST.get("form_id", ""), by=request.user, at=timezone.now())
                made = add_version(asset, form.made, is_approved=is_approved, by=request.user, at=timezone.now())
        except SentBefore:
            return redirect("content:asset_page", asset.public_id)
        except AssetRefused as refused:
            form.add_error(_field_of(form, refused), str(refused))
        else:
            said = _leads_to(asset, made.number) if is_approved else _kept_beside(asset, made.number)
            tell(request, said, drafts=[f"asset-{asset.pk}-version"])
            return redirect("content:asset_page", asset.public_id)
    context = {"asset": asset, "form": form, "form_id": new_form_id(), "held": form.upload}
    return render(request, "content/version_new.html", context, status=422 if form.errors else 200)


def _leads_to(asset: Asset, number: int) -> str:
    """What is so once a version is current: an address leads to none of what has expired."""
    if asset.is_expired(on=company_day(timezone.now())):
        said = _("Version %(number)d is current. It has expired: give it another day, and its address leads there.")
    else:
        said = _("Version %(number)d is what its address leads to now.")
    return said % {"number": number}


def _kept_beside(asset: Asset, number: int) -> str:
    said = _("Version %(number)d is kept; the address leads to the current one as before.")
    if asset.is_over(on=company_day(timezone.now())):
        said = _("Version %(number)d is kept; the address leads to no version as long as the asset is over.")
    return said % {"number": number}


@require_POST
def approve(request: Request, public_id: UUID, number: int) -> HttpResponse:
    asset = kept_asset(request, public_id)
    version = asset.versions.filter(number=number).first()
    if version is None:
        raise Http404
    try:
        approve_version(version, by=request.user, at=timezone.now())
    except AssetRefused as refused:
        tell(request, str(refused), level=messages.WARNING)
    else:
        tell(request, _leads_to(asset, number))
    return redirect("content:asset_page", asset.public_id)


@require_http_methods(["GET", "POST"])
def retire(request: Request, public_id: UUID) -> HttpResponse:
    asset = kept_asset(request, public_id)
    following = asset.successor
    form = RetireForm(_sent(request), initial={"successor": following.public_id if following else ""})
    if request.method == "POST" and form.is_valid():
        read = form.cleaned_data
        try:
            retire_asset(
                asset, because=read["because"], successor=read["successor"], by=request.user, at=timezone.now()
            )
        except AssetRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            tell(request, _("“%(title)s” is retired.") % {"title": asset.title}, drafts=[f"asset-{asset.pk}-retire"])
            return redirect("content:asset_page", asset.public_id)
    context = {"asset": asset, "form": form}
    return render(request, "content/retire.html", context, status=422 if form.errors else 200)


@require_POST
def restore(request: Request, public_id: UUID) -> HttpResponse:
    asset = kept_asset(request, public_id)
    restore_asset(asset, by=request.user, at=timezone.now())
    tell(request, _("“%(title)s” is in the library again.") % {"title": asset.title})
    return redirect("content:asset_page", asset.public_id)


def _sent(request: Request) -> QueryDict | None:
    """What was sent, also where it is nothing at all."""
    return request.POST if request.method == "POST" else None


def _is_whole(request: Request, form: MadeForm) -> bool:
    """Whether everything is there. A file is received even where something else is missing: nobody chooses it twice."""
    now = timezone.now()
    form.is_valid()
    file = form.cleaned_data.get("file")
    if form.cleaned_data.get("form") == "file":
        if file is not None:
            try:
                form.upload = receive_file(file, name=file.name, by=request.user, at=now)
            except FileRefused as refused:
                form.add_error("file", str(refused))
        elif "file" not in form.errors:
            form.upload = held_by(request.user, form.held_pk, at=now)
    if missing := form.needs():
        form.add_error(missing, _("This is what it is made of: give it."))
    return not form.errors


def _field_of(form: Any, refused: AssetRefused) -> str | None:
    return refused.field if refused.field in form.fields else None
