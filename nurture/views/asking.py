"""What a lead lacks is asked for from its page: two clicks, with what is known of it filled in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from content.models import Topic
from content.views.feedback import give_page
from content.views.requests import ask_page
from leads.views.access import visible_lead
from nurture.knowing import People
from team.http import Request


@require_http_methods(["GET", "POST"])
@never_cache
def ask_for_lead(request: Request, public_id: UUID) -> HttpResponse:
    lead = visible_lead(request, public_id)
    people = People([lead.person_id], at=timezone.now())
    topic = Topic.objects.filter(pk__in=people.topics(lead.person_id)[:1]).first()
    initial = {
        "persona": people.roles.get(lead.person_id, ""),
        "stage": lead.phase,
        "topic": topic.key if topic else "",
        "need": "",
    }
    back = reverse("leads:lead", args=[lead.public_id])
    return ask_page(request, initial=initial, back=back, lead=lead.pk, about=str(lead.person))


@require_http_methods(["GET", "POST"])
@never_cache
def lead_feedback(request: Request, public_id: UUID) -> HttpResponse:
    """What is missing or wrong with a lead: marketing answers, by the day that is promised."""
    lead = visible_lead(request, public_id)
    back = reverse("leads:lead", args=[lead.public_id])
    return give_page(request, lead=lead.public_id, about=str(lead.person), back=back)
