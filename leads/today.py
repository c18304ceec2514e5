"""What a rep has done today, for the head of her queue and of the pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import JSONObject

from leads.her_clock import NONE, Days, weekend_worked
from leads.models import Activity, HandOff, Lead
from leads.rail import end_of_today, moment_told
from team.calendars import calendar_of, hours_kept
from team.models import Absence, User
from team.prepared import Prepared
from team.worktime import NeverOpen, WorkCalendar, working_minutes_between


@dataclass(frozen=True)
class Today:
    """What she has done since midnight on her clock, and how full her hands are."""

    touches: int
    conversations: int
    meetings: int
    open: int
    # Touches that are her goal today: less of it where she is away for a part of the day.
    goal: int
    # Where she would be by now, at an even pace over her working hours; None on a day without any.
    by_now: int | None
    # The days of the weekend around on which she works.
    weekend: Days = NONE

    @property
    def behind(self) -> int:
        return max((self.by_now or 0) - self.touches, 0)


def today_of(user: User, *, at: datetime) -> Today:
    """Touches and conversations less those taken back, meetings booked, open leads against her limit: one statement."""
    tomorrow = end_of_today(at)
    ((told,),) = _DONE.rows(user=user.pk, midnight=tomorrow - timedelta(days=1), tomorrow=tomorrow)
    return as_told(user, told, at=at)


def as_told(user: User, told: dict[str, Any], *, at: datetime) -> Today:
    """Her day out of what `done_since` asks for."""
    tomorrow = end_of_today(at)
    hours = None
    if told["calendar"]:
        away = [(moment_told(told["away_from"]), moment_told(told["away_until"]))] if told["away_from"] else ()
        hours = hours_kept(told["calendar"], told["version"], at=at, away=away)
    goal, by_now = pace(user.touches_goal, hours, midnight=tomorrow - timedelta(days=1), at=at)
    return Today(
        told["touches"],
        told["conversations"],
        told["meetings"],
        told["open"],
        goal,
        by_now,
        weekend_worked(hours, at=at),
    )


def pace(goal: int, hours: WorkCalendar | None, *, midnight: datetime, at: datetime) -> tuple[int, int | None]:
    """The goal of this day and how much of it would be done by now, touched evenly over her working hours."""
    if hours is None:
        return goal, None
    try:
        end = midnight + timedelta(days=1)
        worked, whole = (working_minutes_between(hours, midnight, until) for until in (at, end))
        without = working_minutes_between(replace(hours, away=()), midnight, end) if hours.away else whole
    except NeverOpen:
        return goal, None
    if not whole:
        return goal, None
    todays = round(goal * whole / without)
    return todays, todays * worked // whole


def _done(*, user: int, midnight: datetime, tomorrow: datetime) -> models.QuerySet[Any, Any]:
    told = JSONObject(**done_since(user=user, midnight=midnight, tomorrow=tomorrow))
    return User.objects.filter(pk=user).values_list(told)


def done_since(*, user: int, midnight: datetime, tomorrow: datetime) -> dict[str, Any]:
    """What `Today` is made of, each as a value to ask for: what she did, her hours, what an absence takes off them."""
    # Of several absences the one that ends last.
    away = Absence.objects.filter(user=user, ends_at__gt=midnight, starts_at__lt=tomorrow).order_by("-ends_at")
    mine = Activity.objects.filter(by=user, at__gte=midnight).order_by().values("by")
    touch = Q(kind__in=Activity.TOUCHES)
    # As her manager counts them: what she booked, whatever became of it.
    booked = HandOff.objects.booked().filter(bdr=user, sent_at__gte=midnight)
    held = Lead.objects.held_by(user).order_by().values("bdr").annotate(n=models.Count("pk"))
    return {
        "touches": _one(mine.annotate(n=_net(touch)).values("n")),
        "conversations": _one(mine.annotate(n=_net(touch & Q(is_conversation=True))).values("n")),
        "meetings": _one(booked.order_by().values("bdr").annotate(n=models.Count("pk")).values("n")),
        "open": _one(held.values("n")),
        "calendar": models.Subquery(calendar_of(user).values("pk")[:1]),
        "version": models.Subquery(calendar_of(user).values("version")[:1]),
        "away_from": models.Subquery(away.values("starts_at")[:1]),
        "away_until": models.Subquery(away.values("ends_at")[:1]),
    }


_DONE = Prepared(_done)


def _net(what_counts: Q) -> Any:
    """Rows less their reversals: a reversal is a row of its own that names the other."""
    return models.Count("pk", filter=what_counts & Q(reverses=None)) - models.Count(
        "pk", filter=what_counts & Q(reverses__isnull=False)
    )


def _one(rows: models.QuerySet[Any]) -> Any:
    return models.functions.Coalesce(models.Subquery(rows), 0, output_field=models.IntegerField())
