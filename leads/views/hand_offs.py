"""Hand-offs: the inbox of an AE, the brief of each on one screen, and everything sales answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import ContactPoint
from agreement.models import Phase, Reason
from leads.actions.acts import one_act
from leads.actions.answering import answer_criteria
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.handing import accept_hand_off, read_brief, reject_hand_off, withdraw_hand_off
from leads.actions.meetings import move_meeting
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    return_lead,
    stall_lead,
    win_lead,
)
from leads.brief import brief_of, verdicts_of
from leads.forms.hand_offs import OutcomeForm, Pick
from leads.forms.sales import Sales, may_answer, may_sell, may_take_back
from leads.inbox import View, inbox_of, outcome_due, views_of, whole_list
from leads.invitation import REQUEST, invitation
from leads.models import HandOff, Lead, LeadEvent
from leads.views.access import need_role, visible_lead
from team.actions.submitting import SentBefore, submit_once
from team.addresses import read_number
from team.http import Request, own_address, tell
from team.models import Role
from team.templatetags.midfield import written_day

PANELS = ("reject", "outcome", "move", "withdraw", "return", "win", "lose", "stall")


@require_GET
def hand_offs(request: Request) -> HttpResponse:
    need_role(request, Role.AE, Role.BDR, Role.MANAGER)
    return _list(request) or _inbox(request, None, now=timezone.now())


@require_GET
def hand_off_brief(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _visible(request, public_id)
    opened = request.GET.get("form", "")
    return _inbox(request, hand_off, now=timezone.now(), opened=opened if opened in PANELS else "")


@require_POST
def accept(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _answerable(request, public_id)

    def act(form: Any, now: datetime) -> str:
        accept_hand_off(hand_off, by=request.user, at=now)
        return _("Accepted: %(name)s.") % {"name": hand_off.lead.person}

    return _carry_out(request, hand_off, "accept", act)


@require_POST
def reject(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _answerable(request, public_id)

    def act(form: Any, now: datetime) -> str:
        reason: Reason = form.cleaned_data["reason"]
        event = reject_hand_off(hand_off, reason=reason, by=request.user, at=now, line=form.cleaned_data["line"])
        return _("Rejected: %(name)s. %(then)s") % {"name": hand_off.lead.person, "then": _then(form, reason, event)}

    return _carry_out(request, hand_off, "reject", act)


@require_POST
def outcome(request: Request, public_id: UUID) -> HttpResponse:
    """How the meeting went. The verdicts asked for are given with it, in the same transaction."""
    hand_off = _visible(request, public_id)
    user = request.user
    is_no_show = request.POST.get("outcome") == OutcomeForm.NO_SHOW
    if not may_answer(user, hand_off) and not (is_no_show and may_take_back(user, hand_off)):
        raise PermissionDenied

    def act(form: OutcomeForm, now: datetime) -> str:
        how, line, who = form.cleaned_data["outcome"], form.cleaned_data["line"], hand_off.lead.person
        if how == OutcomeForm.QUALIFIED:
            if form.answers:
                answer_criteria(hand_off.lead, answers=form.answers, by=user, at=now)
            record_qualified(hand_off, by=user, at=now, note=line)
            return _("Held and qualified: %(name)s.") % {"name": who}
        if how == OutcomeForm.NOT_QUALIFIED:
            reason: Reason = form.cleaned_data["reason"]
            event = record_not_qualified(hand_off, reason=reason, by=user, at=now, note=line, facts=form.facts)
            return _("Held and not qualified: %(name)s. %(then)s") % {"name": who, "then": _then(form, reason, event)}
        event = record_no_show(hand_off, by=user, at=now, note=line)
        return _ended(event) or _("No-show: %(name)s goes back to be rebooked.") % {"name": who}

    return _carry_out(request, hand_off, "outcome", act)


@require_POST
def move(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _visible(request, public_id)
    if not may_answer(request.user, hand_off) and not may_take_back(request.user, hand_off):
        raise PermissionDenied

    def act(form: Any, now: datetime) -> str:
        minutes, expect = form.cleaned_data["minutes"], form.cleaned_data["sequence"]
        move_meeting(hand_off, meeting=form.said, minutes=minutes, by=request.user, at=now, expect=expect)
        return _("Meeting moved. Send %(name)s the new invitation.") % {"name": hand_off.lead.person}

    return _carry_out(request, hand_off, "move", act, stay=True)


@require_POST
def withdraw(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _visible(request, public_id)
    if not may_take_back(request.user, hand_off):
        raise PermissionDenied

    def act(form: Any, now: datetime) -> str:
        event = withdraw_hand_off(hand_off, by=request.user, at=now, line=form.cleaned_data["line"])
        return _ended(event) or _("Taken back from %(name)s.") % {"name": hand_off.ae}

    return _carry_out(request, hand_off, "withdraw", act)


@require_POST
def give_back(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _sold(request, public_id)

    def act(form: Any, now: datetime) -> str:
        event = return_lead(hand_off.lead, by=request.user, at=now, line=form.cleaned_data["line"])
        return _ended(event) or _("Returned to %(name)s, due now.") % {"name": hand_off.lead.bdr or hand_off.bdr}

    return _carry_out(request, hand_off, "return", act)


@require_POST
def win(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _sold(request, public_id)

    def act(form: Any, now: datetime) -> str:
        win_lead(hand_off.lead, by=request.user, at=now, note=form.cleaned_data["line"])
        return _("Won: %(name)s.") % {"name": hand_off.lead.person}

    return _carry_out(request, hand_off, "win", act)


@require_POST
def lose(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _sold(request, public_id)

    def act(form: Any, now: datetime) -> str:
        reason: Reason = form.cleaned_data["reason"]
        said = {"vendor": form.cleaned_data["vendor"], "note": form.cleaned_data["line"]}
        lose_lead(hand_off.lead, reason=reason, by=request.user, at=now, **said)
        return _("Lost: %(name)s. %(then)s") % {"name": hand_off.lead.person, "then": _then(form, reason)}

    return _carry_out(request, hand_off, "lose", act)


@require_POST
def stall(request: Request, public_id: UUID) -> HttpResponse:
    hand_off = _sold(request, public_id)

    def act(form: Any, now: datetime) -> str:
        reason: Reason = form.cleaned_data["reason"]
        line = form.cleaned_data["line"]
        event = stall_lead(hand_off.lead, reason=reason, by=request.user, at=now, facts=form.facts, note=line)
        wake_at = datetime.fromisoformat(event.changes["wake_at"][1])
        words = {"name": hand_off.lead.person, "day": written_day(timezone.localdate(wake_at))}
        return _("%(name)s sleeps. Back on %(day)s.") % words

    return _carry_out(request, hand_off, "stall", act)


@require_GET
def invitation_file(request: Request, public_id: UUID) -> HttpResponse:
    """The meeting for one's own calendar; with `?for=her` the one to attach to a mail to her."""
    hand_off = _visible(request, public_id)
    if hand_off.meeting_at is None:
        raise Http404
    asked = REQUEST if request.GET.get("for") == "her" else ""
    addresses = ContactPoint.objects.filter(
        person=hand_off.lead.person_id, kind=ContactPoint.Kind.EMAIL, state__in=ContactPoint.USABLE
    )
    email = addresses.order_by("-is_primary", "pk").values_list("value", flat=True).first() or ""
    url = request.build_absolute_uri(reverse("leads:hand_off_brief", args=[public_id]))
    body = invitation(hand_off, at=timezone.now(), url=url, email=email, asked=asked)
    name = slugify(hand_off.lead.person.name) or "meeting"
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response


def _carry_out(
    request: Request,
    hand_off: HandOff,
    panel: str,
    act: Callable[[Any, datetime], str],
    *,
    stay: bool = False,
) -> HttpResponse:
    """Check the form, act once, say what was done; refused and lost races show the brief as it is now."""
    now, user, lead = timezone.now(), request.user, hand_off.lead
    there = _there(request, hand_off, stay=stay)
    form: Any = None
    if panel in PANELS:
        verdicts = verdicts_of(lead) if panel == "outcome" else ()
        sales = Sales(hand_off, user, at=now, verdicts=verdicts, opened=panel, data=request.POST)
        form = getattr(sales, "give_back" if panel == "return" else panel).form
        if not form.is_valid():
            return _inbox(request, hand_off, now=now, opened=panel, status=422, form=form)
    try:
        with transaction.atomic(), one_act() as done:
            submit_once(request.POST.get("form_id", ""), by=user, at=now, answer_url=there)
            said = act(form, now)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except LeadConflict as conflict:
        hand_off = _visible(request, hand_off.public_id)
        return _inbox(request, hand_off, now=now, opened=panel, status=409, conflict=conflict)
    except MoveRefused as refused:
        if form is None or refused.field not in form.fields:
            return _inbox(request, hand_off, now=now, opened=panel, status=422, form=form, refused=str(refused))
        form.add_error(refused.field, str(refused))
        return _inbox(request, hand_off, now=now, opened=panel, status=422, form=form)
    undo = reverse("leads:undo", args=[lead.public_id])
    tell(request, said, undo=undo, event=done.last_on(lead), drafts=[f"hand-off-{hand_off.public_id}"])
    return redirect(there)


def _inbox(
    request: Request,
    hand_off: HandOff | None,
    *,
    now: datetime,
    opened: str = "",
    status: int = 200,
    form: Any = None,
    conflict: LeadConflict | None = None,
    refused: str = "",
) -> HttpResponse:
    """The whole page: the inbox, and the brief of the one that was chosen, else of what is asked for first."""
    views = views_of(request.user)
    view = _view(request, [key for key, _label in views], hand_off)
    inbox = inbox_of(request.user, view, at=now) if views else None
    first = inbox.first if inbox else None
    chosen = hand_off or (_brief_rows().filter(pk=first.pk).first() if first else None)
    context: dict[str, Any] = {
        "now": now,
        "views": views,
        "view": view,
        "inbox": inbox,
        "is_chosen": hand_off is not None,
        "conflict": conflict,
        "refused": refused,
        "typed": request.POST.get("line", "") if conflict else "",
    }
    if chosen is not None:
        read_brief(chosen, by=request.user, at=now)
        brief = brief_of(chosen, at=now)
        there = f"{reverse('leads:hand_offs')}?view={view}" if views else ""
        data = request.POST if request.method == "POST" else None
        sales = Sales(
            chosen,
            request.user,
            at=now,
            verdicts=brief.verdicts,
            opened=opened,
            data=data,
            there=there,
        )
        if form is not None:
            sales.show(opened, form)
        context |= {"hand_off": chosen, "brief": brief, "lead": chosen.lead, "sales": sales}
    return render(request, "leads/hand_offs.html", context, status=status)


def _list(request: Request) -> HttpResponse | None:
    """One group to its end, a page at a time; None where none is asked for, or one that is not there."""
    views = views_of(request.user)
    view = _view(request, [name for name, _label in views], None)
    before = read_number(request.GET.get("before", ""))
    group = whole_list(request.user, view, request.GET.get("list", ""), before=before)
    if group is None:
        return None
    context = {"now": timezone.now(), "views": views, "view": view, "group": group}
    return render(request, "leads/hand_off_list.html", context)


def _view(request: Request, has: list[str], hand_off: HandOff | None) -> str:
    """Which of her views: as asked for, else the one this hand-off stands in, else the one she works in."""
    asked = request.GET.get("view") or request.POST.get("view") or ""
    if asked in has:
        return asked
    if hand_off is not None:
        if View.FROM_ME in has and hand_off.bdr_id == request.user.pk != hand_off.ae_id:
            return View.FROM_ME
        if View.TEAM in has and request.user.pk not in (hand_off.ae_id, hand_off.escalated_to_id, hand_off.bdr_id):
            return View.TEAM
    return has[0] if has else ""


def _brief_rows() -> Any:
    now = timezone.now()
    rows = HandOff.objects.with_people().with_absence(now).annotate(outcome_due=outcome_due("lead", at=now))
    return rows.select_related(
        "lead__team__calendar", "lead__agreement", "lead__stage", "lead__reason", "lead__bdr", "lead__ae", "reason",
        "answered_by",
    )  # fmt: skip


def _visible(request: Request, public_id: UUID) -> HandOff:
    """404 unless she may see it."""
    found: HandOff | None = _brief_rows().visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _answerable(request: Request, public_id: UUID) -> HandOff:
    """403 unless it is hers to answer."""
    hand_off = _visible(request, public_id)
    if not may_answer(request.user, hand_off):
        raise PermissionDenied
    return hand_off


def _sold(request: Request, public_id: UUID) -> HandOff:
    """The last hand-off of an accepted lead or a deal; 403 unless they are hers to decide."""
    lead: Lead = visible_lead(request, public_id)
    if not may_sell(request.user, lead):
        raise PermissionDenied
    hand_off: HandOff | None = _brief_rows().filter(lead=lead).order_by("-id").first()
    if hand_off is None:
        raise Http404
    return hand_off


def _there(request: Request, hand_off: HandOff, *, stay: bool) -> str:
    """Back to where the form stood, else to what is asked for next."""
    list_, brief = reverse("leads:hand_offs"), reverse("leads:hand_off_brief", args=[hand_off.public_id])
    return own_address(request, request.POST.get("next", ""), otherwise=brief if stay else list_)


def _ended(event: LeadEvent) -> str:
    """It went to no rep any more."""
    if event.to_phase != Phase.CLOSED or event.changes["closed_as"][1] != Lead.ClosedAs.STANDING:
        return ""
    return _("It ended: reps do not work that company.")


def _then(form: Any, reason: Reason, event: LeadEvent | None = None) -> str:
    """Where the pick led, in the words that stood beside it."""
    if event is not None and (ended := _ended(event)):
        return ended
    pick: Pick = form.picks[reason.key]
    then = pick.then[:1].upper() + pick.then[1:]
    return f"{then} {_('Your line goes with it.')}" if pick.takes_line and form.cleaned_data["line"] else then
