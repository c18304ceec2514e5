"""A rep writes to the person of a lead, with what the library has for her."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods

from content.models import AssetVersion
from content.models.use import Place
from leads.actions.changing import LeadConflict, MoveRefused
from leads.models import Lead
from leads.views.access import workable_lead
from nurture.actions.looking import note_search
from nurture.actions.planning import WrittenBefore, write_message
from nurture.forms.mail import WriteForm
from nurture.models import Message
from nurture.over import named_in, over_among, over_said
from nurture.previewing import Preview, preview_written
from nurture.recipients import points_of
from nurture.stopped import stopped_rules
from nurture.suggesting import Fit, Looked, look_for, sendable_to, suggestion_of
from nurture.unwritable import why_unwritable
from nurture.wishes import Wishes
from team.actions.submitting import SentBefore, new_form_id, submit_once
from team.addresses import read_uuid
from team.company_time import company_day
from team.http import Request, tell

SAID = ("subject", "text", "asset", "q")


@require_http_methods(["GET", "POST"])
def write(request: Request, public_id: UUID) -> HttpResponse:
    """Written, looked at as it will be read, or sent; what is put in or looked for meanwhile keeps what was typed."""
    lead = workable_lead(request, public_id)
    at = timezone.now()
    assets = sendable_to(lead, at=at)
    if request.method == "GET":
        return _page(request, lead, _begun(request, lead, _said_before(request, lead), request.GET.get("asset", "")))
    if {"insert", "instead", "meant"} & set(request.POST) or request.POST.get("do") == "find":
        typed = {name: request.POST.get(name, "") for name in SAID}
        typed["q"] = request.POST.get("meant", typed["q"])
        wanted = request.POST.get("insert", "")
        if "instead" in request.POST:
            typed, wanted = _instead(typed, request.POST["instead"])
        return _page(request, lead, _begun(request, lead, typed, wanted))
    form = WriteForm(request.POST, assets=assets)
    status = 422
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("subject", "text", "asset")}
        try:
            if request.POST.get("do") == "preview":
                preview = preview_written(lead, **said, by=request.user, at=at)
                return _previewed(request, lead, form, preview=preview, status=200)
            with transaction.atomic():
                submit_once(request.POST.get("form_id", ""), by=request.user, at=at)
                is_again = request.POST.get("do") == "again"
                message = write_message(lead, **said, by=request.user, at=at, is_again=is_again)
            _say_written(request, lead, event=message.event_id)
            return redirect("leads:lead", public_id)
        except SentBefore:
            return redirect("leads:lead", public_id)
        except WrittenBefore as before:
            return _page(request, lead, form, before=str(before), status=409)
        except LeadConflict as conflict:
            form.add_error(None, str(conflict))
            status = 409
        except MoveRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return _page(request, lead, form, status=status)


def _say_written(request: Request, lead: Lead, *, event: int | None) -> None:
    said, level = _("Written to %(name)s: it goes out now."), messages.SUCCESS
    if stopped_rules():
        said = _("Written to %(name)s: mail is stopped, and it waits until mail is started again.")
        level = messages.WARNING
    drafts, undo = [_draft(request, lead)], reverse("leads:undo", args=[lead.public_id])
    tell(request, said % {"name": lead.person}, level=level, undo=undo, event=event, drafts=drafts)


def _draft(request: Request, lead: Lead) -> str:
    """Under which name a browser keeps what is typed: a letter that is written again is another one than the next."""
    again = read_uuid(request.GET.get("again", ""))
    return f"write-{lead.public_id}-{again}" if again else f"write-{lead.public_id}"


def _said_before(request: Request, lead: Lead) -> dict[str, Any]:
    """The words of one of her letters to them that did not leave, and what it was to bring: taken back to be mended."""
    wanted = read_uuid(request.GET.get("again", ""))
    mine = Message.objects.filter(lead=lead, by=request.user, kind=Message.Kind.BY_HAND)
    found = mine.filter(public_id=wanted).select_related("body", "asset").first() if wanted else None
    if not found or not found.may_be_mended:
        return {}
    return {"subject": found.body.subject, "text": found.body.text, "asset": found.asset and found.asset.public_id}


def _begun(request: Request, lead: Lead, said: dict[str, Any], insert: str) -> WriteForm:
    """What was typed so far, with the asset of this address put in at its end."""
    at = timezone.now()
    assets = sendable_to(lead, at=at)
    wanted = read_uuid(insert)
    asset = assets.filter(public_id=wanted).first() if wanted else None
    if asset is not None:
        one = suggestion_of(asset, lead, by=request.user, at=at)
        text = said.get("text", "").rstrip()
        said = {**said, "asset": asset.public_id, "text": f"{text}\n\n{one.words}\n".lstrip()}
        tell(request, _("Put in: %(title)s") % {"title": asset})
    return WriteForm(assets=assets, initial=said)


def _instead(typed: dict[str, Any], pair: str) -> tuple[dict[str, Any], str]:
    """What comes after an asset in its place: its address in the words, and what is brought."""
    old, _comma, new = pair.partition(",")
    if not (read_uuid(old) and read_uuid(new)):
        return typed, ""
    if f"/c/{old}/" not in typed["text"]:
        return typed | {"asset": "", "text": _without(typed["text"], old)}, new
    return typed | {"text": typed["text"].replace(f"/c/{old}/", f"/c/{new}/"), "asset": new}, ""


def _without(text: str, snippet: str) -> str:
    """These words without those of a snippet, where they stand in it as they are."""
    current = AssetVersion.objects.filter(asset__public_id=snippet, is_current=True, form=AssetVersion.Form.SNIPPET)
    for words in current.values_list("text", flat=True):
        lines = "\n".join(words.split("\r\n")).strip()
        text = "\n".join(text.split("\r\n")).replace(lines, "")
    return text


def _page(
    request: Request,
    lead: Lead,
    form: WriteForm,
    *,
    preview: Preview | None = None,
    before: str = "",
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    q = str(form["q"].value() or "").strip()
    looked, is_search = Looked([], []), request.POST.get("do") == "find" or "meant" in request.POST
    if preview is None:
        fit = Fit(lead, at=at)
        looked = look_for(fit, by=request.user, q=q, is_letter=True)
        if is_search:
            instead_of = request.POST.get("q", "") if "meant" in request.POST else ""
            note_search(
                fit, q, is_missed=looked.is_missed, instead_of=instead_of, place=Place.COMPOSER, by=request.user, at=at
            )
    chosen = form.chosen()
    subject, text = (str(form[name].value() or "") for name in ("subject", "text"))
    asked = read_uuid(str(form["asset"].value() or ""))
    over = over_among(named_in(subject, text) | ({asked} if asked and not chosen else set()), on=company_day(at))
    over += [one for one in over_said(text, on=company_day(at)) if one.asset not in {known.asset for known in over}]
    # What is over stays chosen until she has chosen something else.
    kept = [chosen] if chosen else [one.asset for one in over if one.asset.public_id == asked]
    form.offer([*kept, *(one.asset for one in looked.found)])
    point = points_of([lead.person_id]).get(lead.person_id)
    wishes = Wishes([lead.person_id])
    context = {
        "lead": lead,
        "form": form,
        "draft": _draft(request, lead),
        "q": q,
        # Whoever looked for something goes on there.
        "is_search": is_search and bool(q),
        "preview": preview,
        "before": before,
        "concerns": form.concerns() if preview else [],
        "fitting": looked.found,
        "had": looked.had,
        "meant": looked.meant,
        "over": over,
        "asked_for": wishes.chosen(lead.person_id, at=at).phrases,
        "away": wishes.away(lead.person_id, at=at),
        "lacks_consent": wishes.lacks_every_consent(lead.person_id, kind=Message.Kind.BY_HAND),
        "unwritable": why_unwritable(lead),
        "stopped": stopped_rules(),
        "address": point.value if point else "",
        "form_id": request.POST.get("form_id") or new_form_id(),
    }
    return render(request, "nurture/write.html", context, status=status)


# A frame without an address of its own is under the rules of its page: the styles of the letter stand in its tags. It
# runs nothing and leads nowhere.
_previewed = csp_override({**settings.SECURE_CSP, "style-src": [CSP.SELF, CSP.UNSAFE_INLINE]})(_page)
