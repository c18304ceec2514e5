"""Somebody is away, with cover or without: what is promised is lent, what is only planned waits for her return."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads.actions.acts import one_act
from leads.actions.changing import MoveRefused, lock_leads
from leads.actions.leaving import (
    hand_offs_to_lend,
    lend,
    lent_hand_offs,
    lent_steps,
    own_steps,
    steps_to_lend,
    take_back_lent,
)
from leads.actions.reserving import pass_on_reserved, passed_on, reserved_while_away, take_back_reserved
from leads.actions.sliding import may_wait, slide, slide_back_leads, sliding
from leads.actions.unattended import Span, gaps_of, to_give_back
from leads.models import HandOff, Lead, LeadEvent, Notice, SlidStep, Step
from team.calendars import worktime_of_user, worktimes_of
from team.models import Absence, Role, Team, User
from team.worktime import next_opening, working_minutes_between


@dataclass(frozen=True)
class Foreseen:
    """What would happen if she were away from then until then."""

    starts_at: datetime
    ends_at: datetime
    # Handed to who covers her, and back when she is back.
    lent: int = 0
    # Wait for her until `back_at`.
    slid: int = 0
    # Reserved for her in the pool: they pass to who covers her, and to everybody.
    reserved: int = 0
    freed: int = 0
    # Go to the pool, because for long nobody does what she does.
    given_back: int = 0
    # Become late, because nobody is there for them.
    late: int = 0
    back_at: datetime | None = None
    # While her cover is away, too.
    gaps: Sequence[Span] = ()
    # Where she works and her cover does not.
    elsewhere: Sequence[Team] = ()


def foresee_absence(
    user: User, *, starts_at: datetime, ends_at: datetime, cover: User | None, at: datetime
) -> Foreseen:
    """What `set_away` and the ticks after it would do. Reads only; MoveRefused as there."""
    known = _there_already(user, starts_at=starts_at, ends_at=ends_at, cover=cover)
    if known is not None:
        starts_at, ends_at = min(known.starts_at, starts_at), max(known.ends_at, ends_at)
    back_at = next_opening(worktime_of_user(user, at=at), ends_at)
    gaps = gaps_of(cover, starts_at=max(starts_at, at), ends_at=ends_at)
    going = to_give_back(user, starts_at=starts_at, ends_at=ends_at, cover=cover, at=at)
    while_away = partial(_while_away, starts_at=starts_at, ends_at=ends_at, at=at)
    due = dict(while_away(own_steps(user).exclude(lead__in=going)).values_list("pk", "due_at"))
    answers = HandOff.objects.unanswered().filter(ae=user)
    answers = answers if starts_at <= at else answers.filter(respond_by__gte=starts_at)
    lent: set[int] = set()
    slid: set[int] = set()
    theirs, teams = answers.none(), list[int]()
    if cover is not None:
        teams = cover.teams_as(Role.BDR)
        waits = sliding(while_away(_hers_as_rep(user).exclude(lead__in=going))) if may_wait(back_at, at=at) else None
        slid = set(waits.values_list("pk", flat=True)) if waits is not None else set()
        lent = set(while_away(steps_to_lend(user, cover)).values_list("pk", flat=True)) - slid
        theirs = answers.filter(pk__in=hand_offs_to_lend(user, cover))
    unseen = [pk for pk, moment in due.items() if pk not in slid and (pk not in lent or _in_one(gaps, moment))]
    moments = answers.filter(respond_by__lt=ends_at).values_list("pk", "respond_by")
    answered = set(theirs.values_list("pk", flat=True))
    unanswered = [pk for pk, moment in moments if pk not in answered or _in_one(gaps, moment)]
    reserved = reserved_while_away(user, ends_at=ends_at, at=at)
    passing = reserved.filter(team__in=teams)
    return Foreseen(
        starts_at=starts_at,
        ends_at=ends_at,
        lent=len(lent) + len(answered),
        slid=len(slid),
        reserved=passing.count(),
        freed=reserved.exclude(team__in=teams).exclude(pk__in=going).count(),
        given_back=len(going - set(passing.values_list("pk", flat=True))),
        late=len(unseen) + len(unanswered),
        back_at=back_at,
        gaps=gaps if cover is not None else (),
        elsewhere=[] if cover is None else list(Team.objects.filter(pk__in=set(user.teams_as(Role.BDR)) - set(teams))),
    )


def set_away(
    user: User, *, starts_at: datetime, ends_at: datetime, cover: User | None = None, by: User, at: datetime
) -> Absence:
    """She is away from then until then. With cover what people wait for is lent at once, if it begins now, and what is
    only planned waits for her return; without, hand-raisers pass her by and a long absence gives her leads back.

    An absence that nobody covers is given its cover, and lasts from the earlier beginning to the later end. MoveRefused
    when she is away then already in another way, or who should cover is herself, of another team, or away too.
    """
    with transaction.atomic(), one_act():
        _must_be_hers(user, by=by)
        if ends_at <= max(starts_at, at):
            raise MoveRefused(_("It ends before it begins: choose a later moment."), field="until")
        leads = {lead.pk: lead for lead in lock_leads(list(Lead.objects.held_by(user).values_list("pk", flat=True)))}
        # Leads before users, as a claim locks them. Of two who say it at once the second sees what the first has said.
        both = {user.pk, cover.pk} if cover is not None else {user.pk}
        list(User.objects.select_for_update(no_key=True).filter(pk__in=both).order_by("pk"))
        if cover is not None:
            # Whose own absence is said in this moment is known by now.
            must_cover(user, cover, starts_at=max(starts_at, at), ends_at=ends_at)
        absence = _there_already(user, starts_at=starts_at, ends_at=ends_at, cover=cover)
        if absence is not None:
            absence.cover = cover
            absence.starts_at, absence.ends_at = min(absence.starts_at, starts_at), max(absence.ends_at, ends_at)
            absence.save(update_fields=["cover", "starts_at", "ends_at"])
            starts_at, ends_at = absence.starts_at, absence.ends_at
        else:
            absence = Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, cover=cover)
        if cover is not None:
            going = to_give_back(user, starts_at=starts_at, ends_at=ends_at, cover=cover, at=at)
            planned = _hers_as_rep(user).exclude(lead__in=going)
            slide(absence, leads, _while_away(planned, starts_at=starts_at, ends_at=ends_at, at=at), by=by, at=at)
        if starts_at <= at:
            pass_on_reserved(absence, leads, cover=cover, at=at)
            lend(at=at)
        return absence


def end_absence(absence: Absence, *, by: User, at: datetime) -> int:
    """She is back, or it was a mistake: what was lent is hers again and what waited is due when it was planned.

    What somebody has done or moved meanwhile stays as it is. Returns how much of what was lent came back. MoveRefused
    when it is over already.
    """
    with transaction.atomic(), one_act():
        _must_be_hers(absence.user, by=by)
        slid = SlidStep.objects.filter(absence=absence)
        passed = passed_on(at=at, of=absence.user)
        ids = {*slid.values_list("step__lead", flat=True), *passed.values_list("lead", flat=True)}
        leads = lock_leads(sorted(ids))
        # Its row is read after the lock: two who end it at once end it once.
        held = Absence.objects.select_for_update().filter(pk=absence.pk, ends_at__gt=at).first()
        if held is None:
            raise MoveRefused(_("This absence is over already."))
        slide_back_leads(leads, held, by=by, at=at)
        slid.filter(step__state=Step.State.OPEN).delete()
        # What was done meanwhile may be taken back: then its attempt waits for nobody, and the tick finds it.
        slid.update(absence=None)
        if held.starts_at >= at - timedelta(minutes=1):
            held.delete()
        else:
            held.ends_at = at
            held.save(update_fields=["ends_at"])
        reserved = take_back_reserved(passed.filter(lead__in=leads).select_related("lead"), at=at)
        lent = _lent_of(absence.user)
        take_back_lent(at=at)
        return reserved + lent - _lent_of(absence.user)


def given_back_in(absence: Absence) -> int:
    """How many of her leads have gone to the pool since it began because she was away, as she was told: those she
    worked, and those that were kept for her there."""
    told = Notice.objects.of(absence.user).filter(kind=Notice.Kind.RELEASED, at__gte=absence.starts_at)
    went = LeadEvent.objects.filter(verb__in=["release", "reassign"], at__gte=absence.starts_at, data__because="away")
    leads = {pk for notice in told for pk in notice.leads}
    return went.filter(lead__in=leads).values("lead").distinct().count()


def may_cover(user: User, *, at: datetime) -> QuerySet[User]:
    """Who could cover her at `at`: present colleagues who do what she does."""
    return colleagues_of(user).filter(pk__in=User.objects.present(at).values("pk"))


def colleagues_of(user: User) -> QuerySet[User]:
    """Who does what she does, here today or away."""
    same = Q(memberships__role=Role.BDR, memberships__team__in=user.teams_as(Role.BDR))
    if user.has_role(Role.AE):
        same |= Q(memberships__role=Role.AE)
    ids = User.objects.filter(same).values("pk")
    return User.objects.active().filter(pk__in=ids).exclude(pk=user.pk).order_by("name", "pk")


def _there_already(user: User, *, starts_at: datetime, ends_at: datetime, cover: User | None) -> Absence | None:
    """The absence in that time that nobody covers and that is given this cover. MoveRefused when there is another."""
    others = list(Absence.objects.filter(user=user, starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("ends_at"))
    if others and (len(others) > 1 or cover is None or others[0].cover_id is not None):
        raise MoveRefused(_("Away already: %(absence)s. End that first.") % {"absence": others[0]})
    return others[0] if others else None


def _must_be_hers(user: User, *, by: User) -> None:
    managed = set(by.teams_as(Role.MANAGER)) & set(user.teams_as(Role.BDR, Role.MANAGER))
    if by.pk != user.pk and not managed and not by.has_role(Role.ADMIN):
        raise MoveRefused(_("Only they and their manager say when they are away."))


def must_cover(user: User, cover: User, *, starts_at: datetime, ends_at: datetime) -> None:
    """MoveRefused unless this one could when it begins, and is here in some of the hours that she is not."""
    if not may_cover(user, at=starts_at).filter(pk=cover.pk).exists():
        raise MoveRefused(
            _("%(name)s cannot cover: away too, or in no team of theirs.") % {"name": cover}, field="cover"
        )
    hours = worktimes_of([user.pk], away={}, at=starts_at)[user.pk]
    alone = sum(working_minutes_between(hours, *gap) for gap in gaps_of(cover, starts_at=starts_at, ends_at=ends_at))
    if alone and alone >= working_minutes_between(hours, starts_at, ends_at):
        raise MoveRefused(
            _("%(name)s cannot cover: away themselves on all of these days.") % {"name": cover}, field="cover"
        )


def _while_away(steps: QuerySet[Step], *, starts_at: datetime, ends_at: datetime, at: datetime) -> QuerySet[Step]:
    """Of these what is due in that time: with an absence that has begun, also what is late already."""
    steps = steps.filter(due_at__lt=ends_at)
    return steps if starts_at <= at else steps.filter(due_at__gte=starts_at)


def _lent_of(user: User) -> int:
    return lent_steps().filter(lent_from=user).count() + lent_hand_offs().filter(ae=user).count()


def _in_one(spans: Iterable[Span], at: datetime) -> bool:
    return any(first <= at < last for first, last in spans)


def _hers_as_rep(user: User) -> QuerySet[Step]:
    return own_steps(user).filter(lead__bdr=user, lead__team__in=user.teams_as(Role.BDR))
