"""The pages of settings: one set of views for every kind. Nothing is saved before its page said what it touches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.settings.changing import (
    change_setting,
    move_setting,
    preview,
    preview_revert,
    remove_setting,
    revert_change,
    try_change,
)
from leads.settings.kind import Kind, SettingConflict, SettingForm, SettingRefused, mark_of
from leads.settings.registry import BY_MODEL, BY_SLUG, KINDS
from leads.settings.telling import history_of, tell_change
from leads.tasks import follow_settings
from leads.views.access import need_role
from team.actions.submitting import SentBefore, submit_once
from team.http import Request, tell
from team.models import Role, SettingChange
from team.templatetags.midfield import as_sentence

CONFLICTS = (SettingConflict, LeadConflict)
REFUSALS = (SettingRefused, MoveRefused)


@require_GET
def settings(request: Request) -> HttpResponse:
    need_role(request, Role.ADMIN)
    return redirect("leads:setting_list", KINDS[0].slug)


@require_GET
def setting_list(request: Request, slug: str) -> HttpResponse:
    need_role(request, Role.ADMIN)
    return _list(request, _kind(slug), at=timezone.now())


@require_http_methods(["GET", "POST"])
def setting_new(request: Request, slug: str) -> HttpResponse:
    need_role(request, Role.ADMIN)
    kind = _kind(slug)
    if not kind.may_add:
        raise Http404
    # Whom somebody new is like is asked beside what is typed already, and nothing of that is lost.
    if request.POST.get("like") and "copy" in request.POST:
        form = kind.form(None, given=request.POST.dict())
    else:
        form = kind.form(request.POST or None, given=request.GET.dict())
    return _form(request, kind, None, form, at=timezone.now())


@require_http_methods(["GET", "POST"])
def setting(request: Request, slug: str, pk: int) -> HttpResponse:
    need_role(request, Role.ADMIN)
    kind = _kind(slug)
    old = kind.read(pk)
    if old is None:
        raise Http404
    return _form(request, kind, pk, kind.form(request.POST or None, old=old), at=timezone.now())


@require_http_methods(["GET", "POST"])
def setting_retire(request: Request, slug: str, pk: int) -> HttpResponse:
    need_role(request, Role.ADMIN)
    kind = _kind(slug)
    old = kind.read(pk)
    if old is None or kind.retire_form is None:
        raise Http404
    form = kind.retire_form(request.POST or None, old=old)
    return _form(request, kind, pk, form, at=timezone.now(), verb=SettingChange.Verb.RETIRE)


@require_http_methods(["GET", "POST"])
def setting_remove(request: Request, slug: str, pk: int) -> HttpResponse:
    """What it is and what its end touches; sent from there, it is gone."""
    need_role(request, Role.ADMIN)
    kind = _kind(slug)
    old = kind.read(pk)
    if old is None or not kind.may_remove:
        raise Http404
    now = timezone.now()
    context: dict[str, Any] = {"kind": kind, "kinds": KINDS, "pk": pk, "name": kind.name_of(pk, old), "now": now}
    status = 200
    if request.method == "POST":
        try:
            remove_setting(kind, pk, by=request.user, at=now, seen=request.POST.get("seen", ""))
        except CONFLICTS as conflict:
            context["conflict"], status = str(conflict), 409
        except REFUSALS as refused:
            context["refused"], status = str(refused), 422
        else:
            tell(request, as_sentence(_("Removed: %(name)s") % {"name": context["name"]}))
            return redirect("leads:setting_list", slug)
    context |= {"touches": kind.touches_of_removal(pk, old, at=now), "seen": mark_of(old)}
    return render(request, "leads/settings/remove.html", context, status=status)


@require_POST
def setting_move(request: Request, slug: str, pk: int) -> HttpResponse:
    """One place up or down."""
    need_role(request, Role.ADMIN)
    kind = _kind(slug)
    if not kind.has_order or pk not in kind.order(pk):
        raise Http404
    now = timezone.now()
    try:
        change = move_setting(kind, pk, up=request.POST.get("to") == "up", by=request.user, at=now)
    except CONFLICTS as conflict:
        return _list(request, kind, at=now, conflict=str(conflict), status=409)
    if change:
        tell(request, _("Moved. No lead, person or promise moves with it."))
    return redirect("leads:setting_list", slug)


@require_http_methods(["GET", "POST"])
def setting_revert(request: Request, pk: int) -> HttpResponse:
    """What it would put back and touch; sent from there, it is put back."""
    need_role(request, Role.ADMIN)
    change = SettingChange.objects.filter(pk=pk).first()
    kind = BY_MODEL.get(change.model) if change else None
    if change is None or kind is None:
        raise Http404
    now = timezone.now()
    try:
        if request.method == "GET":
            said = preview_revert(kind, change, by=request.user, at=now)
            context = {"kind": kind, "kinds": KINDS, "was": tell_change(kind, change), "preview": said, "now": now}
            return render(request, "leads/settings/revert.html", context)
        revert_change(kind, change, by=request.user, at=now)
        _ring(kind)
    except CONFLICTS as conflict:
        return _list(request, kind, at=now, conflict=str(conflict), status=409)
    except REFUSALS as refused:
        return _list(request, kind, at=now, conflict=str(refused), status=422)
    tell(request, kind.told_of_revert(change))
    return redirect("leads:setting_list", kind.slug)


def _list(request: Request, kind: Kind, *, at: datetime, conflict: str = "", status: int = 200) -> HttpResponse:
    context = {
        "kind": kind, "kinds": KINDS, "groups": kind.groups(at=at), "history": history_of(kind), "now": at,
        "conflict": conflict,
    }  # fmt: skip
    return render(request, "leads/settings/list.html", context, status=status)


def _form(
    request: Request, kind: Kind, pk: int | None, form: SettingForm, *, at: datetime, verb: str = ""
) -> HttpResponse:
    """The form; sent, what it would change and touch; sent from there with `save`, it is done."""
    context: dict[str, Any] = {
        "kind": kind, "kinds": KINDS, "pk": pk, "form": form, "now": at, "verb": verb,
        "name": kind.name_of(pk, form.old) if form.old else "",
        "history": history_of(kind, pk=pk) if pk else [],
        "end": kind.end_words(kind.name_of(pk, form.old)) if verb and form.old else (),
    }  # fmt: skip
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            context["preview"] = preview(kind, pk, form.values, at=at)
            status = 200
            try:
                if "save" in request.POST:
                    return _save(request, kind, pk, form, at=at, verb=verb)
                # What saving would refuse is refused before its preview says go ahead.
                try_change(kind, pk, form.values, by=request.user, at=at, seen=form.cleaned_data["seen"])
            except CONFLICTS as conflict:
                context["conflict"], status = str(conflict), 409
            except REFUSALS as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused))
                context["preview"], status = None, 422
    return render(request, "leads/settings/form.html", context, status=status)


def _save(request: Request, kind: Kind, pk: int | None, form: SettingForm, *, at: datetime, verb: str) -> HttpResponse:
    there = reverse("leads:setting_list", args=[kind.slug])
    try:
        with transaction.atomic():
            submit_once(form.cleaned_data["form_id"], by=request.user, at=at, answer_url=there)
            seen = form.cleaned_data["seen"]
            change = change_setting(kind, pk, form.values, by=request.user, at=at, seen=seen, verb=verb)
            _ring(kind)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    name = kind.name_of(pk, (form.old or {}) | form.values)
    tell(request, _told(kind, change, name))
    return redirect((not pk and change and kind.after_adding(int(change.object_id))) or there)


def _ring(kind: Kind) -> None:
    if kind.is_followed:
        follow_settings.delay_on_commit()  # type: ignore[attr-defined]


def _told(kind: Kind, change: SettingChange | None, name: str) -> str:
    if change is None:
        return as_sentence(_("Nothing was changed: %(name)s") % {"name": name})
    if change.verb == SettingChange.Verb.RETIRE:
        return kind.told_of_end(name)
    return as_sentence(_("Saved: %(name)s") % {"name": name})


def _kind(slug: str) -> Kind:
    kind = BY_SLUG.get(slug)
    if kind is None:
        raise Http404
    return kind
