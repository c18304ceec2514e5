"""Somebody leaves or is away: what she held goes on without her."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from agreement.models import Phase
from leads.actions.changing import LeadConflict, MoveRefused, lock_leads
from leads.actions.claiming import reassign_leads, release_leads
from leads.actions.duties import pass_on_duties, take_duties_back
from leads.actions.going_back import must_find_a_bdr
from leads.actions.handing import withdraw_hand_off
from leads.actions.holding import hold_forgotten_attempts
from leads.actions.noticing import leave_out_hand_offs, managers_of, tell_of_many
from leads.actions.outcomes import return_lead
from leads.actions.reserving import pass_on_all_reserved, take_back_all_reserved
from leads.actions.sliding import take_back_slid
from leads.actions.unattended import unattended
from leads.models import HandOff, Lead, Notice, Step
from leads.models.handoff import who_answer_at
from leads.models.lead import AE_PHASES
from team.actions.auditing import note_audit
from team.actions.feeds import revoke_feed
from team.actions.people import end_sessions
from team.models import Absence, AuditEntry, Role, User

logger = structlog.get_logger(__name__)

# What an account executive has to do something for.
SOLD = (Phase.ACCEPTED, Phase.QUALIFIED)


@transaction.atomic
def deactivate_user(
    user: User, *, by: User | None, at: datetime, successor: User | None = None, ae_successor: User | None = None
) -> None:
    """She leaves: her login ends at once, with what is signed in and her calendar's address, and her leads go on, to a
    successor or the pool; her deals as AE to the AE named; what was reserved for her and what others counted on her for
    to who comes after her, or to nobody.

    MoveRefused when she holds accepted or qualified leads and no AE is named for them, or when sales has leads of hers
    and nobody of the team is left to keep the relation.
    """
    # Leads before users, as a claim locks them; what she takes until her row is ours is read again after it.
    lock_leads(list(Lead.objects.open().filter(Q(bdr=user) | Q(ae=user)).values_list("pk", flat=True)))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _must_name_who_goes_on(user, successor=successor, ae_successor=ae_successor)
    if not _may_take_deals_of(user, ae_successor):
        ae_successor = None
    user.is_active, user.successor, user.ae_successor = False, successor, ae_successor
    user.passed_on = pass_on_duties(user, successor=successor, ae_successor=ae_successor, at=at)
    user.save(update_fields=["is_active", "successor", "ae_successor", "passed_on"])
    end_sessions(user, at=at)
    pass_on(user, by=by, at=at, successor=successor, ae_successor=ae_successor)
    revoke_feed(user, by=by, at=at)
    note_audit(AuditEntry.Verb.DEACTIVATED, by=by, at=at, about=user._meta.label, about_id=str(user.pk))


def must_leave(user: User, *, at: datetime, successor: User | None = None, ae_successor: User | None = None) -> None:
    """MoveRefused where `deactivate_user` would be. Reads only."""
    _must_name_who_goes_on(user, successor=successor, ae_successor=ae_successor)
    must_pass_on(user, roles=[], at=at, successor=successor, ae_successor=ae_successor)


def _must_name_who_goes_on(user: User, *, successor: User | None, ae_successor: User | None) -> None:
    if successor is not None and not successor.is_active:
        raise MoveRefused(_("%(name)s does not work here any more.") % {"name": successor}, field="successor")
    if Lead.objects.filter(ae=user, phase__in=SOLD).exists() and not _may_take_deals_of(user, ae_successor):
        raise MoveRefused(_("Name the account executive who takes the deals."), field="ae_successor")


@transaction.atomic
def take_up_user(user: User, *, at: datetime) -> None:
    """Her login is hers again, and whom she backed up and covered is hers as far as nobody has said otherwise since.
    Leads that went on without her stay where they went."""
    take_duties_back(user, at=at)
    user.is_active, user.successor, user.ae_successor, user.passed_on = True, None, None, {}
    user.save(update_fields=["is_active", "successor", "ae_successor", "passed_on"])
    take_back_lent(at=at)
    lend(at=at)


@transaction.atomic
def pass_on(
    user: User, *, by: User | None, at: datetime, successor: User | None = None, ae_successor: User | None = None
) -> int:
    """What she holds and has no role for any more goes on: everything, where she does not work here. Returns leads.

    Without an AE to take them her deals go back to their BDRs.
    """
    user = User.objects.get(pk=user.pk)
    count = 0
    if not user.is_active or not user.has_role(Role.AE):
        deals = Lead.objects.filter(ae=user, phase__in=SOLD)
        ids = list(deals.values_list("pk", flat=True))
        count += len(ids)
        if _may_take_deals_of(user, ae_successor):
            reassign_leads(ids, to=ae_successor, by=by, at=at, because="left", side="ae")
        else:
            return_deals_of(user, by=by, at=at)
        for hand_off in HandOff.objects.unanswered().filter(ae=user).select_related("lead").order_by("lead_id"):
            withdraw_hand_off(hand_off, by=by, at=at)
            count += 1
    count += give_back(user, by=by, at=at, successor=successor, because="left")
    take_back_lent(at=at)
    return count


def must_pass_on(
    user: User,
    *,
    roles: Collection[tuple[str, int | None]],
    at: datetime,
    successor: User | None = None,
    ae_successor: User | None = None,
) -> None:
    """MoveRefused where `pass_on` would be, once these are all that she may do here. Reads only."""
    then = User.objects.get(pk=user.pk)
    then.held = frozenset(roles)
    if not then.has_role(Role.AE):
        going = Q(pk__in=HandOff.objects.unanswered().filter(ae=user).values("lead"))
        if not _may_take_deals_of(user, ae_successor):
            going |= Q(ae=user, phase__in=SOLD)
        must_find_a_bdr(list(Lead.objects.filter(going).select_related("bdr")), giving=then, at=at)
    heirs_of(user, successor=successor, keeps=then.teams_as(Role.BDR, Role.MANAGER))


def _may_take_deals_of(user: User, successor: User | None) -> bool:
    return successor is not None and successor != user and successor.is_active and successor.has_role(Role.AE)


@transaction.atomic
def give_back(
    user: User,
    *,
    by: User | None,
    at: datetime,
    successor: User | None = None,
    because: str = "away",
    keeps: Sequence[int] = (),
) -> int:
    """What a rep held goes on: QUEUED holds clear, WORKING goes to the pool with its clocks running, HANDED_OFF and
    NURTURE pass to the successor, her team's manager or the rep who holds least. With a successor, WORKING passes to
    her too.

    Somebody who is only away keeps what sales has and what sleeps, and what the teams in `keeps` have, where she is
    covered; who left a team, what other teams have. Returns how many went on. MoveRefused when nobody is left whom
    sales could send a lead back to.
    """
    if user.is_active and because != "away":
        keeps = user.teams_as(Role.BDR, Role.MANAGER)
    # In the order of their ids, as everybody locks many; what follows goes by heir.
    lock_leads(list(_given_up(user, because=because, keeps=keeps).values_list("pk", flat=True)))
    heirs = heirs_of(user, successor=successor, because=because, keeps=keeps)
    released: list[int] = []
    passed: dict[User | None, list[int]] = {}
    for lead, heir in heirs:
        ids = released if lead.phase == Phase.WORKING and heir is None else passed.setdefault(heir, [])
        ids.append(lead.pk)
    if released:
        release_leads(released, by=by, at=at, because=because)
    for heir, ids in passed.items():
        reassign_leads(ids, to=heir, by=by, at=at, because=because, side="bdr")
    return len(heirs)


def heirs_of(
    user: User, *, successor: User | None = None, because: str = "left", keeps: Sequence[int] = ()
) -> list[tuple[Lead, User | None]]:
    """Who would go on with each lead that a rep gives up; None is the pool of its team. Of the teams in `keeps` she
    gives up nothing. MoveRefused as in `give_back`, which does what is said here."""
    theirs = successor.teams_as(Role.BDR, Role.MANAGER) if successor else []
    managers: dict[int, User | None] = {}
    colleagues: dict[int, User | None] = {}
    found: list[tuple[Lead, User | None]] = []
    for lead in _given_up(user, because=because, keeps=keeps):
        team_id = lead.team_id
        heir = successor if team_id in theirs else None
        if heir is None and lead.phase not in (Phase.QUEUED, Phase.WORKING):
            if team_id not in managers:
                managers[team_id] = next((one for one in managers_of(team_id) if one != user), None)
            heir = managers[team_id]
            if heir is None and lead.phase != Phase.NURTURE:
                if team_id not in colleagues:
                    colleagues[team_id] = _holds_least(team_id, but=user)
                heir = colleagues[team_id]
            if heir is None and lead.phase == Phase.HANDED_OFF:
                raise MoveRefused(_("Sales has leads of this rep. Give the team a manager or another BDR first."))
        found.append((lead, heir))
    return found


def _given_up(user: User, *, because: str, keeps: Sequence[int]) -> QuerySet[Lead]:
    held = Lead.objects.open().filter(bdr=user).order_by("pk")
    if because == "away":
        held = held.in_phase(Phase.QUEUED, Phase.WORKING)
    return held.exclude(team__in=keeps) if keeps else held


def _holds_least(team_id: int, *, but: User) -> User | None:
    reps = User.objects.active().with_role(Role.BDR, team_id).exclude(pk=but.pk)
    held = Count("leads_as_bdr", filter=Q(leads_as_bdr__phase=Phase.WORKING))
    return reps.annotate(works=held).order_by("works", "pk").first()


@transaction.atomic
def return_deals_of(user: User, *, by: User | None, at: datetime) -> int:
    """An AE's accepted leads back to their BDRs, where nobody takes over."""
    deals = list(Lead.objects.filter(ae=user, phase__in=SOLD).order_by("pk"))
    for lead in deals:
        return_lead(lead, by=by, at=at, because="left")
    return len(deals)


def release_absent(*, at: datetime) -> int:
    """Reps away for more than two working days without cover give their leads back, once an absence; cover is lent
    what is due meanwhile and has what is reserved in the pool, and gives it back; who left and holds something yet
    passes it on. Returns leads.

    A cover who is away herself is none for as long as both are, and none for teams that she does not work for.
    """
    count = 0
    for absence, keeps in unattended(at):
        try:
            count += _given_back(absence, keeps=keeps, at=at)
        except (LeadConflict, MoveRefused) as refusal:
            # Somebody acted on one of hers meanwhile: the next tick tries again, and the others do not wait for it.
            logger.warning("held_by_somebody_away", user=absence.user_id, because=str(refusal))
    take_back_lent(at=at)
    take_back_slid(at=at)
    take_back_all_reserved(at=at)
    pass_on_all_reserved(at=at)
    lend(at=at)
    hold_forgotten_attempts(at=at)
    return count + _release_gone(at=at)


@transaction.atomic
def _given_back(absence: Absence, *, keeps: Sequence[int], at: datetime) -> int:
    given = sorted(set(absence.user.teams_as(Role.BDR, Role.MANAGER)) - set(keeps) | set(absence.released_teams or ()))
    won = Absence.objects.filter(pk=absence.pk, released_at=absence.released_at).update(
        released_at=at, released_teams=given
    )
    if not won:
        return 0
    user = absence.user
    held = list(_given_up(user, because="away", keeps=keeps).values_list("pk", flat=True))
    count = give_back(user, by=None, at=at, because="away", keeps=keeps)
    gone = Lead.objects.filter(pk__in=held).exclude(bdr=user).order_by("pk").values_list("pk", flat=True)
    tell_of_many(user.pk, list(gone), Notice.Kind.RELEASED, at=at)
    return count


def _release_gone(*, at: datetime) -> int:
    """Whoever took something while she was being deactivated does not keep it."""
    held = Lead.objects.open().filter(Q(bdr=OuterRef("pk")) | Q(ae=OuterRef("pk"), phase__in=AE_PHASES))
    count = 0
    gone = User.objects.filter(Exists(held), is_active=False).select_related("backup", "successor", "ae_successor")
    for user in gone.order_by("pk"):
        # Who was named may have left since.
        heir = user.successor if user.successor and user.successor.is_active else None
        try:
            count += pass_on(user, by=None, at=at, successor=heir, ae_successor=user.ae_successor or user.backup)
        except (LeadConflict, MoveRefused) as refusal:
            logger.warning("held_by_somebody_gone", user=user.pk, because=str(refusal))
    return count


# Cover: what is due while somebody is away is lent to who covers her, and hers again when she is back.
def covers_at(at: datetime) -> QuerySet[Absence]:
    """For a lent step: its assignee covers at `at` whose it is, as the rep of its lead or, with sales, as its account
    executive."""
    team = {"cover__memberships__role": Role.BDR, "cover__memberships__team": OuterRef("lead__team")}
    rep = Q(user=OuterRef("lead__bdr"), **team)
    ae = Q(user=OuterRef("lead__ae"), pk__in=Absence.objects.covered_in_sales(at).values("pk"))
    covers = Absence.objects.covered(at).filter(rep | ae, cover=OuterRef("assignee"))
    return covers.filter(user=OuterRef("lent_from"))


def lent_steps() -> QuerySet[Step]:
    return Step.objects.open().filter(lent_from__isnull=False)


@transaction.atomic
def lend(*, at: datetime) -> int:
    """Her steps that are due before she is back, to who covers her: a rep of the lead's team, or for what sales has
    accepted an account executive. What is lent stays where it is while its cover covers."""
    lent = 0
    for absence in Absence.objects.covered(at).select_related("user", "cover").order_by("pk"):
        cover = absence.cover
        if cover is None:
            continue
        steps = _undisturbed(steps_to_lend(absence.user, cover).filter(due_at__lt=absence.ends_at))
        ids = list(steps.values_list("pk", flat=True))
        lent += Step.objects.filter(pk__in=ids).update(lent_from=absence.user_id, assignee=cover)
    return lent + _lend_hand_offs(at=at)


def steps_to_lend(user: User, cover: User) -> QuerySet[Step]:
    """What she has to do that this cover may do for her."""
    hers = Q(lead__bdr=user, lead__team__in=cover.teams_as(Role.BDR))
    if cover.has_role(Role.AE):
        hers |= Q(lead__ae=user, lead__phase__in=SOLD) & ~Q(lead__bdr=cover)
    return own_steps(user).filter(hers)


def own_steps(user: User) -> QuerySet[Step]:
    """What she has to do herself of leads that are in work, asleep or with sales."""
    own = Step.objects.open().filter(assignee=user, lent_from=None)
    return own.exclude(lead__phase__in=[Phase.QUEUED, Phase.CLOSED])


def hand_offs_to_lend(user: User, cover: User) -> QuerySet[HandOff]:
    """What waits for her answer that this cover may give: of one absence what `who_answer_at` says of all."""
    waiting = HandOff.objects.unanswered().filter(ae=user, lent_to=None)
    return waiting.exclude(bdr=cover).exclude(lead__bdr=cover) if cover.has_role(Role.AE) else waiting.none()


def _lend_hand_offs(*, at: datetime) -> int:
    """What waits for the answer of somebody away waits for her cover's, who is told once of all of it."""
    cover = Subquery(who_answer_at(at).values("cover")[:1])
    waiting = HandOff.objects.unanswered().filter(Exists(who_answer_at(at)), lent_to=None)
    new = list(_undisturbed(waiting).values_list("pk", "lead_id", cover))
    lent: dict[int, dict[int, int]] = {}
    for pk, lead_id, to in new:
        lent.setdefault(to, {})[pk] = lead_id
    for cover_id, theirs in lent.items():
        tell_of_many(cover_id, list(theirs.values()), Notice.Kind.HAND_OFF, at=at)
        HandOff.objects.filter(pk__in=list(theirs)).update(lent_to=cover_id)
    return len(new)


def lent_hand_offs() -> QuerySet[HandOff]:
    return HandOff.objects.filter(lent_to__isnull=False)


def answered_for_at(at: datetime) -> QuerySet[Absence]:
    """For a hand-off: whom it is lent to still answers for its account executive at `at`."""
    return who_answer_at(at).filter(cover=OuterRef("lent_to"))


def _undisturbed[Row: (Step, HandOff)](steps: QuerySet[Row]) -> QuerySet[Row]:
    """These steps, or hand-offs, of leads that nobody is changing: looked for again once their leads are locked. The
    others wait for the next tick."""
    leads = Lead.objects.filter(pk__in=list(steps.order_by().values_list("lead", flat=True).distinct())).order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        leads = leads.select_for_update(skip_locked=True, no_key=True)
    return steps.filter(lead__in=list(leads.values_list("pk", flat=True)))


@transaction.atomic
def take_back_lent(*, at: datetime) -> int:
    """What was lent is its owner's again: she is back, or somebody else covers her now."""
    over = _undisturbed(lent_hand_offs().filter(~Exists(answered_for_at(at))))
    ended = list(over.values_list("pk", "lead_id", "lent_to"))
    HandOff.objects.filter(pk__in=[pk for pk, _lead_id, _cover in ended]).update(lent_to=None)
    for cover_id in {cover for _pk, _lead_id, cover in ended}:
        leave_out_hand_offs([lead_id for _pk, lead_id, cover in ended if cover == cover_id], of=[cover_id])
    back = _undisturbed(lent_steps().filter(~Exists(covers_at(at)))).select_related("lead")
    owners: dict[int | None, list[int]] = {}
    for step in back:
        owners.setdefault(_owner_of(step), []).append(step.pk)
    for owner_id, ids in owners.items():
        Step.objects.filter(pk__in=ids).update(assignee=owner_id, lent_from=None)
    return sum(map(len, owners.values()))


def _owner_of(step: Step) -> int | None:
    """Whose a lent step is: whom it was lent from, or who holds her part of the lead by now."""
    lead = step.lead
    if step.lent_from_id in (lead.bdr_id, lead.ae_id if lead.phase in AE_PHASES else None):
        return step.lent_from_id
    return lead.ae_id if lead.phase in SOLD else lead.bdr_id
