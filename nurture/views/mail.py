"""The outbox: what stands in it, what needs somebody, the rules, and the switch that stops it all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.search import QUERY_MAX
from leads.actions.changing import LeadConflict, MoveRefused
from leads.views.access import need_role
from nurture.actions.asking_names import check_sender
from nurture.actions.composing import subjects_of, words_of
from nurture.actions.deciding import say_it_arrived, send_again
from nurture.actions.known_hosts import let_host_send
from nurture.actions.planning import take_back, titles_in
from nurture.actions.switching import change_rules, start_mail, stop_mail
from nurture.forms.mail import RulesForm, StopForm
from nurture.forms.sender import SelectorForm
from nurture.letter import body_of
from nurture.models import Incoming, MailRules, Message, SenderCheck, SendingHost
from nurture.outbox import NEEDS_SOMEBODY, checks, first_state, listed, outbox
from nurture.sender_checks import sender_domain
from nurture.sender_words import in_words, nobody_answered
from nurture.stopped import stopped_rules, switchings, waiting
from team.http import Request
from team.models import Role

# More letters than follow other rules in a minute.
MANY = 20_000
READERS = (Role.ADMIN, Role.MARKETER, Role.MANAGER)
# The frame of a message has nothing but its words and the styles in their tags.
FRAME: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}


@require_GET
def mail(request: Request) -> HttpResponse:
    need_role(request, *READERS)
    return _page(request, RulesForm(instance=MailRules.objects.get(pk=1)))


@require_http_methods(["GET", "POST"])
def mail_rules(request: Request) -> HttpResponse:
    need_role(request, Role.ADMIN)
    if request.method == "GET":
        # The address of a form that was refused, asked again.
        return redirect("nurture:mail")
    form = RulesForm(request.POST, instance=MailRules.objects.get(pk=1))
    if not form.is_valid():
        return _page(request, form, status=422)
    now = timezone.now()
    said = [_("Kept. It holds for the next message.")]
    if change_rules(form.cleaned_data, by=request.user, at=now):
        said.append(_who_follows(Message.objects.to_follow_rules(now).count()))
    messages.success(request, " ".join(filter(None, said)))
    return redirect("nurture:mail")


def _who_follows(count: int) -> str:
    """How many letters follow other rules, and how soon; empty where none are planned."""
    if not count:
        return ""
    if count > MANY:
        return _("%(count)d letters of tracks that are planned follow within minutes.") % {"count": count}
    words = ngettext(
        "%(count)d letter of a track that is planned follows within a minute.",
        "%(count)d letters of tracks that are planned follow within a minute.",
        count,
    )
    return words % {"count": count}


@require_http_methods(["GET", "POST"])
def sender_check(request: Request) -> HttpResponse:
    """Ask name servers now; what they say is kept."""
    need_role(request, Role.ADMIN)
    if request.method == "GET":
        return redirect("nurture:mail")
    form = SelectorForm(request.POST)
    if not form.is_valid():
        return _page(request, RulesForm(instance=MailRules.objects.get(pk=1)), selector_form=form, status=422)
    check_sender(selector=form.cleaned_data["selector"], by=request.user, at=timezone.now())
    return redirect(f"{reverse('nurture:mail')}#sender")


@require_http_methods(["GET", "POST"])
def mail_switch(request: Request) -> HttpResponse:
    """Whoever sees that something goes wrong may stop it; only an admin lets it go on."""
    is_start = request.POST.get("to") == "start"
    need_role(request, *((Role.ADMIN,) if is_start else READERS))
    if request.method == "GET":
        # The address of a form that was refused, asked again.
        return redirect("nurture:mail")
    now = timezone.now()
    if is_start:
        kept = waiting(MailRules.objects.get(pk=1), at=now)
        if start_mail(by=request.user, at=now):
            messages.success(request, " ".join([_("Mail goes out again."), *kept.words]))
        return redirect("nurture:mail")
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, RulesForm(instance=MailRules.objects.get(pk=1)), stop=form, status=422)
    if stop_mail(by=request.user, at=now, reason=form.cleaned_data["reason"]):
        messages.success(request, _("Nothing goes out any more until it is started again."))
    return redirect("nurture:mail")


@require_http_methods(["GET", "POST"])
def mail_host(request: Request, pk: int) -> HttpResponse:
    """A machine that would send belongs to this installation, an admin says."""
    need_role(request, Role.ADMIN)
    host = get_object_or_404(SendingHost, pk=pk)
    if request.method == "POST":
        try:
            let_host_send(host, by=request.user, at=timezone.now())
            messages.success(request, _("%(name)s sends mail from now on, too.") % {"name": host})
        except LeadConflict as refused:
            messages.warning(request, str(refused))
    return redirect("nurture:mail")


@require_GET
@csp_override({**settings.SECURE_CSP, "frame-src": [CSP.SELF]})
def message(request: Request, public_id: UUID) -> HttpResponse:
    found = _visible(request, public_id)
    # Whoever takes it up next ends it.
    is_taken_back = found.is_going and found.was_undone
    stopped = stopped_rules() if found.state == Message.State.PLANNED and not is_taken_back else None
    subject, _text = words_of(found, at=timezone.now())
    context: dict[str, Any] = {
        "message": found,
        "subject": subject,
        "stopped": stopped,
        "state": (Message.State.CANCELLED if is_taken_back else Message.State(found.state)).label,
        "because": (Message.Because.UNDONE.label if is_taken_back else found.get_because_display()),
        "is_taken_back": is_taken_back,
        "may_be_mended": found.lead_id and found.by_id == request.user.pk and found.may_be_mended,
        "links": found.links.exclude(number=0).select_related("asset").order_by("number"),
    }
    return render(request, "nurture/message.html", context)


@require_GET
@xframe_options_sameorigin
@csp_override(FRAME)
def message_frame(request: Request, public_id: UUID) -> HttpResponse:
    """Its words by themselves, cleaned, in a frame that may do nothing."""
    _subject, text = words_of(_visible(request, public_id), at=timezone.now())
    return render(request, "nurture/frame.html", {"body": body_of(text, titles=titles_in([text]))})


@require_POST
def message_decide(request: Request, public_id: UUID) -> HttpResponse:
    """Arrived, once more, or not at all: a human's word."""
    found = _visible(request, public_id)
    decide = {"arrived": say_it_arrived, "again": send_again}.get(request.POST.get("say", ""))
    is_own = found.by_id == request.user.pk
    if not is_own:
        need_role(request, *READERS)
    try:
        if decide:
            decide(found, by=request.user, at=timezone.now())
            messages.success(request, _("Noted."))
        elif request.POST.get("say") == "back" and take_back(found, by=request.user, at=timezone.now()):
            messages.success(request, _("It does not go out."))
        else:
            messages.warning(request, _("It is on its way, or has gone."))
    except (LeadConflict, MoveRefused) as refused:
        messages.warning(request, str(refused))
    return redirect("nurture:message", public_id)


def _visible(request: Request, public_id: UUID) -> Message:
    found = (
        Message.objects.visible_to(request.user)
        .filter(public_id=public_id)
        .select_related("person", "lead", "body", "node", "enrolment__track", "asset", "by")
        .first()
    )
    if found is None or not request.user.held:
        raise Http404
    return found


def _page(
    request: Request,
    form: RulesForm,
    *,
    stop: StopForm | None = None,
    selector_form: SelectorForm | None = None,
    status: int = 200,
) -> HttpResponse:
    visible, q = Message.objects.visible_to(request.user), request.GET.get("q", "").strip()[:QUERY_MAX]
    # Whoever looks for somebody gets what stands in any state, unless she chose one.
    state = request.GET.get("state", "") or ("" if q else first_state(visible, at=timezone.now()))
    if state and state not in Message.State.values:
        raise Http404
    after = request.GET.get("after", "")
    now, rules = timezone.now(), MailRules.objects.select_related("switched_by").get(pk=1)
    found = listed(visible, state, q=q, after=after)
    subjects = subjects_of(found.rows, at=now)
    is_admin = request.user.has_role(Role.ADMIN)
    context: dict[str, Any] = {
        "rules": rules,
        "form": form,
        "stop_form": stop or StopForm(),
        "waiting": waiting(rules, at=now) if rules and rules.is_stopped else None,
        "switchings": switchings(),
        "hosts_waiting": list(SendingHost.objects.waiting(now)),
        "outbox": outbox(at=now),
        "state": state,
        "state_name": Message.State(state).label if state else _("Found"),
        "rows": [(row, subjects.get(row.pk, "")) for row in found.rows],
        "listed": found,
        "q": q,
        "after": after,
        "checks": checks(rules, at=now) if is_admin else [],
        "is_admin": is_admin,
        "needs_nobody": not request.GET.keys() & {"state", "q", "after"} and state not in NEEDS_SOMEBODY,
        "came_in": Incoming.objects.waiting(),
        "now": now,
    }
    if is_admin:
        context |= _sender(selector_form)
    return render(request, "nurture/outbox.html", context, status=status)


def _sender(form: SelectorForm | None) -> dict[str, Any]:
    """What name servers said when they were last asked."""
    check = SenderCheck.objects.select_related("by").filter(pk=1).first()
    findings = check.findings if check else []
    return {
        "sender_check": check,
        "sender_domain": sender_domain(),
        "said": in_words(findings),
        "is_deaf": nobody_answered(findings),
        "selector_form": form or SelectorForm(initial={"selector": check.selector if check else ""}),
    }
