"""Another cadence for a lead under way: what it has planned is planned anew."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from agreement.models import Cadence, Phase
from leads.actions.acts import one_act
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, lock_leads, write
from leads.actions.effects import Effects
from leads.actions.holding import settle_first_touch, sweep_of_held
from leads.actions.sharing import share_act
from leads.cadence import first_step, next_step, soon
from leads.clocks import first_touch_of
from leads.models import Lead, LeadEvent, SharedAct, Step
from team.calendars import KeptCalendars

if TYPE_CHECKING:
    from team.models import User


# So many at once: everybody else's writes wait for them on SQLite.
MOVED_MAX = 200


@dataclass
class UnderWay:
    """Who works how many by an earlier number."""

    counts: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _name, count in self.counts)


@dataclass
class Moved:
    leads: list[Lead]
    act: SharedAct | None


def of_earlier(cadence: Cadence) -> QuerySet[Lead]:
    """Leads that are being worked by an earlier number of this cadence."""
    return Lead.objects.filter(phase=Phase.WORKING, cadence__key=cadence.key).exclude(cadence=cadence)


def under_way_by_earlier(cadence: Cadence) -> UnderWay:
    rows = of_earlier(cadence).order_by("bdr__name", "bdr").values_list("bdr__name", "bdr").annotate(n=Count("pk"))
    return UnderWay([(name, count) for name, _pk, count in rows])


@transaction.atomic
def go_on_by_current(cadence: Cadence, *, by: User, at: datetime) -> Moved:
    """Whoever finishes an earlier number goes on by this one, the oldest MOVED_MAX of them: one act, one event a lead.

    MoveRefused where this number is not the current one any more.
    """
    # Held, so that no other number becomes current meanwhile.
    cadence = Cadence.objects.select_for_update(no_key=True).get(pk=cadence.pk)
    if not cadence.is_current:
        raise MoveRefused(_("This cadence is not in use any more."), field="cadence")
    with one_act() as act:
        moved = []
        for lead in lock_leads(list(of_earlier(cadence).order_by("pk").values_list("pk", flat=True)[:MOVED_MAX])):
            # Looked at again under its lock.
            if lead.phase == Phase.WORKING and lead.cadence_id != cadence.pk:
                change_cadence(lead, cadence=cadence, by=by, at=at)
                moved.append(lead)
        return Moved(moved, share_act(act, verb=SharedAct.Verb.CADENCE, by=by, at=at))


@transaction.atomic
def change_cadence(lead: Lead, *, cadence: Cadence, by: User, at: datetime) -> LeadEvent:
    """Go on by another cadence, behind as many attempts as were made; what was promised or set by hand stays.

    LeadConflict for a lead that is not being worked, MoveRefused for the cadence it has.
    """
    held = lock_lead(lead)
    if held.phase != Phase.WORKING:
        raise LeadConflict(_("Only a lead that is being worked has a cadence to change."))
    if held.cadence_id == cadence.pk:
        raise MoveRefused(_("It goes by this cadence already."), field="cadence")
    if not cadence.is_current:
        raise MoveRefused(_("This cadence is not in use any more."), field="cadence")
    effects = Effects(held, by=by, at=at)
    planned = [step for step in effects.open_steps if step.made_by == Step.MadeBy.CADENCE]
    if planned:
        effects.close_steps(planned)
        effects.make_step(_planned_by(held, cadence, effects, planned[0], at=at))
    more = {"sweep_at": sweep_of_held(effects, at=at)} if settle_first_touch(effects, at=at) else {}
    data = effects.data(cadence=cadence.pk)
    event = alter(held, "plan", by=by, at=at, cadence=cadence, due_at=effects.next_due or soon(at), data=data)
    return write(held, event, **more)


def _planned_by(lead: Lead, cadence: Cadence, effects: Effects, was: Step, *, at: datetime) -> Step:
    """Its next attempt. Where nobody was tried yet that is the first touch, due as it was promised."""
    worktime = KeptCalendars(at=at).of_user(lead.bdr_id or 0)
    moved = copy(lead)
    moved.cadence_id = cadence.pk
    if lead.attempts or lead.first_touched_at is not None:
        return next_step(moved, after=lead.attempts, assignee_id=was.assignee_id, at=at, worktime=worktime)
    clock = first_touch_of(effects.running_clocks)
    due_at = max(clock.due_at, soon(at)) if clock else None
    return first_step(moved, assignee_id=was.assignee_id, at=at, worktime=worktime, due_at=due_at)
