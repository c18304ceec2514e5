"""Whether the data keeps the promises: folds, invariants, leaks. Reads only; where all is well, 0 of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from agreement.models import Lane, Phase, SLAClause, StepKind
from agreement.models.vocabulary import OPEN_PHASES
from leads.actions.changing import COLUMNS, PHASE_MOMENTS, as_code
from leads.actions.leaving import answered_for_at, covers_at, lent_hand_offs, lent_steps
from leads.actions.unattended import left_by_cover
from leads.folding import fold
from leads.models import (
    Clock,
    Engagement,
    HandOff,
    Import,
    Lead,
    LeadEvent,
    Recycling,
    Release,
    SlidStep,
    Step,
    Verdict,
)
from leads.models.lead import AE_PHASES, REP_PHASES
from team.actions.auditing import entries_that_differ
from team.localtime import is_zone
from team.models import Absence, Calendar, Membership, Role, Team, User
from team.prepared import Prepared

# The system is late, not wrong, until a tick has had this long.
TICK_GRACE = timedelta(minutes=5)
CHUNK = 2000
NAMED_MAX = 1000


@dataclass(frozen=True)
class When:
    """The moments that checks ask about: `at`, and before it a tick's grace, four days, a week."""

    at: datetime
    late: datetime
    four_days_ago: datetime
    week_ago: datetime


def check_all(*, at: datetime) -> dict[str, list[int]]:
    """The ids that break each promise, by the promise's name; at most a thousand of each."""
    when = asdict(When(at, at - TICK_GRACE, at - timedelta(days=4), at - timedelta(days=7)))
    found = {name: [pk for (pk,) in asked.rows(**when)] for name, asked in PREPARED.items()}
    return found | {check.__name__: list(check()) for check in READING_ROWS}


def state_differs_from_history() -> Iterator[int]:
    """Leads whose row is not what folding their events gives, or whose events contradict each other."""
    fields = list(COLUMNS.items())
    last = 0
    while leads := list(Lead.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = leads[-1].pk
        events = LeadEvent.objects.filter(lead__in=leads).order_by("lead_id", "id")
        histories: dict[int, Any] = {pk: fold(rows) for pk, rows in groupby(events, key=lambda event: event.lead_id)}
        for lead in leads:
            folded = histories.get(lead.pk)
            if folded is None or folded.contradictions or _differs(lead, folded.state, fields):
                yield lead.pk


def _differs(lead: Lead, state: dict[str, Any], fields: list[tuple[str, str]]) -> bool:
    blank = {"attempts": 0, "closed_as": ""}
    return any(as_code(getattr(lead, column)) != state.get(field, blank.get(field)) for field, column in fields)


def _earliest_step(**more: Any) -> QuerySet[Step, Any]:
    return Step.objects.open().filter(lead=OuterRef("pk"), **more).order_by("due_at").values("due_at")[:1]


def worked_without_its_step(when: When) -> QuerySet[Lead]:
    """Open leads in work whose due moment is not their earliest open step's, or that have none."""
    worked = Lead.objects.filter(phase__in=[Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED])
    worked = worked.annotate(earliest=Subquery(_earliest_step()))
    return worked.filter(Q(earliest=None) | _differ("due_at", "earliest"))


def _differ(one: str, other: str) -> Q:
    """Neither is empty, and they are not the same. A comparison with nothing would be neither true nor false."""
    return Q(**{f"{one}__lt": F(other)}) | Q(**{f"{one}__gt": F(other)})


def handed_off_without_answer_due(when: When) -> QuerySet[Lead]:
    waiting = HandOff.objects.filter(lead=OuterRef("pk"), state=HandOff.State.SENT, respond_by=OuterRef("due_at"))
    return Lead.objects.filter(~Exists(waiting), phase=Phase.HANDED_OFF)


def hand_off_open_elsewhere(when: When) -> QuerySet[HandOff]:
    """Unanswered hand-offs of leads that are not handed off, accepted ones of leads that are not accepted."""
    return HandOff.objects.filter(
        Q(state=HandOff.State.SENT) & ~Q(lead__phase=Phase.HANDED_OFF)
        | Q(state=HandOff.State.ACCEPTED) & ~Q(lead__phase=Phase.ACCEPTED)
    )


def asleep_without_its_date(when: When) -> QuerySet[Lead]:
    """Sleeping leads due at neither their wake nor an open step before it."""
    asleep = Lead.objects.filter(phase=Phase.NURTURE).annotate(earliest=Subquery(_earliest_step()))
    wake_is_first = Q(earliest=None) | Q(earliest__gte=F("wake_at"))
    step_is_first = Q(earliest__lt=F("wake_at"))
    return asleep.filter(
        (wake_is_first & _differ("due_at", "wake_at")) | (step_is_first & _differ("due_at", "earliest"))
    )


def asleep_without_its_facts(when: When) -> QuerySet[Lead]:
    facts = Recycling.objects.filter(lead=OuterRef("pk"), undone_at=None, wake_at=OuterRef("wake_at"))
    return Lead.objects.filter(~Exists(facts), phase=Phase.NURTURE)


def queued_without_its_first_touch(when: When) -> QuerySet[Lead]:
    """Untouched leads of the pool, with nothing planned, that are not due when their first touch was promised."""
    promised = Clock.objects.running().filter(lead=OuterRef("pk"), kind=SLAClause.Kind.FIRST_TOUCH)
    queued = Lead.objects.filter(~Exists(Step.objects.open().filter(lead=OuterRef("pk"))), phase=Phase.QUEUED)
    queued = queued.annotate(promised=Subquery(promised.values("due_at")[:1]))
    return queued.filter(_differ("due_at", "promised"), first_touched_at=None)


def stage_is_retired(when: When) -> QuerySet[Lead]:
    """Open leads in a stage that no page shows any more."""
    return Lead.objects.open().filter(stage__retired_at__isnull=False)


def stage_of_another_phase(when: When) -> QuerySet[Lead]:
    return Lead.objects.open().exclude(stage__phase=F("phase"))


def phase_without_its_first_moment(when: When) -> QuerySet[Lead]:
    """Leads in a phase they were never counted in: the funnel would not know of them."""
    missing = [Q(phase=phase, **{moment: None}) for phase, moment in PHASE_MOMENTS.items()]
    return Lead.objects.filter(reduce(or_, missing))


def accepted_without_its_hand_off(when: When) -> QuerySet[Lead]:
    accepted = HandOff.objects.accepted().filter(lead=OuterRef("pk"))
    return Lead.objects.filter(~Exists(accepted), phase=Phase.ACCEPTED)


def hand_off_of_another_ae(when: When) -> QuerySet[HandOff]:
    """Open hand-offs that ask somebody else than who is responsible for their lead."""
    return HandOff.objects.open().exclude(ae=F("lead__ae"))


def qualified_without_opportunity(when: When) -> QuerySet[Lead]:
    return Lead.objects.filter(phase=Phase.QUALIFIED, opportunity_at=None)


def follows_an_open_pursuit(when: When) -> QuerySet[Lead]:
    """One pursuit after the other: the next begins when the one before it is over."""
    return Lead.objects.filter(previous__phase__in=OPEN_PHASES)


def lead_for_reps_at_no_prospect(when: When) -> QuerySet[Lead]:
    """What reps have or could take at customers, competitors, open deals and where nobody is to be worked."""
    return Lead.objects.in_phase(*REP_PHASES).at_no_prospect()


def closed_with_open_work(when: When) -> QuerySet[Lead]:
    steps = Step.objects.open().filter(lead=OuterRef("pk"))
    clocks = Clock.objects.running().filter(lead=OuterRef("pk"))
    return Lead.objects.filter(Exists(steps) | Exists(clocks), phase=Phase.CLOSED)


def woken_without_next(when: When) -> QuerySet[Lead]:
    """Nothing is lost on the way back: a woken pursuit has the one that follows it."""
    return Lead.objects.filter(closed_as=Lead.ClosedAs.WOKEN, next=None)


def responsible_is_gone(when: When) -> QuerySet[Lead]:
    """Open leads whose responsible does not work here any more."""
    return Lead.objects.open().filter(
        Q(phase__in=AE_PHASES, ae__is_active=False) | ~Q(phase__in=AE_PHASES) & Q(bdr__is_active=False)
    )


def responsible_without_role(when: When) -> QuerySet[Lead]:
    """Open leads whose responsible may not work them: no BDR or manager of the team, no account executive."""
    held = Membership.objects.filter(user=OuterRef("bdr"), team=OuterRef("team"), role__in=[Role.BDR, Role.MANAGER])
    sells = Membership.objects.filter(user=OuterRef("ae"), role=Role.AE)
    return Lead.objects.open().filter(
        Q(phase__in=AE_PHASES) & ~Exists(sells) | ~Q(phase__in=AE_PHASES) & Q(bdr__isnull=False) & ~Exists(held)
    )


def team_is_retired(when: When) -> QuerySet[Lead]:
    """Open leads of a team that nobody works in any more."""
    return Lead.objects.open().filter(team__retired_at__isnull=False)


def step_lent_to_nobodys_cover(when: When) -> QuerySet[Step]:
    """What was lent and not taken back: its rep is here again, and somebody else still has it."""
    return lent_steps().filter(~Exists(covers_at(when.late)), ~Exists(covers_at(when.at)))


def step_put_off_for_nobody(when: When) -> QuerySet[Step]:
    """What waits for a return that nobody waits for any more."""
    return Step.objects.filter(pk__in=SlidStep.objects.for_nobody(when.at).values("step"))


def meeting_of_sales_with_the_rep(when: When) -> QuerySet[Step]:
    """A meeting, or its outcome, that stands in the queue of the rep who handed the lead to somebody else."""
    kinds = (StepKind.MEETING, StepKind.OUTCOME)
    sold = Step.objects.open().filter(kind__in=kinds, lead__phase=Phase.ACCEPTED, lent_from=None)
    return sold.filter(assignee=F("lead__bdr")).exclude(lead__ae=F("lead__bdr"))


def hand_off_lent_to_nobodys_cover(when: When) -> QuerySet[HandOff]:
    """Its account executive is here again, and somebody else still answers for her."""
    return lent_hand_offs().filter(~Exists(answered_for_at(when.late)), ~Exists(answered_for_at(when.at)))


def responsible_is_away_uncovered(when: When) -> QuerySet[Absence]:
    """Absences that have gone on for a week without cover, or with one of another team, and whose leads nobody gave
    back; or that left some behind when the others were given back. What she was given since is hers."""
    held = Lead.objects.filter(bdr=OuterRef("user"), phase__in=[Phase.QUEUED, Phase.WORKING])
    alone = Q(cover=None) | Q(cover__is_active=False)
    given = LeadEvent.objects.filter(lead=OuterRef("pk"), at__gt=OuterRef(OuterRef("released_at")))
    since = ~Exists(given.filter(changes__has_key="bdr"))
    nobodys = alone & Exists(held) | Exists(left_by_cover())
    left = alone & Exists(held.filter(since)) | Exists(left_by_cover().filter(since))
    long = Absence.objects.covering(when.at).filter(starts_at__lt=when.week_ago)
    return long.filter(Q(released_at=None) & nobodys | Q(released_at__lt=when.late) & left)


def step_of_somebody_gone(when: When) -> QuerySet[Step]:
    return Step.objects.open().filter(assignee__is_active=False)


def step_without_assignee_in_work(when: When) -> QuerySet[Step]:
    return Step.objects.open().filter(assignee=None, lead__phase__in=[Phase.WORKING, Phase.ACCEPTED, Phase.QUALIFIED])


def step_of_the_pool_assigned(when: When) -> QuerySet[Step]:
    """Steps that somebody has to do of a lead that anybody may take."""
    of_pool = Step.objects.open().filter(lead__phase=Phase.QUEUED, assignee__isnull=False)
    return of_pool.filter(Q(lead__bdr=None) | ~Q(lead__bdr=F("assignee")))


def attempt_before_a_meeting(when: When) -> QuerySet[Step]:
    """Attempts at somebody while a colleague of hers has a meeting, though a tick has been here since it was booked."""
    just_booked = HandOff.objects.open().filter(lead__account=OuterRef("lead__account"), sent_at__gt=when.late)
    return Step.objects.before_a_meeting(when.at).filter(~Exists(just_booked), created_at__lte=when.late)


def attempt_over_a_shut_channel(when: When) -> QuerySet[Step]:
    """Attempts that stand in a queue though nobody may make them: she asked not to be contacted that way."""
    return Step.objects.over_shut_channels()


def attempt_waits_for_nothing(when: When) -> QuerySet[Step]:
    """Attempts held up for a meeting that nobody has any more, or that ends at another moment."""
    just_over = HandOff.objects.filter(lead__account=OuterRef("lead__account")).filter(
        Q(outcome_at__gt=when.late) | Q(answered_at__gt=when.late)
    )
    return Step.objects.held_wrongly(when.at).filter(_NOT_ASKED, ~Exists(just_over))


_NOT_ASKED = ~Q(lead__lane=Lane.HAND_RAISER, lead__first_touched_at=None)


def hand_raiser_waits_for_a_meeting(when: When) -> QuerySet[Step]:
    """Somebody asked to be called and was not reached, and waits for a meeting of a colleague all the same."""
    just_asked = Clock.objects.running().filter(
        lead=OuterRef("lead"), kind=SLAClause.Kind.FIRST_TOUCH, started_at__gt=when.late
    )
    return Step.objects.held_wrongly(when.at).filter(~_NOT_ASKED, ~Exists(just_asked))


def promise_waits_for_nothing(when: When) -> QuerySet[Clock]:
    """First touches that are promised from a later moment on, though no attempt is held up until then."""
    held = Step.objects.open().filter(lead=OuterRef("lead"), held_from__isnull=False, due_at=OuterRef("started_at"))
    first_touch = Clock.objects.running().filter(kind=SLAClause.Kind.FIRST_TOUCH, started_at__gt=when.at)
    # In the pool nothing is planned yet.
    worked = first_touch.exclude(lead__phase=Phase.QUEUED)
    return worked.filter(~Exists(held), started_at__gt=F("lead__first_queued_at"))


def promise_of_the_pool_before_a_meeting(when: When) -> QuerySet[Clock]:
    """First touches of the pool that run while nobody may try."""
    return Clock.objects.before_a_meeting(when.at).filter(~_just_changed(when))


def promise_of_the_pool_waits_for_nothing(when: When) -> QuerySet[Clock]:
    """First touches of the pool that begin later than any meeting there says."""
    return Clock.objects.put_off_wrongly(when.at).filter(~_just_changed(when))


def _just_changed(when: When) -> Q:
    """A meeting there, or the lead, since a tick has been here."""
    there = HandOff.objects.filter(lead__account=OuterRef("lead__account"))
    changed = there.filter(Q(sent_at__gt=when.late) | Q(outcome_at__gt=when.late) | Q(answered_at__gt=when.late))
    acted = LeadEvent.objects.filter(lead=OuterRef("lead"), at__gt=when.late)
    return Q(Exists(changed)) | Q(Exists(acted))


def sweep_is_stale(when: When) -> QuerySet[Lead]:
    """The system should have looked at these long ago."""
    return Lead.objects.filter(sweep_at__lt=when.late)


def sweep_is_missing(when: When) -> QuerySet[Lead]:
    """Sleeping leads that nothing will wake, reserved ones that nothing will free."""
    return Lead.objects.filter(
        Q(phase=Phase.NURTURE, sweep_at=None)
        | Q(phase=Phase.NURTURE, sweep_at__gt=F("wake_at"))
        | Q(phase=Phase.QUEUED, reserved_until__isnull=False, sweep_at=None)
        | Q(phase=Phase.QUEUED, reserved_until__lt=F("sweep_at"))
        | Q(phase=Phase.QUEUED, band__lt=Lead.Band.MISSED, sweep_at=None)
    )


def calendar_without_hours() -> Iterable[int]:
    """Calendars in use that say no hours, or name no time zone there is: they count around the clock."""
    in_use = Exists(Team.objects.filter(calendar=OuterRef("pk"), retired_at=None)) | Exists(
        User.objects.active().filter(calendar=OuterRef("pk"))
    )
    zones = set(Calendar.objects.order_by().values_list("time_zone", flat=True).distinct())
    unknown = [zone for zone in zones if not is_zone(zone)]
    found = Calendar.objects.filter(in_use).filter(Q(windows=None) | Q(time_zone__in=unknown))
    return found.values_list("pk", flat=True)[:NAMED_MAX]


def clock_is_unwatched(when: When) -> QuerySet[Clock]:
    """Running clocks that nobody will look at, or that somebody should have looked at long ago."""
    return Clock.objects.running().filter(Q(next_notice_at=None) | Q(next_notice_at__lt=when.late))


def miss_is_unseen(when: When) -> QuerySet[Clock]:
    """Misses that no line of their lead's history tells of: neither the system's own nor the late act."""
    told = LeadEvent.objects.filter(lead=OuterRef("lead"), at__gte=OuterRef("due_at"))
    return Clock.objects.filter(~Exists(told), state=Clock.State.MISSED)


def first_touch_still_running(when: When) -> QuerySet[Clock]:
    """A lead that was touched, or that nobody will touch, has no first-touch clock running."""
    return (
        Clock.objects.running()
        .filter(kind=SLAClause.Kind.FIRST_TOUCH)
        .exclude(lead__phase__in=[Phase.QUEUED, Phase.WORKING], lead__first_touched_at=None)
    )


def clock_of_another_phase(when: When) -> QuerySet[Clock]:
    """Nobody owes an answer for what is not handed off, nor an outcome for what is not accepted."""
    return Clock.objects.running().filter(
        Q(kind=SLAClause.Kind.RESPONSE) & ~Q(lead__phase=Phase.HANDED_OFF)
        | Q(kind=SLAClause.Kind.OUTCOME) & ~Q(lead__phase=Phase.ACCEPTED)
    )


def strong_engagement_unanswered(when: When) -> QuerySet[Engagement]:
    """Somebody asked or replied, and there is neither an open lead, nor a lead since, nor a verdict."""
    lead = Lead.objects.filter(person=OuterRef("person")).filter(
        Q(phase__in=OPEN_PHASES) | Q(created_at__gte=OuterRef("at")) | Q(closed_at__gte=OuterRef("at"))
    )
    verdict = Verdict.objects.filter(engagement_id=OuterRef("pk"))
    waiting = Release.objects.filter(person=OuterRef("person"))
    return Engagement.objects.filter(
        ~Exists(lead),
        ~Exists(verdict),
        ~Exists(waiting),
        kind__in=[Engagement.Kind.ASKED, Engagement.Kind.REPLIED],
        import_id=None,
        person__erased_at=None,
        person__merged_into=None,
    )


def merged_person_with_open_lead(when: When) -> QuerySet[Lead]:
    return Lead.objects.open().filter(Q(person__merged_into__isnull=False) | Q(person__erased_at__isnull=False))


def two_next_pursuits(when: When) -> QuerySet[Lead]:
    return Lead.objects.annotate(followers=Count("next")).filter(followers__gt=1)


def import_does_not_add_up(when: When) -> QuerySet[Import]:
    done = F("rows_created") + F("rows_updated") + F("rows_duplicate") + F("rows_rejected")
    return Import.objects.filter(state=Import.State.DONE).exclude(rows_total=done)


def release_is_late(when: When) -> QuerySet[Release]:
    return Release.objects.filter(state=Release.State.WAITING, due_at__lt=when.four_days_ago)


# What no single statement answers.
def audit_is_not_whole() -> Iterator[int]:
    """Entries of the audit log that were changed or taken out."""
    return entries_that_differ()


READING_ROWS: tuple[Callable[[], Iterable[int]], ...] = (
    audit_is_not_whole,
    calendar_without_hours,
    state_differs_from_history,
)
CHECKS: dict[str, Callable[[When], QuerySet[Any]]] = {
    check.__name__: check
    for check in (
        worked_without_its_step,
        handed_off_without_answer_due,
        hand_off_open_elsewhere,
        asleep_without_its_date,
        asleep_without_its_facts,
        queued_without_its_first_touch,
        stage_of_another_phase,
        stage_is_retired,
        phase_without_its_first_moment,
        accepted_without_its_hand_off,
        hand_off_of_another_ae,
        qualified_without_opportunity,
        follows_an_open_pursuit,
        lead_for_reps_at_no_prospect,
        closed_with_open_work,
        woken_without_next,
        responsible_is_gone,
        responsible_without_role,
        team_is_retired,
        step_lent_to_nobodys_cover,
        step_put_off_for_nobody,
        meeting_of_sales_with_the_rep,
        hand_off_lent_to_nobodys_cover,
        responsible_is_away_uncovered,
        step_of_somebody_gone,
        step_without_assignee_in_work,
        step_of_the_pool_assigned,
        attempt_before_a_meeting,
        attempt_over_a_shut_channel,
        attempt_waits_for_nothing,
        hand_raiser_waits_for_a_meeting,
        promise_waits_for_nothing,
        promise_of_the_pool_before_a_meeting,
        promise_of_the_pool_waits_for_nothing,
        sweep_is_stale,
        sweep_is_missing,
        clock_is_unwatched,
        miss_is_unseen,
        first_touch_still_running,
        clock_of_another_phase,
        strong_engagement_unanswered,
        merged_person_with_open_lead,
        two_next_pursuits,
        import_does_not_add_up,
        release_is_late,
    )
}


def _prepared(check: Callable[[When], QuerySet[Any]]) -> Prepared:
    """Building forty QuerySets would cost more than answering them: the suite asks them thousands of times."""

    def ids(**moments: datetime) -> QuerySet[Any]:
        return check(When(**moments)).order_by().values_list("pk")[:NAMED_MAX]

    return Prepared(ids, may_skip=When.__dataclass_fields__)


PREPARED = {name: _prepared(check) for name, check in CHECKS.items()}
