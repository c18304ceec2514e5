"""Companies: the list, the page of one, and what it is to us. Whoever holds a role may read; who may say it decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account, Standing
from leads.account_list import accounts_like
from leads.account_page import AccountPage
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.standing import Consequences, consequences_of, may_say_standing, set_standing
from leads.forms.accounts import AccountFilter, StandingForm
from leads.views.access import need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.http import Request, tell
from team.models import Role


@require_GET
@never_cache
def accounts(request: Request) -> HttpResponse:
    need_role(request, *Role)
    form = AccountFilter(request.GET)
    values, after = form.values, request.GET.get("after", "")
    owner = read_number(values.get("owner", ""))
    context = {
        "now": timezone.now(),
        "form": form,
        "values": values,
        "after": after,
        "owner": owner,
        "standings": Standing.choices,
        "listed": accounts_like(
            q=values.get("q", ""),
            standing=values.get("standing", ""),
            owner=owner,
            after=after,
        ),
    }
    return render(request, "leads/accounts.html", context)


@require_GET
@never_cache
def account(request: Request, public_id: UUID) -> HttpResponse:
    need_role(request, *Role)
    now = timezone.now()
    found = _account(public_id)
    context = {
        "now": now,
        "account": found,
        "page": AccountPage(found, request.user, now=now),
        "may_add": bool(request.user.teams_as(Role.BDR, Role.MANAGER)),
        "form_id": new_form_id(),
    }
    return render(request, "leads/account.html", context)


@require_http_methods(["GET", "POST"])
def account_standing(request: Request, public_id: UUID) -> HttpResponse:
    """What a standing would end and what stays; sent from there it is so."""
    need_role(request, *Role)
    if not may_say_standing(request.user):
        raise PermissionDenied
    found = _account(public_id)
    if request.method == "POST":
        form = StandingForm(request.POST, owner=found.owner)
        if form.is_valid():
            return _say(request, found, form)
        return _preview(request, found, form, status=422)
    is_chosen = bool(request.GET.get("standing"))
    form = StandingForm(
        request.GET if is_chosen else None,
        owner=found.owner,
        initial={"standing": found.standing, "owner": found.owner_id, "reopen": True, "version": found.version},
    )
    return _preview(request, found, form, status=422 if is_chosen and not form.is_valid() else 200)


def _say(request: Request, found: Account, form: StandingForm) -> HttpResponse:
    there = reverse("leads:account", args=[found.public_id])
    asked, now = form.cleaned_data, timezone.now()
    try:
        with transaction.atomic():
            submit_once(asked["form_id"], by=request.user, at=now, answer_url=there)
            done = set_standing(
                found,
                standing=asked["standing"],
                owner=asked["owner"],
                reopen=asked["reopen"],
                expect=asked["version"],
                by=request.user,
                at=now,
            )
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except MoveRefused as refused:
        form.add_error(None, str(refused))
        return _preview(request, found, form, status=422)
    except LeadConflict as conflict:
        return _preview(request, _account(found.public_id), form, status=409, conflict=conflict)
    tell(request, _told(found, done))
    return redirect(there)


def _preview(
    request: Request, found: Account, form: StandingForm, *, status: int = 200, conflict: Exception | None = None
) -> HttpResponse:
    context: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        context = {
            "chosen": Standing(asked["standing"]).label,
            "is_new": asked["standing"] != found.standing,
            "owner_differs": asked["owner"] != found.owner,
            "new_owner": asked["owner"],
            "differs": asked["standing"] != found.standing or asked["owner"] != found.owner,
            "then": consequences_of(found, asked["standing"], to=request.user),
        }
    context |= {
        "now": timezone.now(),
        "account": found,
        "form": form,
        "form_id": new_form_id(),
        "conflict": conflict,
    }
    return render(request, "leads/account_standing.html", context, status=status)


def _told(found: Account, done: Consequences) -> str:
    said = [_("%(name)s: %(standing)s.") % {"name": found, "standing": found.get_standing_display().lower()}]
    if done.ends:
        count = len(done.ends)
        said.append(ngettext("%(count)s lead ended.", "%(count)s leads ended.", count) % {"count": count})
    if done.again:
        count = len(done.again)
        said.append(ngettext("%(count)s lead goes on.", "%(count)s leads go on.", count) % {"count": count})
    return " ".join(said)


def _account(public_id: UUID) -> Account:
    return get_object_or_404(Account.objects.select_related("owner").prefetch_related("domains"), public_id=public_id)
