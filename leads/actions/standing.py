"""What a company is to us decides whether reps work it. Only prospects reach a rep's queue: when a company becomes
anything else, what waits in the pool there and what reps work there ends; what sales has stays with sales, and who
sleeps sleeps on (`wake_leads`). A prospect again, what ended like this goes on in its next pursuit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Account, Employment, Person, Standing
from agreement.models import Lane, Phase
from leads.actions.changing import LeadConflict, MoveRefused, alter, lock_leads, write_all
from leads.actions.entering import Entered, NewLead, open_leads
from leads.actions.noticing import tell_of_many
from leads.actions.recycling import lane_of_return
from leads.models import Clock, Lead, Notice, Step
from leads.models.lead import AE_PHASES, REP_PHASES, LeadQuerySet
from team.models import Role, SettingChange

if TYPE_CHECKING:
    from team.models import User

# Whose it is to say: who knows of deals and customers, and who answers for the reps' time. It ends pursuits, and so it
# is not a marketer's, nor a rep's, who disqualifies her own.
MAY_SAY = (Role.AE, Role.MANAGER, Role.ADMIN)
# Somebody who asked to be contacted still waits when the mistake is mended this soon.
STILL_WAITING = timedelta(days=1)


@dataclass
class Consequences:
    """What a standing does to the pursuits at a company."""

    ends: list[Lead] = field(default_factory=list)
    with_sales: list[Lead] = field(default_factory=list)
    asleep: list[Lead] = field(default_factory=list)
    again: list[Lead] = field(default_factory=list)


def may_say_standing(user: User) -> bool:
    return any(user.has_role(role) for role in MAY_SAY)


def consequences_of(account: Account, standing: str, *, to: User) -> Consequences:
    """What `standing` would do, in the order of what is due; `is_seen` says of which leads `to` may know when."""
    found = Consequences()
    if standing == account.standing:
        return found
    if standing == Standing.PROSPECT:
        busy = Lead.objects.open().values("person")
        found.again = list(_said(_stood_down(account), to).exclude(person__in=busy).order_by("-closed_at", "id"))
        return found
    for lead in _said(_there(account), to).order_by("due_at", "id"):
        if lead.phase in AE_PHASES:
            found.with_sales.append(lead)
        else:
            (found.asleep if lead.phase == Phase.NURTURE else found.ends).append(lead)
    return found


@transaction.atomic
def set_standing(
    account: Account,
    *,
    standing: str,
    by: User,
    at: datetime,
    owner: User | None = None,
    expect: int | None = None,
    reopen: bool = True,
) -> Consequences:
    """Say what a company is to us and who owns it, and let its pursuits follow; gives what ended and what goes on.

    MoveRefused when it is not hers to say, LeadConflict when the account is not as the form showed it.
    """
    if not may_say_standing(by):
        raise MoveRefused(_("Account executives, managers and admins say what a company is to us."))
    # Leads before people, as a wake locks them; then again, for what came in between: a lead is opened under the lock
    # of its person, and whoever opens one after us reads the standing we leave.
    list(_there(account).order_by("pk").select_for_update(of=("self",)))
    employed = Employment.objects.filter(account=account, is_current=True)
    list(Person.objects.filter(pk__in=employed.values("person")).order_by("pk").select_for_update(no_key=True))
    held = Account.objects.select_for_update().get(pk=account.pk)
    if expect is not None and held.version != expect:
        raise LeadConflict(_("This account has changed since you opened this page."))
    done = Consequences()
    changes: dict[str, list[object]] = {}
    if held.owner_id != (owner.pk if owner else None):
        changes["owner"] = [held.owner_id, owner.pk if owner else None]
    if held.standing != standing:
        changes["standing"] = [held.standing, standing]
    if not changes:
        return done
    was = held.standing
    held.standing, held.owner, held.version = standing, owner, held.version + 1
    held.save(update_fields=["standing", "owner", "version"])
    SettingChange.objects.create(at=at, by=by, model=Account._meta.label, object_id=str(held.pk), changes=changes)
    if standing != was:
        if standing == Standing.PROSPECT:
            done.again = _go_on(held, by=by, at=at).leads if reopen else []
        else:
            done.ends = stand_down(_there(held), by=by, at=at)
    account.refresh_from_db()
    return done


def stand_down(there: LeadQuerySet, *, by: User | None, at: datetime) -> list[Lead]:
    """End what reps have or could take of these where it is not for them, inside the caller's transaction. The rep
    whose work it was is told, unless she said it herself."""
    for_reps = there.in_phase(*REP_PHASES)
    locked = lock_leads(list(for_reps.at_no_prospect().values_list("pk", flat=True)))
    because = Lead.objects.in_phase(*REP_PHASES).filter(pk__in=[lead.pk for lead in locked]).standings()
    leads = [lead for lead in locked if lead.pk in because]
    if not leads:
        return []
    Step.objects.open().filter(lead__in=leads).update(state=Step.State.CANCELLED, closed_at=at)
    Clock.objects.running().filter(lead__in=leads).update(state=Clock.State.EXCUSED, ended_at=at, next_notice_at=None)
    altered = []
    for lead in leads:
        event = alter(
            lead, "stand_down", to=Phase.CLOSED, by=by, at=at, as_system=True, closed_as=Lead.ClosedAs.STANDING,
            data={"because": because[lead.pk]},
        )  # fmt: skip
        lead.sweep_at = None
        altered.append((lead, event))
    write_all(altered)
    hers: dict[int, list[int]] = {}
    for lead in leads:
        if lead.bdr_id is not None and lead.bdr_id != (by.pk if by else None):
            hers.setdefault(lead.bdr_id, []).append(lead.pk)
    for bdr_id, ended in hers.items():
        tell_of_many(bdr_id, ended, Notice.Kind.ENDED, at=at)
    return leads


def _go_on(account: Account, *, by: User, at: datetime) -> Entered:
    """The next pursuit of everybody whose last one ended because the company was no prospect, for the same rep."""
    return open_leads(
        [
            NewLead(
                person_id=lead.person_id,
                lane=_lane_now(lead, at=at),
                origin=Lead.Origin.MANUAL,
                source=lead.source,
                previous_id=lead.pk,
                team_id=lead.team_id,
                bdr_id=lead.bdr_id,
                sourced_by_id=lead.sourced_by_id,
                evidence=lead.evidence,
                because="prospect_again",
            )
            for lead in lock_leads(list(_stood_down(account).values_list("pk", flat=True)))
        ],
        by=by,
        at=at,
        as_system=True,
    )


def _lane_now(lead: Lead, *, at: datetime) -> str:
    waits = lead.closed_at and at - lead.closed_at < STILL_WAITING
    return lead.lane if waits and lead.lane != Lane.REP_SOURCED else lane_of_return(lead.lane)


def _there(account: Account) -> LeadQuerySet:
    """The open pursuits at a company."""
    return Lead.objects.open().of_companies(account)


def _stood_down(account: Account) -> LeadQuerySet:
    return Lead.objects.of_companies(account).filter(closed_as=Lead.ClosedAs.STANDING, next=None)


def _said(leads: LeadQuerySet, to: User) -> LeadQuerySet:
    seen = Lead.objects.visible_to(to).filter(pk=OuterRef("pk"))
    return leads.annotate(is_seen=Exists(seen)).select_related("person", "team", "stage", "bdr", "ae")
