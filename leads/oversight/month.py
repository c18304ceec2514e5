"""A month of a team by rep: what came of the leads each of them sourced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import HandOff
from leads.models.handoff import BOOKED
from leads.oversight.reps import MET, SAID_YES
from team.localtime import resolve
from team.models import Role, Team, User, merged_into

MOMENTS = ("sent_at", "answered_at", "outcome_at")


def month_rows(team: Team, month: date) -> Iterator[list[Any]]:
    """A line a rep, with a head: four statements. Credit goes to who sourced the lead; where it came in by itself, to
    the rep who booked; and to the team she booked for, or that this one was retired into."""
    zone = timezone.get_current_timezone()
    name = zone.key if isinstance(zone, ZoneInfo) else "UTC"
    begins, ends = (_midnight(day, name) for day in (month, _next(month)))
    lines: dict[int | None, list[Any]] = {
        user.pk: [user.name, user.email, 0, 0, 0, 0, 0]
        for user in User.objects.active().with_role(Role.BDR, team).order_by("name", "pk")
    }
    teams = merged_into(team)
    offs = HandOff.objects.filter(Q(team__in=teams) | Q(team=None, lead__team__in=teams))
    # However long before it was booked: what came of it in this month counts in it.
    happened = (Q(**{f"{moment}__gte": begins, f"{moment}__lt": ends}) for moment in MOMENTS)
    offs = offs.filter(reduce(or_, happened)).order_by()
    whose = offs.annotate(credit=Coalesce("lead__sourced_by", "bdr"))
    counted = whose.values("credit").annotate(
        booked=_in("sent_at", begins, ends, BOOKED),
        held=_in("outcome_at", begins, ends, MET),
        accepted=_in("answered_at", begins, ends, SAID_YES),
        qualified=_in("outcome_at", begins, ends, Q(state=HandOff.State.QUALIFIED)),
        rejected=_in("answered_at", begins, ends, Q(state=HandOff.State.REJECTED)),
    )
    columns = ("booked", "held", "accepted", "qualified", "rejected")
    known = {user.pk: (user.name, user.email) for user in User.objects.filter(pk__in=whose.values("credit"))}
    for pk, *counts in counted.values_list("credit", *columns):
        if any(counts):
            lines[pk] = [*known.get(pk, (_("Nobody"), "")), *counts]
    yield [_("Rep"), _("E-mail"), _("Booked"), _("Held"), _("Accepted"), _("Qualified"), _("Rejected")]
    yield from lines.values()


def _in(column: str, begins: datetime, ends: datetime, what: Q) -> Count:
    return Count("pk", filter=what & Q(**{f"{column}__gte": begins, f"{column}__lt": ends}))


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _midnight(day: date, zone: str) -> datetime:
    return resolve(datetime.combine(day, time()), zone)
