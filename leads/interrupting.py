"""What may interrupt somebody who is doing something else: only what has a moment and cannot wait for her next page.

A promise of her own from a quarter of an hour before; whoever asked to be contacted, told to every rep of the team who
is at work, and to its manager when the promise is about to run out. Everything else waits in its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q, QuerySet, Value

from accounts.models import called
from agreement.models import Lane, StepKind
from leads.models import Lead, Step
from leads.models.work import PROMISE_LEAD
from team.calendars import KeptCalendars, NoCalendar
from team.models import Role, User
from team.prepared import Prepared
from team.worktime import is_working

SHOWN_MAX = 3
# A promise is told until so long after its moment; then it stands in her queue as missed.
TOLD_AFTER = timedelta(minutes=30)
# With so much left of the promise of an answer nobody has begun, the manager hears of it.
LAST_CALL = timedelta(minutes=2)


class Why(StrEnum):
    PROMISED = "promised"
    ASKED = "asked"
    UNTAKEN = "untaken"


ORDER = list(Why)


@dataclass(frozen=True)
class Interruption:
    why: Why
    public_id: UUID
    name: str
    company: str
    due_at: datetime
    # What was promised, as a kind of step.
    step: str

    @property
    def said(self) -> str:
        return str(StepKind(self.step).label)


def interruptions_of(user: User, *, at: datetime) -> list[Interruption]:
    """At most SHOWN_MAX, promises first, then whose moment is nearest. One statement; up to three more where somebody
    asked, to see whether she works now and is not away."""
    teams, managed = user.teams_as(Role.BDR), user.teams_as(Role.MANAGER)
    rows = _CANNOT_WAIT.rows(
        user=user.pk, at=at, since=at - TOLD_AFTER, soon=at + PROMISE_LEAD, last=at + LAST_CALL,
        teams=teams, managed=managed,
    )  # fmt: skip
    found: dict[UUID, Interruption] = {}
    for why, public_id, *names, company, step, due_at in rows:
        one = Interruption(Why(why), public_id, called(*names), company or "", due_at, step)
        # Who is both a rep and a manager of this team may take it herself.
        if public_id not in found or ORDER.index(one.why) < ORDER.index(found[public_id].why):
            found[public_id] = one
    told = sorted(found.values(), key=lambda one: (one.why is not Why.PROMISED, one.due_at, one.public_id))
    if any(one.why is not Why.PROMISED for one in told) and not (not user.is_undisturbed and _is_at_work(user, at=at)):
        told = [one for one in told if one.why is Why.PROMISED]
    return told[:SHOWN_MAX]


def _is_at_work(user: User, *, at: datetime) -> bool:
    try:
        return is_working(KeptCalendars(at=at).of_user(user.pk), at)
    except NoCalendar:
        return False


def _cannot_wait(
    *, user: int, at: datetime, since: datetime, soon: datetime, last: datetime, teams: list[int], managed: list[int]
) -> QuerySet[Any, Any]:
    promised = Step.objects.open().filter(assignee=user, promised=True, due_at__gte=since, due_at__lte=soon)
    asked = Lead.objects.filter(
        phase="queued", lane=Lane.HAND_RAISER, first_touched_at=None, band=Lead.Band.WAITING
    ).order_by()
    hers = asked.filter(Q(reserved_until=None) | Q(reserved_until__lte=at) | Q(bdr=user), team__in=teams)
    untaken = asked.filter(team__in=managed, due_at__lt=last)
    return (
        promised.order_by()
        .values_list(*_columns(Why.PROMISED, "lead__", F("kind")))
        .union(
            hers.values_list(*_columns(Why.ASKED, "", _NO_STEP)),
            untaken.values_list(*_columns(Why.UNTAKEN, "", _NO_STEP)),
            all=True,
        )
    )


_NO_STEP: Any = Value("", output_field=CharField())


def _columns(why: Why, lead: str, step: Any) -> tuple[Any, ...]:
    return (
        Value(why.value, output_field=CharField()), f"{lead}public_id", f"{lead}person__given_name",
        f"{lead}person__family_name", f"{lead}person__known_by", f"{lead}account__name", step, "due_at",
    )  # fmt: skip


_CANNOT_WAIT = Prepared(_cannot_wait)
