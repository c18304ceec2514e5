"""The same done to many leads of a rep's queue: what would be done and what not, then done, and taken back as one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from leads.actions.acts import one_act
from leads.actions.blocks import wait_in_block
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.many import MANY_MAX, VERBS, Sorted, Verb, do_to_many, sort_out_many
from leads.actions.sharing import share_act, undo_shared
from leads.actions.taking import take_many as take_many_leads
from leads.forms.many import COMPLETE, FORMS
from leads.forms.queue import QueueForm
from leads.forms.working import ABOUT_MAX
from leads.models import Lead, SharedAct
from leads.queue import ids_in_order
from leads.views.access import need_role
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_number
from team.http import Request, tell
from team.models import Role

TITLES = {
    Verb.SNOOZE: gettext_lazy("Snooze"),
    Verb.STEP: gettext_lazy("Set next step"),
    Verb.CADENCE: gettext_lazy("Change cadence"),
    Verb.RECYCLE: gettext_lazy("Recycle"),
    Verb.RELEASE: gettext_lazy("Give back to the pool"),
}
THEN = {
    Verb.SNOOZE: gettext_lazy("Their next steps wait until that moment. Promises to answer in time run on."),
    Verb.STEP: gettext_lazy("This is what is done next, in place of the planned attempt."),
    Verb.CADENCE: gettext_lazy("Their next attempt is planned anew, behind as many as were made."),
    Verb.RECYCLE: gettext_lazy("They sleep until the day; a reply or a new question wakes them earlier."),
    Verb.RELEASE: gettext_lazy("Whoever takes one next goes on where you stopped. Promises run on."),
}


@require_http_methods(["GET", "POST"])
@never_cache
def many(request: Request) -> HttpResponse:
    """What would be done and what would be skipped; sent from there it is done."""
    need_role(request, Role.BDR, Role.AE, Role.MANAGER)
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    verb = given.get("verb", "")
    if verb == Verb.CALL and request.method == "GET":
        return _one_call(request, _chosen(request, given, at=now), given)
    if verb not in VERBS:
        raise Http404
    leads = _chosen(request, given, at=now)
    is_said = request.method == "POST" or verb in COMPLETE or bool(set(given) & set(FORMS[verb].base_fields))
    # The first moment offered stands for the one that nobody has picked yet.
    data = _with_defaults(given, verb, request, now) if is_said else None
    form = FORMS[verb](data, user=request.user, at=now)
    if request.method == "POST":
        if not form.is_valid():
            return _preview(request, verb, leads, form, given, status=422)
        return _do(request, verb, leads, form, given, at=now)
    return _preview(request, verb, leads, form, given)


@require_POST
def shared_undo(request: Request, public_id: UUID) -> HttpResponse:
    """Take an act on many back as one."""
    act = get_object_or_404(SharedAct, public_id=public_id, by=request.user)
    now, there = timezone.now(), _where_it_was_done(request, act)
    try:
        with transaction.atomic():
            done = undo_shared(act, by=request.user, at=now)
            wait_in_block(done.leads, by=request.user)
    except LeadConflict as conflict:
        tell(request, str(conflict), level=messages.WARNING)
        return redirect(there)
    count = len(done.leads)
    said = ngettext("%(count)s lead is as before.", "%(count)s leads are as before.", count) % {"count": count}
    if done.stayed:
        lead, why = done.stayed[0]
        left = len(done.stayed)
        words = {"count": left, "name": lead.person, "why": why}
        said += " " + ngettext("%(name)s is not: %(why)s", "%(count)s are not, %(name)s first: %(why)s", left) % words
    tell(request, said, level=messages.WARNING if done.stayed else messages.SUCCESS)
    return redirect(there)


def _where_it_was_done(request: Request, act: SharedAct) -> str:
    """The page of the lead that a call was logged or a move was made on, which names its event; else the list in which
    a manager moved leads or put other people's to sleep; of everything else her queue."""
    event_id = read_number(request.POST.get("event", ""))
    lead_id = next((lead_id for lead_id, event in act.events if event == event_id), None)
    lead = Lead.objects.visible_to(request.user).filter(pk=lead_id).first() if lead_id else None
    if lead:
        return reverse("leads:lead", args=[lead.public_id])
    if act.verb in (SharedAct.Verb.MOVE, SharedAct.Verb.RECYCLE):
        managed = Lead.objects.filter(team__in=request.user.teams_as(Role.MANAGER))
        first = managed.filter(pk__in=[lead_id for lead_id, _event in act.events[:1]]).first()
        if act.verb == SharedAct.Verb.MOVE or (first and first.bdr_id != request.user.pk):
            return reverse("leads:team_leads") + (f"?team={first.team_id}" if first else "")
    if act.verb == SharedAct.Verb.REWAKE:
        return reverse("leads:return_calendar")
    return reverse("leads:queue")


@require_POST
def take_many(request: Request) -> HttpResponse:
    """As many as her open limit leaves room for."""
    now, there = timezone.now(), reverse("leads:queue")
    try:
        with transaction.atomic(), one_act() as done:
            submit_once(request.POST.get("form_id", ""), by=request.user, at=now, answer_url=there)
            taken = take_many_leads(by=request.user, at=now)
            act = share_act(done, verb=Verb.TAKE, by=request.user, at=now)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    except (LeadConflict, MoveRefused) as refused:
        tell(request, str(refused), level=messages.WARNING)
        return redirect(there)
    count = len(taken.leads)
    said = ngettext("You took %(count)s lead.", "You took %(count)s leads.", count) % {"count": count}
    said = " ".join(filter(None, [said if count else _("Nothing was taken."), taken.why_not_more]))
    tell(request, said, level=messages.SUCCESS if count else messages.INFO, undo=_undo_of(act))
    return redirect(there)


def _one_call(request: Request, leads: list[Lead], given: QueryDict) -> HttpResponse:
    """To the page of the first, with the call open and the others ticked."""
    companies = {lead.account_id for lead in leads}
    if len(companies) != 1 or None in companies:
        tell(request, _("One call is about people of one company: select only those."), level=messages.WARNING)
        return redirect(_list_of(given))
    query = QueryDict(mutable=True)
    query["form"] = "call"
    query.setlist("about", [str(lead.public_id) for lead in leads[1 : ABOUT_MAX + 1]])
    return redirect(f"{reverse('leads:lead', args=[leads[0].public_id])}?{query.urlencode()}")


def _do(request: Request, verb: str, leads: list[Lead], form: Any, given: QueryDict, *, at: datetime) -> HttpResponse:
    there = _list_of(given)
    try:
        with transaction.atomic():
            submit_once(request.POST.get("form_id", ""), by=request.user, at=at, answer_url=there)
            done = do_to_many([lead.pk for lead in leads], form.wish, by=request.user, at=at)
    except SentBefore as before:
        return redirect(before.answer_url or there)
    count = len(done.leads)
    words = {"what": TITLES[Verb(verb)], "count": count}
    said = ngettext("%(what)s: %(count)s lead.", "%(what)s: %(count)s leads.", count) % words
    if done.skipped:
        lead, why = done.skipped[0]
        left = len(done.skipped)
        words = {"count": left, "name": lead.person, "why": why}
        said += " " + ngettext("%(name)s stayed: %(why)s", "%(count)s stayed, %(name)s first: %(why)s", left) % words
    level = messages.WARNING if done.skipped else messages.SUCCESS
    tell(request, said, level=level, undo=_undo_of(done.act))
    return redirect(there)


def _preview(
    request: Request, verb: str, leads: list[Lead], form: Any, given: QueryDict, *, status: int = 200
) -> HttpResponse:
    is_ready = form.is_bound and form.is_valid()
    wish = form.wish if is_ready else None
    now = timezone.now()
    found = sort_out_many(leads, wish, by=request.user, at=now) if wish else Sorted()
    context: dict[str, Any] = {
        "now": now,
        "verb": verb,
        "title": TITLES[Verb(verb)],
        "then": THEN[Verb(verb)],
        "leads": leads,
        "form": form,
        "found": found,
        # A step is of whoever works the lead: what is only kept for her becomes hers.
        "taken": found.taken if verb in (Verb.SNOOZE, Verb.STEP) else 0,
        "is_ready": is_ready,
        "query": given.get("query", ""),
        "whole_list": bool(given.get("all")),
        "back": _list_of(given),
        "sent": [(name, value) for name, value in form.data.items() if name in form.fields] if is_ready else [],
        "form_id": new_form_id(),
        "is_cut": len(leads) == MANY_MAX,
    }
    return render(request, "leads/many.html", context, status=status)


def _chosen(request: Request, given: QueryDict, *, at: datetime) -> list[Lead]:
    """The leads that were ticked, or everybody in the list they were ticked in."""
    seen = Lead.objects.visible_to(request.user).select_related("person", "account", "bdr", "stage")
    if given.get("all"):
        form = QueueForm(QueryDict(given.get("query", "")[:600]))
        form.is_valid()
        ids = ids_in_order(request.user, wanted=form.wanted(), at=at)[:MANY_MAX]
        found = seen.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]
    wanted = [known for text in given.getlist("lead")[:MANY_MAX] if (known := _uuid(text))]
    by_id = {lead.public_id: lead for lead in seen.filter(public_id__in=wanted)}
    return [by_id[one] for one in dict.fromkeys(wanted) if one in by_id]


def _with_defaults(given: QueryDict, verb: str, request: Request, at: datetime) -> QueryDict:
    data = given.copy()
    if "when" in FORMS[verb].base_fields and not data.get("when"):
        data["when"] = FORMS[verb](user=request.user, at=at).fields["when"].initial
    return data


def _list_of(given: QueryDict) -> str:
    form = QueueForm(QueryDict(given.get("query", "")[:600]))
    form.is_valid()
    query = form.wanted().query
    return f"{reverse('leads:queue')}?{query}" if query else reverse("leads:queue")


def _undo_of(act: SharedAct | None) -> str:
    return reverse("leads:shared_undo", args=[act.public_id]) if act else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
