"""What the library has for the person of a lead, that she has not had. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from content.models import Asset, Label
from content.models.asset import AssetQuerySet
from leads.models import Lead
from nurture.knowing import People


def fitting_for(lead: Lead, *, at: datetime) -> AssetQuerySet:
    """What may be sent to her on this day, what fits best first: her topics, then her role and where her pursuit
    stands, then the newest. What she has had, whoever gave it to her, is left out."""
    facts = People([lead.person_id], at=at)
    Dimension = Label.Dimension
    marks = Label.objects.filter(
        Q(dimension=Dimension.PERSONA, key=facts.roles.get(lead.person_id, ""))
        | Q(dimension=Dimension.STAGE, key=lead.phase),
        retired_at=None,
    )
    return Asset.objects.sendable(on=at.date()).fitting(
        topics=facts.topics(lead.person_id),
        labels=list(marks.values_list("pk", flat=True)),
        without=facts.had.get(lead.person_id, set()),
    )


def sendable_to(lead: Lead, *, at: datetime) -> AssetQuerySet:
    """Everything that may be sent to her, fitting or not, by title."""
    had = People([lead.person_id], at=at).had.get(lead.person_id, set())
    return Asset.objects.sendable(on=at.date()).exclude(pk__in=had).order_by("title", "pk")
