"""The page of one lead: who she is, the work in hand, what we know. Every act on it answers with this page."""

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
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.actions.people import PersonConflict
from leads.actions.acts import one_act
from leads.actions.blocks import work_in_block
from leads.actions.changing import LeadConflict, MoveRefused
from leads.actions.sharing import share_act
from leads.blocks import Course, course_from
from leads.forms.sales import Sales
from leads.lead_page import LeadPage, history_of
from leads.lead_rows import lead_for_page
from leads.models import Lead, SharedAct
from leads.sentences import told
from leads.timeline import SHOWS, Cursor
from leads.views.access import can_work, visible_lead
from leads.views.panels import INLINE, ON_CLICK, PANELS, WITH_CALL, make_form
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.http import Request, tell
from team.templatetags.midfield import moment_words

# What says something of a lead without working it.
WRITTEN_DOWN = ("note", "answers", "person")


@require_GET
@never_cache
@vary_on_headers("HX-Request")
def lead(request: Request, public_id: UUID) -> HttpResponse:
    panel = request.GET.get("form", "")
    now = timezone.now()
    page = page_of(request, public_id, now=now)
    panel = panel if page.may.get(panel) else ""
    if request.htmx and panel in ON_CLICK and not request.htmx.history_restore_request:
        form = make_form(panel, page.lead, user=request.user, now=now, page=page)
        context = {"page": page, "lead": page.lead, "form": form, "now": now}
        return render(request, f"leads/_form_{panel}.html", context)
    return show(request, public_id, now=now, panel=panel, page=page)


@require_GET
@vary_on_headers("HX-Request")
def timeline(request: Request, public_id: UUID) -> HttpResponse:
    """One kind of the history, or what is older."""
    now = timezone.now()
    lead = visible_lead(request, public_id)
    if not request.htmx or request.htmx.history_restore_request:
        return redirect(f"{reverse('leads:lead', args=[public_id])}?{request.GET.urlencode()}")
    context = {"lead": lead, "shows": SHOWS, "now": now}
    if before := Cursor.parse(request.GET.get("before", "")):
        history = history_of(lead, request.user, show=request.GET.get("show", ""), before=before, now=now)
        return render(request, "leads/_history.html#entries", {**context, "history": history})
    # Under its first lines stands what can be taken back, which the page knows.
    page = page_of(request, public_id, now=now)
    return render(request, "leads/_history.html#history", {**context, "history": page.history, "page": page})


def page_of(request: Request, public_id: UUID, *, now: datetime) -> LeadPage:
    """Everything the page says, as this user sees it; 404 when it is not hers to see."""
    lead = lead_for_page(request.user, public_id, at=now)
    if lead is None:
        raise Http404
    before = Cursor.parse(request.GET.get("before", ""))
    return LeadPage(lead, request.user, now, show=request.GET.get("show", "all"), before=before)


def show(
    request: Request,
    public_id: UUID,
    *,
    now: datetime,
    panel: str = "",
    form: Any = None,
    conflict: str = "",
    theirs: Any = None,
    status: int = 200,
    page: LeadPage | None = None,
) -> HttpResponse:
    """The page with `panel` open; `form` is what was sent and is shown again with its mistakes."""
    if panel not in PANELS:
        # A button without a form: what became of it stands above everything.
        panel, form = "", None
    page = page or page_of(request, public_id, now=now)
    open_panels = [name for name in INLINE if page.may[name] or name == panel]
    forms = {name: make_form(name, page.lead, user=request.user, now=now, page=page) for name in open_panels}
    if panel:
        forms[panel] = form or make_form(panel, page.lead, user=request.user, now=now, page=page)
    context: dict[str, Any] = {
        "page": page,
        "lead": page.lead,
        "now": now,
        "history": page.history,
        "shows": SHOWS,
        "forms": forms,
        "panel": panel,
        "conflict": conflict,
        "kept": "" if panel else _("Nothing was changed."),
        "theirs": theirs,
        # What was typed about the call stands in this form now; its draft must not come back beside it.
        "goes_on": panel in WITH_CALL and bool(forms[panel]["disposition"].value()),
        "take_id": new_form_id(),
    }
    if "call" in forms:
        forms["call"].initial["about"] = request.GET.getlist("about")
        context["call_back_words"] = forms["call"].call_back_words(now)
        about = {str(one) for one in forms["call"]["about"].value() or []}
        for one in page.also:
            one.is_chosen = str(one.lead.public_id) in about if one.lead else False
    if page.meeting is not None:
        there = reverse("leads:lead", args=[public_id])
        context["hand_off"] = page.meeting
        context["sales"] = Sales(page.meeting, request.user, at=now, there=there)
    template = "leads/lead.html#answer" if request.htmx else "leads/lead.html"
    return render(request, template, context, status=status)


def carry_out(
    request: Request,
    public_id: UUID,
    panel: str,
    act: Callable[[Lead, Any, datetime], str],
    *,
    sent: tuple[Lead, Any] | None = None,
) -> HttpResponse:
    """Check what was sent, act once, say what was done, and go on: to the next lead, or stay.

    `act` returns the words to tell. What was refused or lost a race comes back with everything that was typed.
    `sent` is the lead and its form where the view has read them already.
    """
    now = timezone.now()
    lead = sent[0] if sent else visible_lead(request, public_id)
    form = sent[1] if sent else make_form(panel, lead, user=request.user, now=now, data=request.POST)
    is_valid = form.is_valid()
    if not can_work(lead):
        if form.sent_version in (None, lead.version):
            raise PermissionDenied
        return show(
            request, public_id, now=now, panel=panel, form=form, conflict=what_happened(request, lead, now), status=409
        )
    if not is_valid:
        words = "" if panel in PANELS else _("This step is done already.")
        return show(request, public_id, now=now, panel=panel, form=form, conflict=words, status=422)

    here = reverse("leads:lead", args=[public_id])
    goes_on = form.cleaned_data["next"]
    course = _course(request, lead, form, now) if goes_on else Course()
    following = course.to
    there = reverse("leads:lead", args=[following]) if following else reverse("leads:queue") if goes_on else here
    try:
        with transaction.atomic(), one_act() as done:
            submit_once(form.cleaned_data["form_id"], by=request.user, at=now, answer_url=there)
            words = act(lead, form, now)
            others = form.cleaned_data.get("about") or []
            shared = share_act(done, verb=SharedAct.Verb.CALL, by=request.user, at=now) if others else None
            finished = _in_her_block(request, lead, panel, course, now, goes_on=goes_on)
    except SentBefore as before:
        return redirect(before.answer_url or here)
    except PersonConflict as conflict:
        return show(request, public_id, now=now, panel=panel, form=form, conflict=str(conflict), status=409)
    except LeadConflict as conflict:
        words = f"{conflict} {what_happened(request, lead, now)}".strip()
        return show(request, public_id, now=now, panel=panel, form=form, conflict=words, status=409)
    except MoveRefused as refused:
        if panel not in PANELS:
            return show(request, public_id, now=now, conflict=str(refused), status=422)
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return show(request, public_id, now=now, panel=panel, form=form, status=422)
    drafts = [f"lead-{lead.pk}-{panel}"]
    if form.cleaned_data.get("disposition"):
        drafts.append(f"lead-{lead.pk}-call")
    # What wrote no event of this lead has nothing to take back: Undo would meet the act before it. Of a correction it
    # would take back what followed from it alone.
    event = None if panel == "person" else done.last_on(lead)
    undo = reverse("leads:undo", args=[public_id]) if event else ""
    undo = reverse("leads:shared_undo", args=[shared.public_id]) if shared else undo
    stands = "" if undo else _why_it_stands(panel)
    said = [words, course.words, _("That was the last of your block.") if finished else ""]
    tell(request, " ".join(filter(None, said)), undo=undo, event=event, stands=stands, drafts=drafts)
    if not request.htmx or (goes_on and not following):
        return redirect(there)
    response = show(request, following or public_id, now=now)
    response["HX-Push-Url" if following else "HX-Replace-Url"] = there
    return response


def _why_it_stands(panel: str) -> str:
    if panel == "person":
        return _("A correction is not taken back: open Correct and put down what is right.")
    return _("That is not taken back. What was done before it can be, in the history.")


def what_happened(request: Request, lead: Lead, now: datetime) -> str:
    """The last thing somebody did to this lead, she herself on another page perhaps, and when."""
    event = lead.events.exclude(by=None).order_by("-id").first()
    if event is None:
        return ""
    words = {"what": told(event, lead, reader=request.user.pk, now=now), "when": moment_words(event.at, now=now)}
    return _("%(what)s, %(when)s.") % words


def _course(request: Request, lead: Lead, form: Any, now: datetime) -> Course:
    return course_from(lead, user=request.user, at=now, path=form.cleaned_data["after"])


def _in_her_block(request: Request, lead: Lead, panel: str, course: Course, now: datetime, *, goes_on: bool) -> bool:
    """Whether this act has worked the last lead of her block. What is only written down works none, unless it goes
    on."""
    if getattr(lead, "open_block", None) is None or not (goes_on or panel not in WRITTEN_DOWN):
        return False
    return work_in_block(lead, by=request.user, at=now, passed=course.passed) is not None
