"""A meeting at an account holds up attempts of colleagues there, and with each attempt the promise of a first touch.

Which attempt should wait, and until when, is said once, in `StepQuerySet.before_a_meeting` and `held_wrongly`, and of
who waits in the pool, where nothing is planned yet, in `ClockQuerySet.before_a_meeting` and `put_off_wrongly`: what
changes a meeting, the tick and `check_leads` ask the same questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from agreement.models import Phase, SLAClause
from leads.actions.acts import belongs
from leads.actions.changing import alter
from leads.actions.effects import Effects, Together
from leads.bands import CLAIM_GRACE, band_of, is_waiting, sweep_of_queued, sweep_of_untouched
from leads.cadence import soon
from leads.clocks import first_touch_of, going_on, is_laid_aside, start_clock
from leads.models import Clock, HandOff, Lead, LeadEvent, Step
from team.bulk import insert_objects, update_rows
from team.calendars import KeptCalendars
from team.worktime import WorkCalendar

if TYPE_CHECKING:
    from leads.models.work import ClockQuerySet, StepQuerySet

HELD, GONE = "meeting_at_account", "meeting_gone"


def hold_attempts(account_id: int | None, *, at: datetime, as_before: bool = False) -> None:
    """Attempts at people of the account wait until the last meeting there was held, and so do the promises of whom
    nobody in the pool may try. Where none is ahead any more they are due when they were planned, or now; `as_before`
    when they were planned, because the meeting is taken back.

    Who asked to be called and was not reached yet is called all the same, and what a rep put off herself stays where
    she put it. A lead that somebody is changing at this instant is passed over, because two of us who book at one
    account at once must not wait for each other: `hold_forgotten_attempts` finds it.
    """
    if account_id is None:
        return
    until, _ref = _last_meeting(account_id, at=at)
    steps = Step.objects.filter(lead__account=account_id).wrongly_timed_until(until, at=at)
    promises = Clock.objects.filter(lead__account=account_id).wrongly_timed_until(until, at=at)
    wrong = [pk for (pk,) in steps.values_list("lead_id").union(promises.values_list("lead_id"))]
    others = Lead.objects.filter(pk__in=wrong, phase__in=[Phase.QUEUED, Phase.WORKING]).order_by("pk")
    others = others.select_related("team")
    skip = connection.features.has_select_for_update_skip_locked
    leads = list(others.select_for_update(of=("self",), skip_locked=skip))
    if leads:
        # Asked again: the lock may have waited for who has changed the meeting.
        until, ref = _last_meeting(account_id, at=at)
        _hold(leads, until, ref=ref, at=at, as_before=as_before)


def hold_attempts_at(accounts: Mapping[int, bool], *, at: datetime) -> None:
    """The same at many accounts, where the value is `as_before`: one statement finds where anything is to be done."""
    wrong = set(accounts)
    if len(accounts) > 1:
        there = {"lead__account__in": list(accounts)}
        wrong = _wrong_at(Step.objects.filter(**there), Clock.objects.filter(**there), at=at)
    for account_id in sorted(wrong):
        hold_attempts(account_id, at=at, as_before=accounts[account_id])


def hold_forgotten_attempts(*, at: datetime) -> int:
    """Attempts and promises that a meeting should hold up, or holds no longer, because their lead was being changed
    when that was decided, or came in since. Returns accounts."""
    accounts = _wrong_at(Step.objects.all(), Clock.objects.all(), at=at)
    for account_id in sorted(accounts):
        with transaction.atomic():
            hold_attempts(account_id, at=at)
    return len(accounts)


def _wrong_at(steps: StepQuerySet, promises: ClockQuerySet, *, at: datetime) -> set[int]:
    """At which accounts one of these does not wait as it should. Found from the meetings and from what is held up:
    neither reads what else is planned."""
    arms: list[QuerySet[Any]] = [steps.before_a_meeting(at), steps.held_wrongly(at)]
    arms += [promises.before_a_meeting(at), promises.put_off_wrongly(at)]
    first, *others = (arm.order_by().values_list("lead__account") for arm in arms)
    return {pk for (pk,) in first.union(*others) if pk}


def _last_meeting(account_id: int, *, at: datetime) -> tuple[datetime | None, int | None]:
    """When the last meeting ahead at the account ends, and whose it is."""
    ahead: Any = HandOff.objects.meeting_ahead_at(account_id, at)
    return ahead.order_by("-ends_at").values_list("ends_at", "lead_id").first() or (None, None)


def hold_planned(effects: Effects, until: datetime | None, *, at: datetime) -> None:
    """What was planned before the lead was taken waits, too."""
    if until is None or until <= at:
        return
    for step in _attempts(effects.open_steps):
        if step.due_at < until:
            effects.move_step(step, until, held_from=step.held_from or step.due_at)


def let_go(effects: Effects) -> None:
    """A lead that nobody works waits for no meeting: its attempt is due when it was planned."""
    for step in [one for one in effects.open_steps if one.held_from]:
        effects.move_step(step, step.held_from or step.due_at)


def is_held(effects: Effects, *, at: datetime) -> bool:
    """Whether the attempt this act leaves waits for a meeting."""
    return _held_until(effects.open_steps, at=at) is not None


def settle_first_touch(
    effects: Effects,
    *,
    at: datetime,
    of_team: Callable[[int], WorkCalendar] | None = None,
    stopped: dict[int, Clock] | None = None,
) -> bool:
    """The promise of a first touch waits exactly as long as the attempt that would keep it. Whether it was moved.

    While the attempt is held up the promise is excused, and given anew from the end of the meeting. When nothing holds
    the attempt any more, the first promise runs on as it was; where its moment has passed meanwhile, anew from now.
    What was missed before stays missed. `stopped` are the promises of many leads that `stopped_promises` has found.
    """
    until = _held_until(effects.open_steps, at=at)
    return _settle(effects, until, at=at, of_team=of_team, stopped=stopped)


def settle_in_pool(
    effects: Effects,
    until: datetime | None,
    *,
    at: datetime,
    of_team: Callable[[int], WorkCalendar] | None = None,
    stopped: dict[int, Clock] | None = None,
) -> bool:
    """In the pool it waits for the end of the meeting itself, as nobody may try before. Who asked, or was promised a
    moment, waits for nobody's meeting."""
    goes_on = is_waiting(effects.lead) or any(step.promised for step in effects.open_steps)
    waits_until = until if until is not None and until > at and not goes_on else None
    return _settle(effects, waits_until, at=at, of_team=of_team, stopped=stopped)


def planned_from(effects: Effects, *, at: datetime) -> datetime | None:
    """When the first attempt at somebody in the pool would be due but for a meeting at her account."""
    lead, clock = effects.lead, first_touch_of(effects.running_clocks)
    if clock is None or lead.due_at is None:
        return lead.due_at
    clock.lead = lead
    if not is_laid_aside(clock, at=at):
        return lead.due_at
    before = stopped_promises([lead]).get(lead.pk)
    return before.due_at if before else at


def _settle(
    effects: Effects,
    until: datetime | None,
    *,
    at: datetime,
    of_team: Callable[[int], WorkCalendar] | None,
    stopped: dict[int, Clock] | None,
) -> bool:
    lead, clock = effects.lead, first_touch_of(effects.running_clocks)
    if clock is None:
        return False
    clock.lead = lead
    aside = is_laid_aside(clock, at=at)
    is_missed = clock.due_at <= at
    if (until is None and not aside) or (until is not None and (is_missed or (aside and clock.started_at == until))):
        return False
    worktime = (of_team or KeptCalendars(at=at).of_team)(lead.team_id)
    effects.end_clocks(SLAClause.Kind.FIRST_TOUCH, excused=True)
    if until is None:
        before = (stopped_promises([lead]) if stopped is None else stopped).get(lead.pk)
        if before is not None and before.due_at > at:
            effects.run_again(going_on(before, worktime=worktime))
            return True
    begins = until or at
    # Counted by the hours of the team it is in now, and so by its calendar.
    calendar_id = lead.team.calendar_id
    effects.start(start_clock(lead, clock.kind, calendar_id=calendar_id, worktime=worktime, at=begins))
    return True


def stopped_promises(leads: Sequence[Lead]) -> dict[int, Clock]:
    """The last promise of each that was excused after it had begun; one that was given anew and never began is none."""
    excused = Clock.objects.filter(lead__in=leads, kind=SLAClause.Kind.FIRST_TOUCH, state=Clock.State.EXCUSED)
    return {clock.lead_id: clock for clock in excused.filter(started_at__lte=F("ended_at")).order_by("pk")}


def sweep_of_held(effects: Effects, *, at: datetime) -> datetime | None:
    """When a claim that nobody has touched goes back; never while its attempt is held up."""
    lead, clock = effects.lead, first_touch_of(effects.running_clocks)
    if lead.sweep_at is None or lead.first_touched_at is not None:
        return lead.sweep_at
    if clock is None:
        until = _held_until(effects.open_steps, at=at)
        return max(lead.sweep_at, until + CLAIM_GRACE) if until else lead.sweep_at
    return sweep_of_untouched(lead, clock, effects.open_steps, at=at)


def _hold(leads: Sequence[Lead], until: datetime | None, *, ref: int | None, at: datetime, as_before: bool) -> None:
    together = Together()
    of_team = cache(KeptCalendars(at=at).of_team)
    steps = by_lead(Step.objects.open().filter(lead__in=leads).order_by("due_at", "id"))
    clocks = by_lead(Clock.objects.running().filter(lead__in=leads))
    stopped = stopped_promises(leads)
    moved: list[Effects] = []
    for lead in leads:
        effects = Effects(lead, by=None, at=at, together=together)
        effects.open_steps, effects.running_clocks = steps[lead.pk], clocks[lead.pk]
        if lead.phase == Phase.QUEUED:
            if settle_in_pool(effects, until, at=at, of_team=of_team, stopped=stopped):
                moved.append(effects)
        elif _retime(effects, None if is_waiting(lead) else until, at=at, as_before=as_before):
            settle_first_touch(effects, at=at, of_team=of_team, stopped=stopped)
            moved.append(effects)
    together.write()
    write_planned(moved, ref=ref, at=at, of_team=of_team)


def _retime(effects: Effects, until: datetime | None, *, at: datetime, as_before: bool) -> bool:
    """Whether one of its attempts is due at another moment."""
    attempts = _attempts(effects.open_steps)
    moved = [step for step in attempts if _retime_step(effects, step, until, at=at, as_before=as_before)]
    return bool(moved)


def _retime_step(effects: Effects, step: Step, until: datetime | None, *, at: datetime, as_before: bool) -> bool:
    if until is None and step.due_at <= at:
        return False
    planned = step.held_from or step.due_at
    if until and planned < until:
        if (step.due_at, step.held_from) == (until, planned):
            return False
        effects.move_step(step, until, held_from=planned)
        return True
    if step.held_from is None:
        return False
    effects.move_step(step, planned if as_before else max(planned, soon(at)))
    return True


def write_planned(
    moved: Sequence[Effects],
    *,
    at: datetime,
    of_team: Callable[[int], WorkCalendar],
    ref: int | None = None,
    because: str = "",
    said: Mapping[int, dict[str, Any]] | None = None,
) -> None:
    """What the system has planned anew on many leads: their moments and one event each. `because` is by default what a
    meeting at the account makes of it; `said` is what else the events keep, by lead."""
    events: list[LeadEvent] = []
    for effects in moved:
        lead = effects.lead
        new: dict[str, Any] = {"due_at": effects.due_at}
        if lead.phase == Phase.QUEUED:
            new = {"due_at": due_in_pool(effects)}
            if lead.reserved_until is not None and lead.reserved_until == lead.due_at:
                # Reserved until its first touch is due, whenever that is.
                new["reserved_until"] = new["due_at"]
        why = because or (HELD if _waits(effects, at=at) else GONE)
        data = effects.data(because=why, ref=ref, **(said or {}).get(lead.pk, {}))
        event = alter(lead, "plan", by=None, at=at, data=data, **new)
        belongs(event)
        events.append(event)
        lead.sweep_at = sweep_of_held(effects, at=at)
        if lead.phase == Phase.QUEUED:
            step = next(iter(effects.open_steps), None)
            lead.band, changes_at = band_of(lead, at=at, worktime=of_team(lead.team_id), step=step)
            lead.sweep_at = sweep_of_queued(lead, changes_at)
    columns = ("id", "due_at", "reserved_until", "band", "sweep_at")
    update_rows(Lead, columns, [tuple(getattr(one.lead, column) for column in columns) for one in moved])
    insert_objects(events)


def due_in_pool(effects: Effects) -> datetime | None:
    """Whoever waits in the pool is due when its first touch is promised, or at what was planned before that."""
    clock = first_touch_of(effects.running_clocks)
    moments = [moment for moment in (clock.due_at if clock else effects.lead.due_at, effects.next_due) if moment]
    return min(moments, default=None)


def _waits(effects: Effects, *, at: datetime) -> bool:
    clock = first_touch_of(effects.running_clocks)
    return is_held(effects, at=at) or (clock is not None and is_laid_aside(clock, at=at))


def _attempts(steps: Iterable[Step]) -> list[Step]:
    """What waits for a meeting: what a rep put off herself does not."""
    return [step for step in steps if step.made_by in Step.PLANNED and not step.snoozed]


def _held_until(steps: Iterable[Step], *, at: datetime) -> datetime | None:
    return next((step.due_at for step in steps if step.held_from and step.due_at > at), None)


def by_lead(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """What was read of many leads, by lead; nothing where there is nothing."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.lead_id].append(row)
    return found
