"""Somebody is set away, by herself or her manager, with cover or without; what would happen is said first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.covering import Foreseen, end_absence, foresee_absence, given_back_in, may_cover, set_away
from leads.forms.away import AwayForm, bounds_words
from leads.views.access import managed_rep, need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.calendars import worktime_of_user
from team.http import Request, tell
from team.models import Absence, Role, User
from team.templatetags.midfield import moment_words, until_words


@require_http_methods(["GET", "POST"])
def rep_away(request: Request, pk: int) -> HttpResponse:
    """A manager sets a rep of hers away."""
    return _away(request, managed_rep(request, pk))


@require_http_methods(["GET", "POST"])
def away(request: Request) -> HttpResponse:
    """Somebody says herself when she is away and who covers."""
    need_role(request, Role.BDR, Role.AE)
    return _away(request, request.user)


def _away(request: Request, rep: User) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST" and "preview" not in request.GET:
        form = away_form(rep, request.POST, at=now)
        if _is_back(rep, request.POST.get("absence", ""), at=now):
            said = _("%(name)s is here again since you opened this page. Set them away anew if you want that.")
            return _page(request, rep, form, at=now, status=409, conflict=LeadConflict(said % {"name": rep}))
        if form.is_valid() and form.asks_for_cover:
            form.add_error("cover", _("Choose who covers."))
        if not form.is_valid():
            return _page(request, rep, form, at=now, status=422)
        return _set_away(request, rep, form, at=now)
    asked = request.POST or request.GET
    form = away_form(rep, asked if asked else None, at=now)
    if "preview" in request.GET and request.htmx:
        return HttpResponse(foreseen_words(rep, form, at=now))
    return _page(request, rep, form, at=now)


def _is_back(rep: User, absence: str, *, at: datetime) -> bool:
    """Whether the absence that a cover was asked for, if it was, is over by now."""
    return bool(absence) and not Absence.objects.covering(at).filter(user=rep, pk=read_number(absence) or 0).exists()


def _there(request: Request, rep: User) -> str:
    """Where one came from: her queue, or the manager's page."""
    return reverse("leads:queue") if rep.pk == request.user.pk else f"{reverse('leads:team')}#reps"


@require_POST
def absence_end(request: Request, pk: int) -> HttpResponse:
    """She is back, or it was a mistake: hers to say and her manager's."""
    absence = Absence.objects.select_related("user", "cover").filter(pk=pk).first()
    if absence is None or not _is_hers(request.user, absence):
        raise Http404
    there, given = _there(request, absence.user), given_back_in(absence)
    now = timezone.now()
    try:
        back = end_absence(absence, by=request.user, at=now)
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect(there)
    words = {"name": absence.user, "count": given, "absence": absence}
    said = _("%(name)s is here again: what was lent is back.") if back else _("%(name)s is here again.")
    if absence.starts_at > now:
        said = _("Cancelled: %(absence)s.")
    if given:
        said += " " + ngettext(
            "%(count)s lead went to the pool meanwhile, because nobody was there for it.",
            "%(count)s leads went to the pool meanwhile, because nobody was there for them.",
            given,
        )
    tell(request, said % words)
    return redirect(there)


def away_form(user: User, data: Any, *, at: datetime) -> AwayForm:
    """With the days of her own calendar, and who could cover her; the one who alone could is proposed."""
    running = Absence.objects.covering(at).filter(user=user, cover=None).first()
    form = AwayForm(data, user=user, calendar=worktime_of_user(user, at=at), at=at, running=running)
    if not form.is_bound:
        able = list(may_cover(user, at=at)[:2])
        form.initial = {"cover": able[0] if len(able) == 1 else None}
    return form


def foreseen_words(user: User, form: AwayForm, *, at: datetime) -> str:
    """What would happen, as a sentence; of a form that cannot be sent, why."""
    if form.is_bound and not form.is_valid():
        return " ".join(str(error) for errors in form.errors.values() for error in errors)
    if not form.is_bound:
        cover = getattr(form.initial.get("cover"), "pk", "")
        form = AwayForm({"cover": cover}, user=user, calendar=form.calendar, at=at, running=form.running)
        form.is_valid()
    if form.running and form.asks_for_cover:
        words = {"name": user, "until": until_words(form.running.ends_at, now=at)}
        return _("%(name)s is away until %(until)s. Choose who covers.") % words
    starts_at, ends_at = form.span
    cover = form.cleaned_data["cover"]
    try:
        told = foresee_absence(user, starts_at=starts_at, ends_at=ends_at, cover=cover, at=at)
    except MoveRefused as refused:
        return str(refused)
    span = {"start": moment_words(told.starts_at, now=at), "until": until_words(told.ends_at, now=at)}
    when = _("Away until %(until)s.") if told.starts_at <= at else _("Away from %(start)s until %(until)s.")
    said = _without_cover(told) if cover is None else _with_cover(told, cover, at=at)
    return " ".join([when % span, *said])


def _without_cover(told: Foreseen) -> list[str]:
    said = []
    if told.given_back:
        words = ngettext(
            "Longer than two working days without cover: %(count)s lead goes to the pool when it begins.",
            "Longer than two working days without cover: %(count)s leads go to the pool when it begins.",
            told.given_back,
        )
        said.append(words % {"count": told.given_back})
    if told.late or not told.given_back:
        said.append(_late_words(told))
    said += _freed_words(told)
    return said if told.given_back else [*said, _("Who asks to be called goes to the others.")]


def _with_cover(told: Foreseen, cover: User, *, at: datetime) -> list[str]:
    lent = ngettext(
        "%(count)s thing that was promised or is waited for is lent to %(name)s.",
        "%(count)s things that were promised or are waited for are lent to %(name)s.",
        told.lent,
    )
    slid = ngettext(
        "%(count)s planned step waits until %(back)s.", "%(count)s planned steps wait until %(back)s.", told.slid
    )
    back = moment_words(told.back_at or told.ends_at, now=at)
    said = [lent % {"count": told.lent, "name": cover}] if told.lent else []
    if told.slid:
        said.append(slid % {"count": told.slid, "back": back})
    if told.reserved:
        taken = ngettext(
            "%(count)s lead reserved in the pool passes to %(name)s.",
            "%(count)s leads reserved in the pool pass to %(name)s.",
            told.reserved,
        )
        said.append(taken % {"count": told.reserved, "name": cover})
    if said:
        said.append(_("It goes back by itself."))
    elif not (told.given_back or told.freed or told.late):
        said.append(_("Nothing waits for them meanwhile."))
    if told.elsewhere:
        teams = ", ".join(map(str, told.elsewhere))
        said.append(_("%(name)s does not work in %(teams)s: nobody covers there.") % {"name": cover, "teams": teams})
    for first, last in told.gaps:
        span = {"name": cover, "start": moment_words(first, now=at), "until": moment_words(last, now=at)}
        said.append(_("Nobody is there from %(start)s until %(until)s: %(name)s is away, too.") % span)
    if told.given_back:
        words = ngettext(
            "Longer than two working days without anybody: %(count)s lead goes to the pool.",
            "Longer than two working days without anybody: %(count)s leads go to the pool.",
            told.given_back,
        )
        said.append(words % {"count": told.given_back})
    if told.late:
        said.append(_late_words(told))
    return [*said, *_freed_words(told)]


def _freed_words(told: Foreseen) -> list[str]:
    words = ngettext(
        "%(count)s lead reserved in the pool goes to everybody.",
        "%(count)s leads reserved in the pool go to everybody.",
        told.freed,
    )
    return [words % {"count": told.freed}] if told.freed else []


def _late_words(told: Foreseen) -> str:
    return ngettext("%(count)s step becomes late.", "%(count)s steps become late.", told.late) % {"count": told.late}


def _set_away(request: Request, rep: User, form: AwayForm, *, at: datetime) -> HttpResponse:
    there = _there(request, rep)
    starts_at, ends_at = form.span
    cover = form.cleaned_data["cover"]
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            known = Absence.objects.filter(user=rep, starts_at__lt=ends_at, ends_at__gt=starts_at).exists()
            absence = set_away(rep, starts_at=starts_at, ends_at=ends_at, cover=cover, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except MoveRefused as refused:
        form.add_error(refused.field or None, str(refused))
        return _page(request, rep, form, at=at, status=422)
    except LeadConflict as conflict:
        return _page(request, rep, form, at=at, status=409, conflict=conflict)
    words = {"name": rep, "cover": cover, "until": until_words(absence.ends_at, now=at)}
    if rep.pk == request.user.pk:
        said = _("%(cover)s covers you until %(until)s.") if cover else _("You are away until %(until)s.")
    else:
        said = _("%(cover)s covers %(name)s until %(until)s.") if cover else _("%(name)s is away until %(until)s.")
    # Where it gave a cover to an absence there was, taking it back would bring her back.
    undo = reverse("leads:absence_end", args=[absence.pk]) if not known else ""
    tell(request, said % words, undo=undo)
    return redirect(there)


def _page(
    request: Request,
    rep: User,
    form: AwayForm,
    *,
    at: datetime,
    status: int = 200,
    conflict: Exception | None = None,
) -> HttpResponse:
    absence = Absence.objects.covering(at).filter(user=rep).select_related("cover").order_by("-ends_at").first()
    later = Absence.objects.filter(user=rep, starts_at__gt=at).select_related("cover").order_by("starts_at")[:5]
    is_own = rep.pk == request.user.pk
    context = {
        "now": at,
        "rep": rep,
        "form": form,
        "form_id": new_form_id(),
        "then": foreseen_words(rep, form, at=at),
        "absences": _with_bounds(rep, [*([absence] if absence else []), *later], at=at),
        "there": _there(request, rep),
        "is_own": is_own,
        "here": reverse("leads:away") if is_own else reverse("leads:rep_away", args=[rep.pk]),
        "conflict": conflict,
    }
    return render(request, "leads/away.html", context, status=status)


def _with_bounds(rep: User, absences: list[Absence], *, at: datetime) -> list[tuple[Absence, str]]:
    """Each with what its cover does not do."""
    return [
        (one, bounds_words(rep, [one.cover], starts_at=one.starts_at, ends_at=one.ends_at, at=at).get(one.cover.pk, ""))
        if one.cover
        else (one, "")
        for one in absences
    ]


def _is_hers(user: User, absence: Absence) -> bool:
    managed = set(user.teams_as(Role.MANAGER)) & set(absence.user.teams_as(Role.BDR, Role.MANAGER))
    return absence.user_id == user.pk or bool(managed)
