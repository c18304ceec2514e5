"""What a rep has done today, for the head of her queue and of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from leads.models import Activity, HandOff, Lead
from leads.models.lead import AE_PHASES
from leads.rail import end_of_today
from team.models import User
from team.prepared import Prepared


@dataclass(frozen=True)
class Today:
    """What she has done since midnight on her clock, and how full her hands are."""

    touches: int
    conversations: int
    meetings: int
    open: int


def today_of(user: User, *, at: datetime) -> Today:
    """Touches and conversations less those taken back, meetings booked, open leads against her limit: one statement."""
    (row,) = _DONE.rows(user=user.pk, midnight=end_of_today(at) - timedelta(days=1))
    return Today(*row)


def _done(*, user: int, midnight: datetime) -> models.QuerySet[Any, Any]:
    return User.objects.filter(pk=user).values_list(*done_since(user=user, midnight=midnight).values())


def done_since(*, user: int, midnight: datetime) -> dict[str, Any]:
    """The figures of `Today`, each as a value to ask for."""
    mine = Activity.objects.filter(by=user, at__gte=midnight).order_by().values("by")
    touch = Q(kind__in=Activity.TOUCHES)
    booked = HandOff.objects.filter(
        lead__bdr=user, lead__phase__in=AE_PHASES, sent_at__gte=midnight, meeting_at__isnull=False
    )
    held = Lead.objects.held_by(user).order_by().values("bdr").annotate(n=models.Count("pk"))
    return {
        "touches": _one(mine.annotate(n=_net(touch)).values("n")),
        "conversations": _one(mine.annotate(n=_net(touch & Q(is_conversation=True))).values("n")),
        "meetings": _one(booked.order_by().values("lead__bdr").annotate(n=models.Count("pk")).values("n")),
        "open": _one(held.values("n")),
    }


_DONE = Prepared(_done)


def _net(what_counts: Q) -> Any:
    """Rows less their reversals: a reversal is a row of its own that names the other."""
    return models.Count("pk", filter=what_counts & Q(reverses=None)) - models.Count(
        "pk", filter=what_counts & Q(reverses__isnull=False)
    )


def _one(rows: models.QuerySet[Any]) -> Any:
    return models.functions.Coalesce(models.Subquery(rows), 0, output_field=models.IntegerField())
