"""What the library has for the person of a lead: a page of its own, which the page of the lead loads in place."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from content.actions.using import judge_asset
from content.forms.keeping import ThumbForm
from content.models import Asset
from content.models.use import Place
from content.words import QUERY_MAX
from leads.models import Lead
from leads.views.access import can_work, visible_lead
from nurture.actions.looking import note_search
from nurture.suggesting import Fit, look_for
from team.addresses import read_uuid
from team.http import Request, tell


@require_GET
@never_cache
@vary_on_headers("HX-Request")
def suggested(request: Request, public_id: UUID) -> HttpResponse:
    return _panel(request, visible_lead(request, public_id))


@require_POST
def suggested_judge(request: Request, public_id: UUID) -> HttpResponse:
    """Her thumb on one of these, said where it was offered."""
    lead = visible_lead(request, public_id)
    asked = read_uuid(request.POST.get("asset", ""))
    asset = Asset.objects.visible_to(request.user).filter(public_id=asked).first() if asked else None
    version = asset.versions.filter(is_current=True).first() if asset else None
    if asset is None or version is None:
        raise Http404
    form = ThumbForm(request.POST)
    if not form.is_valid():
        return _panel(request, lead, judged=asset, form=form, status=422)
    is_up, reason = form.cleaned_data["thumb"] == ThumbForm.UP, form.cleaned_data["reason"]
    judge_asset(asset, version, is_up=is_up, reason=reason, by=request.user, at=timezone.now())
    tell(request, _("Thank you: whoever keeps it reads this."), drafts=[f"thumb-{asset.public_id}"])
    return _panel(request, lead) if request.htmx else redirect("nurture:suggested", public_id)


def _panel(
    request: Request, lead: Lead, *, judged: Asset | None = None, form: ThumbForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    q = (request.POST or request.GET).get("q", "").replace("\x00", "").strip()[:QUERY_MAX]
    fit = Fit(lead, at=now)
    looked = look_for(fit, by=request.user, q=q)
    instead_of = request.GET.get("instead_of", "")
    note_search(fit, q, is_missed=looked.is_missed, instead_of=instead_of, place=Place.LEAD, by=request.user, at=now)
    context = {
        "now": now,
        "lead": lead,
        "q": q,
        "found": looked.found,
        "had": looked.had,
        "meant": looked.meant,
        "works": can_work(lead),
        "judged": judged,
        "form": form,
    }
    template = "nurture/suggested.html#panel" if request.htmx else "nurture/suggested.html"
    return render(request, template, context, status=status)
