"""What an event did beside the lead's own row, put back from the codes it has kept.

What many acts do, steps, clocks and dates to come back, is read once for all leads in hand, put back in memory and
written once. What few do is put back at once, statement by statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils.dateparse import parse_datetime

from accounts.actions.people import BY_REP
from accounts.models import ContactPoint, Suppression
from leads.actions.noticing import covers_of, leave_out_hand_offs, wait_again
from leads.clocks import start_clock
from leads.models import (
    Activity,
    Answer,
    Clock,
    HandOff,
    Lead,
    LeadEvent,
    Note,
    Notice,
    Recycling,
    SecondLook,
    Signal,
    Step,
)
from team.bulk import insert_objects, update_rows
from team.worktime import WorkCalendar

if TYPE_CHECKING:
    from team.models import User

STEP_COLUMNS = (
    "state", "closed_at", "due_at", "snoozed", "promised", "local_due", "zone", "held_from", "assignee_id",
    "lent_from_id",
)  # fmt: skip
CLOCK_COLUMNS = ("state", "ended_at", "missed_at", "next_notice_at")
IN_MEMORY = frozenset({
    "steps_made", "steps_closed", "steps_moved", "steps_assigned", "clocks_started", "clocks_ended", "recyclings",
})  # fmt: skip


def effects_of(event: LeadEvent) -> dict[str, Any]:
    found: dict[str, Any] = event.data.get("effects", {})
    return found


def steps_of(event: LeadEvent) -> set[int]:
    """The steps that it made, closed, moved or gave to somebody."""
    effects = effects_of(event)
    moved = [pk for key in ("steps_moved", "steps_assigned") for pk, *_was in effects.get(key, [])]
    return {*effects.get("steps_made", []), *effects.get("steps_closed", []), *moved}


class Standing:
    """What stands planned and promised on one lead, put back in memory; `write_standings` writes it."""

    def __init__(self, lead: Lead, *, at: datetime) -> None:
        self.lead, self.at = lead, at
        self.steps: dict[int, Step] = {}
        self.clocks: dict[int, Clock] = {}
        self.begun: list[Clock] = []
        self.changed_steps: dict[int, Step] = {}
        self.changed_clocks: dict[int, Clock] = {}
        self.recyclings: list[int] = []
        # Notice of these promises is given to nobody any more.
        self.unnoticed: list[int] = []

    @property
    def open_steps(self) -> list[Step]:
        """The open steps, the next one first."""
        steps = [one for one in self.steps.values() if one.lead_id == self.lead.pk and one.state == Step.State.OPEN]
        return sorted(steps, key=lambda one: (one.due_at, one.pk))

    @property
    def running_clocks(self) -> list[Clock]:
        clocks = [*self.clocks.values(), *self.begun]
        return [one for one in clocks if one.lead_id == self.lead.pk and one.state == Clock.State.RUNNING]

    def put_back(self, effects: dict[str, Any], *, of_calendar: Callable[[int], WorkCalendar]) -> None:
        for pk in effects.get("steps_made", []):
            if pk in self.steps and self.steps[pk].state == Step.State.OPEN:
                self._set_step(pk, state=Step.State.CANCELLED.value, closed_at=self.at)
        for pk in effects.get("steps_closed", []):
            self._set_step(pk, state=Step.State.OPEN.value, closed_at=None)
        # An act that moved a step twice found it where it stood before the first time.
        for pk, was in reversed(effects.get("steps_moved", [])):
            self._set_step(
                pk,
                due_at=moment(was["due_at"]),
                snoozed=was["snoozed"],
                promised=was["promised"],
                local_due=moment(was["local_due"]),
                zone=was["zone"],
                held_from=moment(was["held_from"]),
            )
        for pk, user_id, *owner in effects.get("steps_assigned", []):
            self._set_step(pk, assignee_id=user_id, lent_from_id=owner[0] if owner else None)
        started = effects.get("clocks_started", [])
        self.unnoticed += started
        self._excuse(clock for pk, clock in self.clocks.items() if pk in started)
        for pk, notice_at in effects.get("clocks_ended", []):
            self._run_again(self.clocks[pk], moment(notice_at), started, of_calendar=of_calendar)
        self.recyclings += effects.get("recyclings", [])

    def _run_again(
        self,
        clock: Clock,
        notice_at: datetime | None,
        started: Sequence[int],
        *,
        of_calendar: Callable[[int], WorkCalendar],
    ) -> None:
        """The act that stopped it is taken back, and so is the stop: only then does an ended clock run again."""
        self._excuse(one for one in self.running_clocks if one.kind == clock.kind)
        is_replaced = any(self.clocks[pk].kind == clock.kind for pk in started if pk in self.clocks)
        if clock.due_at <= self.at and is_replaced:
            # Its moment has passed while another promise stood in its place: a full one from now, as when a hold ends.
            worktime = of_calendar(clock.calendar_id)
            anew = start_clock(self.lead, clock.kind, calendar_id=clock.calendar_id, worktime=worktime, at=self.at)
            if anew is not None:
                self.begun.append(anew)
            return
        clock.state, clock.ended_at, clock.missed_at = Clock.State.RUNNING.value, None, None
        clock.next_notice_at = notice_at or clock.due_at
        self.changed_clocks[clock.pk] = clock

    def _set_step(self, pk: int, **values: Any) -> None:
        step = self.steps.get(pk)
        if step is None:
            return
        for name, value in values.items():
            setattr(step, name, value)
        self.changed_steps[pk] = step

    def _excuse(self, clocks: Iterable[Clock]) -> None:
        for clock in [one for one in clocks if one.state == Clock.State.RUNNING]:
            clock.state, clock.ended_at, clock.next_notice_at = Clock.State.EXCUSED.value, self.at, None
            if clock.pk is not None:
                self.changed_clocks[clock.pk] = clock


def standings_of(leads: Sequence[Lead], events: Iterable[LeadEvent], *, at: datetime) -> dict[int, Standing]:
    """What is open and running on these leads, and whatever these events have touched: two statements."""
    steps: dict[int, set[int]] = defaultdict(set)
    clocks: dict[int, set[int]] = defaultdict(set)
    for event in events:
        effects = effects_of(event)
        for pk in steps_of(event):
            steps[pk].add(event.lead_id)
        for pk in (*effects.get("clocks_started", []), *(pk for pk, _notice in effects.get("clocks_ended", []))):
            clocks[pk].add(event.lead_id)
    found = {lead.pk: Standing(lead, at=at) for lead in leads}
    for step in Step.objects.filter(Q(lead__in=found, state=Step.State.OPEN) | Q(pk__in=steps)):
        for pk in steps[step.pk] | ({step.lead_id} & found.keys()):
            found[pk].steps[step.pk] = step
    for clock in Clock.objects.filter(Q(lead__in=found, state=Clock.State.RUNNING) | Q(pk__in=clocks)):
        for pk in clocks[clock.pk] | ({clock.lead_id} & found.keys()):
            found[pk].clocks[clock.pk] = clock
    return found


def write_standings(standings: Sequence[Standing], *, at: datetime) -> None:
    """A lead has one open attempt, and one running clock of a kind: what ends, ends before another begins."""
    steps = [step for one in standings for step in one.changed_steps.values()]
    steps.sort(key=lambda step: step.state == Step.State.OPEN)
    update_rows(Step, ("id", *STEP_COLUMNS), [_row(step, STEP_COLUMNS) for step in steps])
    clocks = [clock for one in standings for clock in one.changed_clocks.values()]
    clocks.sort(key=lambda clock: clock.state == Clock.State.RUNNING)
    update_rows(Clock, ("id", *CLOCK_COLUMNS), [_row(clock, CLOCK_COLUMNS) for clock in clocks])
    insert_objects([clock for one in standings for clock in one.begun])
    if unnoticed := [pk for one in standings for pk in one.unnoticed]:
        Notice.objects.filter(clock__in=unnoticed).delete()
    Recycling.objects.filter(pk__in=[pk for one in standings for pk in one.recyclings]).update(undone_at=at)


def _row(row: Step | Clock, columns: Sequence[str]) -> tuple[Any, ...]:
    return (row.pk, *(getattr(row, name) for name in columns))


def is_put_back_at_once(event: LeadEvent) -> bool:
    return bool(effects_of(event).keys() - IN_MEMORY)


def put_back_at_once(lead: Lead, event: LeadEvent, *, by: User | None, at: datetime) -> None:
    """What few acts do: an attempt made, an answer given, a hand-off, a second look, a number found to be wrong."""
    if not is_put_back_at_once(event):
        return
    effects = effects_of(event)
    reverse_activities(effects.get("activities", []), by=by, at=at)
    if notes := effects.get("notes"):
        # Words of an act that did not happen are still the rep's words: they stay as a note of her own.
        Note.objects.filter(pk__in=notes).update(activity_id=None)
    if by is not None and (answers := effects.get("answers")):
        _reverse_answers(lead, answers, by=by, at=at)
    for pk in effects.get("hand_offs", []):
        HandOff.objects.filter(pk=pk).update(state=HandOff.State.UNDONE, outcome_at=at, sequence=F("sequence") + 1)
        # Whoever was lent it since was told by the tick.
        leave_out_hand_offs([lead.pk], of=covers_of(lead))
        told = Notice.objects.filter(lead=lead, kind=Notice.Kind.HAND_OFF, at__gte=event.at, seen_at=None)
        told.delete()
    for pk, was in effects.get("hand_offs_were", []):
        _restore_hand_off(pk, was)
        wait_again(lead, since=event.at)
    if signals := effects.get("signals"):
        # Offered again, unless it has woken her meanwhile.
        planned = Signal.objects.filter(pk__in=signals, state=Signal.State.PLANNED)
        planned.update(state=Signal.State.OFFERED, decided_at=None, decided_by=None)
    for pk, wake_at in effects.get("wakes_were", []):
        Recycling.objects.filter(pk=pk).update(wake_at=parse_datetime(wake_at))
    SecondLook.objects.filter(pk__in=effects.get("second_looks", []), state=SecondLook.State.OPEN).update(
        state=SecondLook.State.UNDONE, decided_at=at, decided_by=by
    )
    # What somebody else has said, too, or another rep since, is not hers to take back: it bears their name or moment.
    hers = Suppression.objects.filter(pk__in=effects.get("suppressions", []), source=BY_REP, at=event.at)
    hers.delete()
    for pk, state, is_primary in effects.get("contact_points", []):
        _restore_contact_point(pk, state, is_primary=is_primary)


def _restore_contact_point(pk: int, state: str, *, is_primary: bool) -> None:
    """As it was, unless it was corrected to what another one says; but one that is the first by now stays the first."""
    point = ContactPoint.objects.filter(pk=pk).first()
    if point is None:
        return
    first = ContactPoint.objects.filter(person=point.person_id, kind=point.kind, is_primary=True).exclude(pk=pk)
    point.state, point.is_primary = state, is_primary and not first.exists()
    point.save(update_fields=["state", "is_primary"])


def reverse_activities(ids: list[int], *, by: User | None, at: datetime) -> None:
    """Activities are append-only: a counter-row takes one back, and what counts touches passes both over."""
    Activity.objects.bulk_create(
        Activity(
            lead_id=one.lead_id, person_id=one.person_id, account_id=one.account_id, kind=one.kind, at=one.at,
            by_id=by.pk if by else one.by_id, disposition_id=one.disposition_id, is_conversation=one.is_conversation,
            attempt=one.attempt,
            reverses=one.pk,
        )
        for one in Activity.objects.filter(pk__in=ids)
    )  # fmt: skip


def _reverse_answers(lead: Lead, ids: list[int], *, by: User, at: datetime) -> None:
    """The answer before it counts again, appended once more; without one, unknown."""
    for one in Answer.objects.filter(pk__in=ids):
        before = Answer.objects.filter(lead=lead, criterion=one.criterion_id, id__lt=min(ids)).order_by("-id").first()
        Answer.objects.create(
            lead=lead,
            criterion_id=one.criterion_id,
            value=before.value if before else Answer.Value.UNKNOWN,
            note_id=before.note_id if before else None,
            at=at,
            by=by,
        )


def _restore_hand_off(pk: int, was: dict[str, Any]) -> None:
    """As it stood, in every column that an act changes; who has its invitation gets a newer one."""
    HandOff.objects.filter(pk=pk).update(
        state=was["state"],
        ae_id=was["ae"],
        meeting_at=moment(was["meeting_at"]),
        local_meeting=moment(was["local_meeting"]),
        zone=was["zone"],
        minutes=was["minutes"],
        answered_at=moment(was["answered_at"]),
        answered_by=was["answered_by"],
        reason=was["reason"],
        outcome_at=None,
        sequence=F("sequence") + 1,
    )


def moment(code: str | None) -> datetime | None:
    return parse_datetime(code) if code else None
