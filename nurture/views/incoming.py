"""Mail that came in and waits for one of us: what could not be read, and what nobody was found for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.actions.people import AlreadyKnown
from accounts.models import Person
from accounts.normalise import BadValue
from leads.actions.changing import LeadConflict, MoveRefused
from leads.finding import find
from leads.forms.people import PersonForm, as_name
from leads.models import Lead
from leads.views.access import need_role
from nurture.actions.assigning import DayRefused, assign_mail, put_mail_away
from nurture.actions.first_word import take_from_somebody_new
from nurture.forms.incoming import AssignForm, GlanceForm
from nurture.models import Incoming
from nurture.views.mail import READERS
from team.addresses import read_number
from team.http import Request, tell

SHOWN = 50


@require_GET
def incoming(request: Request) -> HttpResponse:
    need_role(request, *READERS)
    now = timezone.now()
    lists = {
        "replies": Incoming.objects.replies_of_strangers(),
        "aside": Incoming.objects.set_aside(),
        "strangers": Incoming.objects.other_of_strangers(now),
    }
    which = request.GET.get("list") or next((name for name, rows in lists.items() if rows.exists()), "replies")
    if which not in lists:
        raise Http404
    after = read_number(request.GET.get("after", ""))
    rows = lists[which] if after is None else lists[which].filter(pk__lt=after)
    found = list(rows.select_related("body").order_by("-id")[: SHOWN + 1])
    context = {
        "which": which,
        "tabs": [
            ("replies", _("Replies of strangers"), lists["replies"].count()),
            ("aside", _("Set aside"), lists["aside"].count()),
            ("strangers", _("Other mail of strangers"), lists["strangers"].count()),
        ],
        "rows": found[:SHOWN],
        "after": after,
        "next_after": found[SHOWN - 1].pk if len(found) > SHOWN else None,
    }
    return render(request, "nurture/incoming.html", context)


@require_GET
def incoming_mail(request: Request, pk: int) -> HttpResponse:
    """What it says, as words and nothing else, and whose it may be."""
    need_role(request, *READERS)
    return _page(request, _found(pk))


@require_POST
def incoming_decide(request: Request, pk: int) -> HttpResponse:
    need_role(request, *READERS)
    row = _found(pk)
    form = None
    try:
        if request.POST.get("do") == "away":
            put_mail_away(row, by=request.user, at=timezone.now())
            tell(request, _("Put away. It stays in the mailbox as it came."), drafts=[f"incoming-{row.pk}"])
            return redirect("nurture:incoming")
        if request.POST.get("do") == "add":
            return _add(request, row)
        form = AssignForm(request.POST)
        if form.is_valid():
            person = Person.objects.filter(public_id=form.cleaned_data["person"]).first()
            if person is None:
                raise Http404
            said = {"kind": form.cleaned_data["kind"], "back_on": form.cleaned_data["back_on"]}
            followed = assign_mail(row, person, **said, by=request.user, at=timezone.now())
            said_of_it = _("It is from %(name)s. What followed: %(what)s.") % {"name": person, "what": followed}
            tell(request, said_of_it, drafts=[f"incoming-{row.pk}"])
            return redirect("nurture:incoming")
    except LeadConflict as conflict:
        messages.warning(request, str(conflict))
        return redirect("nurture:incoming")
    except MoveRefused as refused:
        if form is not None:
            form.add_error("back_on" if isinstance(refused, DayRefused) else None, str(refused))
    return _page(request, row, form, status=422)


def _add(request: Request, row: Incoming) -> HttpResponse:
    """Somebody new, of whom this is the first word: a person, and the lead that a reply begins."""
    form = PersonForm(request.POST, user=request.user, teams=[], auto_id="new-%s")
    if form.is_valid():
        try:
            person, followed = take_from_somebody_new(row, **_said_of(form), by=request.user, at=timezone.now())
        except AlreadyKnown as known:
            form.add_error("email", _("It belongs to %(name)s: take it as theirs.") % {"name": known.person})
        except (BadValue, MoveRefused) as refused:
            form.add_error(None, str(refused))
        else:
            said = _("{name} is known now. What followed: {what}.")
            words = format_html(said, name=_linked(person, request), what=followed)
            tell(request, words, drafts=[f"incoming-{row.pk}"])
            return redirect("nurture:incoming")
    return _page(request, row, new=form, status=422)


def _page(
    request: Request,
    row: Incoming,
    form: AssignForm | None = None,
    *,
    new: PersonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    body = getattr(row, "body", None)
    # Who chose among those that were found chooses among them again.
    asked = request.POST if request.method == "POST" else request.GET
    glance = GlanceForm(asked if "q" in asked else None, initial={"q": body.sender if body else ""})
    q = glance.cleaned_data["q"].strip() if glance.is_bound and glance.is_valid() else ""
    q = q or (body.sender if body and not glance.is_bound else "")
    context: dict[str, Any] = {
        "row": row,
        "body": body,
        "is_open": Incoming.objects.for_a_human().filter(pk=row.pk).exists(),
        "glance": glance,
        "form": form or AssignForm(initial={"kind": row.kind or Incoming.Kind.REPLY}),
        "new": new or _begun(request, row),
        "q": q,
        "found": find(q, by=request.user) if q else None,
    }
    status = 422 if glance.is_bound and glance.errors else status
    return render(request, "nurture/incoming_mail.html", context, status=status)


def _linked(person: Person, request: Request) -> str:
    """Their name, by which their lead is reached where there is one that may be seen."""
    lead = Lead.objects.visible_to(request.user).filter(person=person).order_by("-pk").first()
    if lead is None:
        return str(person)
    return format_html('<a href="{}">{}</a>', reverse("leads:lead", args=[lead.public_id]), person)


def _said_of(form: PersonForm) -> dict[str, Any]:
    read = form.cleaned_data
    return {
        "name": form.parsed_name,
        "email_address": read["email"],
        "host": form.parsed_email.domain if form.parsed_email else "",
        "phone_number": read["phone"],
        "company": read["company"],
        "title": read["title"],
    }


def _begun(request: Request, row: Incoming) -> PersonForm:
    """The form of somebody new, with the address they wrote from and what they call themselves."""
    body = getattr(row, "body", None)
    initial = {"email": body.sender, "name": as_name(body.sender_name)} if body else {}
    return PersonForm(user=request.user, teams=[], initial=initial, auto_id="new-%s")


def _found(pk: int) -> Incoming:
    row = Incoming.objects.select_related("body", "person").filter(pk=pk).first()
    is_ours = row is not None and (
        row.state == Incoming.State.ASIDE or row.effect == Incoming.Effect.STRANGER or row.decided_at is not None
    )
    if row is None or not is_ours:
        raise Http404
    return row
