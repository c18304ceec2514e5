"""Disqualifying, second looks, putting back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.people import BY_REP, assert_again, lock_addresses
from accounts.models import Suppression
from agreement.models import Phase, Reason, SLAClause
from agreement.spans import DAY_MINUTES
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_lead, must_allow, must_be_of, write
from leads.actions.effects import Effects
from leads.actions.entering import NewLead, open_leads
from leads.actions.noticing import managers_of, settle_second_looks
from leads.actions.recycling import must_be_free, rule_of
from leads.clocks import clause_for
from leads.models import Lead, LeadEvent, Notice, Recycling, SecondLook
from leads.routing import why_not
from team.calendars import KeptCalendars
from team.worktime import add_working_days, add_working_minutes

if TYPE_CHECKING:
    from team.models import User

# A reason that asks for a second look does so below this many attempts.
ATTEMPTS_ENOUGH = 3
SECOND_LOOK_MINUTES = 5 * DAY_MINUTES


@transaction.atomic
def disqualify_lead(
    lead: Lead, *, reason: Reason, by: User, at: datetime, note: str = "", expect: int | None = None
) -> LeadEvent:
    """End a pursuit at once. An opt-out suppresses every channel in the same transaction.

    Where the reason asks for it and fewer than three attempts were made, the manager sees it for five working days.
    """
    held = lock_lead(lead, expect=expect)
    must_be_free(held, by=by, at=at)
    must_allow(held, "disqualify", Phase.CLOSED, by=by)
    rule = rule_of(held, reason, kind=Reason.Kind.DISQUALIFY)
    effects = Effects(held, by=by, at=at)
    effects.close_steps()
    effects.end_clocks(excused=True)
    effects.note(note)
    if held.phase == Phase.NURTURE:
        for pk in Recycling.objects.filter(lead=held, undone_at=None).values_list("pk", flat=True):
            effects.add("recyclings_kept", pk)
    if rule.suppresses:
        lock_addresses([held.person_id])
        suppression, is_new = Suppression.objects.get_or_create(
            channel=Suppression.Channel.ALL, person_id=held.person_id, defaults={"at": at, "source": BY_REP}
        )
        if is_new:
            effects.add("suppressions", suppression.pk)
        else:
            assert_again([suppression.pk], source=BY_REP, at=at)
    if rule.second_look and held.attempts < ATTEMPTS_ENOUGH:
        look = SecondLook.objects.create(lead=held, team_id=held.team_id, at=at, due_at=_look_until(held, at=at))
        effects.add("second_looks", look.pk)
        for manager in managers_of(held.team_id):
            if manager != by:
                Notice.objects.create(user=manager, lead=held, kind=Notice.Kind.SECOND_LOOK, at=at)
    closed_as = Lead.ClosedAs.DO_NOT_CONTACT if rule.suppresses else Lead.ClosedAs.DISQUALIFIED
    event = alter(
        held,
        "disqualify",
        to=Phase.CLOSED,
        by=by,
        at=at,
        closed_as=closed_as,
        reason=reason,
        data=effects.data(reason=reason.pk),
    )
    return write(held, event, sweep_at=None)


@transaction.atomic
def approve_second_look(look: SecondLook, *, by: User, at: datetime) -> None:
    """The manager agrees: it stays closed. LeadConflict when somebody has decided already."""
    _decide(look, lock_lead(look.lead), SecondLook.State.APPROVED, by=by, at=at)


@transaction.atomic
def put_back(look: SecondLook, *, by: User, at: datetime) -> Lead:
    """The manager disagrees: the next pursuit opens, reserved for the rep who had it.

    MoveRefused when the person has an open lead meanwhile, or may not be worked.
    """
    # The lead before its look, as an undo locks them.
    lead = lock_lead(look.lead)
    _decide(look, lead, SecondLook.State.PUT_BACK, by=by, at=at)
    if Lead.objects.filter(previous=lead).exists():
        raise LeadConflict(_("This person has been pursued again since."))
    entered = open_leads(
        [
            NewLead(
                person_id=lead.person_id,
                lane=lead.lane,
                origin=Lead.Origin.MANUAL,
                source=lead.source,
                previous_id=lead.pk,
                # Where hers was retired since, of the team that goes on for it.
                team_id=look.team_id,
                bdr_id=lead.bdr_id,
                sourced_by_id=lead.sourced_by_id,
                evidence=lead.evidence,
                because="put_back",
            )
        ],
        by=by,
        at=at,
        as_system=True,
    )
    if not entered.leads:
        raise MoveRefused(_("It cannot go back: %(why)s.") % {"why": why_not(next(iter(entered.refused.values()), ""))})
    following = entered.leads[0]
    if following.bdr_id:
        Notice.objects.create(user_id=following.bdr_id, lead=following, kind=Notice.Kind.RETURNED, at=at)
    return following


def _decide(look: SecondLook, lead: Lead, state: str, *, by: User, at: datetime) -> None:
    must_be_of(("manager",), lead, by=by)
    decided = SecondLook.objects.filter(pk=look.pk, state=SecondLook.State.OPEN).update(
        state=state, decided_at=at, decided_by=by
    )
    if not decided:
        raise LeadConflict(_("Somebody has decided this already."))
    settle_second_looks([lead.pk], at=at)


def _look_until(lead: Lead, *, at: datetime) -> datetime:
    """So many working days on: however long a day is at the team, the manager has the days that were agreed."""
    clause = clause_for(SLAClause.Kind.SECOND_LOOK, version_id=lead.agreement_id, lane=lead.lane)
    minutes = clause.minutes if clause else SECOND_LOOK_MINUTES
    days, rest = divmod(minutes, DAY_MINUTES)
    worktime = KeptCalendars(at=at).of_team(lead.team_id)
    until = add_working_days(worktime, at, days) if days else at
    return add_working_minutes(worktime, until, rest) if rest else until
