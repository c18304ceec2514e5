"""Somebody leaves or is away: what she held goes on without her."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.changing import MoveRefused
from leads.actions.claiming import reassign_leads, release_lead
from leads.actions.handing import managers_of, withdraw_hand_off
from leads.actions.outcomes import return_lead
from leads.models import HandOff, Lead
from team.calendars import Calendars
from team.models import Absence, Role
from team.worktime import working_days_between

if TYPE_CHECKING:
    from team.models import User

# Away longer than this many working days without cover counts as giving back.
UNCOVERED_DAYS = 2


@transaction.atomic
def deactivate_user(
    user: User, *, by: User | None, at: datetime, successor: User | None = None, ae_successor: User | None = None
) -> None:
    """She leaves: her login ends and her leads go on, to a successor or the pool; her deals as AE to the AE named.

    MoveRefused when she holds accepted or qualified leads and no AE is named for them.
    """
    deals = Lead.objects.filter(ae=user, phase__in=[Phase.ACCEPTED, Phase.QUALIFIED])
    if deals.exists() and (ae_successor is None or ae_successor == user or not ae_successor.has_role(Role.AE)):
        raise MoveRefused(_("Name the account executive who takes her deals."), field="ae_successor")
    user.is_active = False
    user.save(update_fields=["is_active"])
    if deals.exists():
        reassign_leads(
            list(deals.values_list("pk", flat=True)), to=ae_successor, by=by, at=at, because="left", side="ae"
        )
    for hand_off in HandOff.objects.unanswered().filter(ae=user).select_related("lead").order_by("lead_id"):
        withdraw_hand_off(hand_off, by=by, at=at)
    give_back(user, by=by, at=at, successor=successor, because="left")


@transaction.atomic
def give_back(
    user: User, *, by: User | None, at: datetime, successor: User | None = None, because: str = "away"
) -> int:
    """What a rep held goes on: QUEUED holds clear, WORKING goes to the pool with its clocks running, HANDED_OFF and
    NURTURE pass to the successor or her team's manager. With a successor, WORKING passes to her too.

    Somebody who is only away keeps what sales has and what sleeps. Returns how many went on.
    """
    held = Lead.objects.open().filter(bdr=user).order_by("pk")
    if because == "away":
        held = held.in_phase(Phase.QUEUED, Phase.WORKING)
    count = 0
    for lead in held:
        count += 1
        new = successor if successor and lead.team_id in successor.teams_as(Role.BDR, Role.MANAGER) else None
        if lead.phase == Phase.QUEUED:
            reassign_leads([lead.pk], to=new, by=by, at=at, because=because, side="bdr")
        elif lead.phase == Phase.WORKING and new is None:
            release_lead(lead, by=by, at=at, because=because)
        else:
            heir = new or next((one for one in managers_of(lead.team_id) if one != user), None)
            if heir is not None:
                reassign_leads([lead.pk], to=heir, by=by, at=at, because=because, side="bdr")
            elif lead.phase == Phase.NURTURE:
                reassign_leads([lead.pk], to=None, by=by, at=at, because=because, side="bdr")
    return count


@transaction.atomic
def return_deals_of(user: User, *, by: User | None, at: datetime) -> int:
    """An AE's accepted leads back to their BDRs, where nobody takes over."""
    deals = list(Lead.objects.filter(ae=user, phase__in=[Phase.ACCEPTED, Phase.QUALIFIED]).order_by("pk"))
    for lead in deals:
        return_lead(lead, by=by, at=at, because="left")
    return len(deals)


def release_absent(*, at: datetime) -> int:
    """Reps away for more than two working days without cover give their leads back, once an absence. Returns leads."""
    calendars = Calendars(at=at)
    count = 0
    absences = Absence.objects.covering(at).filter(released_at=None, cover=None).select_related("user")
    for absence in absences.order_by("pk"):
        away_days = working_days_between(
            calendars.of_team(_team_of(absence.user)), absence.starts_at, absence.ends_at
        ) if _team_of(absence.user) else 0  # fmt: skip
        if away_days <= UNCOVERED_DAYS:
            continue
        with transaction.atomic():
            won = Absence.objects.filter(pk=absence.pk, released_at=None).update(released_at=at)
            if won:
                count += give_back(absence.user, by=None, at=at, because="away")
    return count


def _team_of(user: User) -> int:
    return next(iter(user.teams_as(Role.BDR, Role.MANAGER)), 0)
