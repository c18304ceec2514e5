"""What an action does beside the lead's own row, noted so that it can be taken back.

An action gathers its effects here and writes them once. The codes go into the event's `data`; `undo` reads them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agreement.models import StepKind
from leads.clocks import ended
from leads.models import Clock, Lead, Note, Step
from team.bulk import insert_objects, update_row, update_rows
from team.prepared import in_one_trip
from team.prepared_objects import PreparedObjects, objects_of

if TYPE_CHECKING:
    from team.models import User

_STEPS = PreparedObjects(lambda lead: Step.objects.open().filter(lead=lead).order_by("due_at", "id"))
_CLOCKS = PreparedObjects(lambda lead: Clock.objects.running().filter(lead=lead))


def _in_time(step: Step) -> tuple[datetime, bool, int]:
    """The earliest first; of one moment, what is not written yet last."""
    return step.due_at, step.pk is None, step.pk or 0


def says_something(text: str) -> bool:
    """Whether there is a letter, a figure or a sign to see: blanks and characters of no width are no words."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


class Together:
    """What one action does to the steps and clocks of many leads, written by one statement for each kind."""

    def __init__(self) -> None:
        self.closed: list[tuple[int, str, datetime]] = []
        self.made: list[tuple[Effects, Step]] = []
        self.steps: list[Step] = []
        self.assigned: dict[int | None, list[int]] = {}
        self.clocks: list[Clock] = []
        self.begun: list[tuple[Effects, Clock]] = []

    def write(self) -> None:
        # A lead has one open attempt: what is closed, is closed before another is made.
        update_rows(Step, ("id", "state", "closed_at"), self.closed)
        insert_objects([step for _effects, step in self.made])
        for effects, step in self.made:
            effects.add("steps_made", step.pk)
        for assignee_id, steps in self.assigned.items():
            Step.objects.filter(pk__in=steps).update(assignee=assignee_id, lent_from=None)
        update_rows(
            Step, ("id", *_MOMENTS), [(one.pk, *(getattr(one, name) for name in _MOMENTS)) for one in self.steps]
        )
        # A lead has one running clock of a kind: what ends, ends before another runs.
        self.clocks.sort(key=lambda clock: clock.state == Clock.State.RUNNING)
        update_rows(Clock, ("id", *_ENDS), [(one.pk, *(getattr(one, name) for name in _ENDS)) for one in self.clocks])
        insert_objects([clock for _effects, clock in self.begun])
        for effects, clock in self.begun:
            effects.add("clocks_started", clock.pk)


_MOMENTS = ("due_at", "held_from", "snoozed", "promised", "local_due", "zone")
_ENDS = ("state", "ended_at", "missed_at", "next_notice_at")


class Effects:
    """Steps, clocks and words of one action on one lead; with `together`, of one on many."""

    def __init__(self, lead: Lead, *, by: User | None, at: datetime, together: Together | None = None) -> None:
        self.lead, self.by, self.at, self.together = lead, by, at, together
        self.codes: dict[str, Any] = {}

    def read(self) -> None:
        """Steps and clocks in one trip, for an action that needs both."""
        with in_one_trip():
            steps, clocks = _STEPS.ask(lead=self.lead.pk), _CLOCKS.ask(lead=self.lead.pk)
        self.open_steps, self.running_clocks = objects_of(steps), objects_of(clocks)

    @cached_property
    def open_steps(self) -> list[Step]:
        """The open steps, the earliest first."""
        steps: list[Step] = _STEPS.objects(lead=self.lead.pk)
        return steps

    @cached_property
    def running_clocks(self) -> list[Clock]:
        clocks: list[Clock] = _CLOCKS.objects(lead=self.lead.pk)
        return clocks

    @property
    def next_due(self) -> datetime | None:
        return min((step.due_at for step in self.open_steps), default=None)

    @property
    def due_at(self) -> datetime | None:
        """When its lead is due: at its next step, and whoever sleeps when she wakes, if that is sooner."""
        return min((moment for moment in (self.lead.wake_at, self.next_due) if moment is not None), default=None)

    def close_steps(self, steps: Iterable[Step] | None = None, *, state: str = Step.State.CANCELLED) -> None:
        """Close these open steps, by default all of them."""
        closing = list(self.open_steps if steps is None else steps)
        if not closing:
            return
        if self.together is not None:
            self.together.closed += [(step.pk, state, self.at) for step in closing]
        for step in closing if self.together is None else ():
            # They were read as open under the lock of their lead.
            update_row(Step, step.pk, {"state": state, "closed_at": self.at})
        self.codes.setdefault("steps_closed", []).extend(step.pk for step in closing)
        gone = {step.pk for step in closing}
        self.open_steps[:] = [step for step in self.open_steps if step.pk not in gone]

    def make_step(self, step: Step) -> Step:
        """Add a step. Looking for a phone or an e-mail is asked for once: while it is open, it is not asked again."""
        if step.kind == StepKind.FIND_CONTACT:
            asked = next((one for one in self.open_steps if one.kind == StepKind.FIND_CONTACT), None)
            if asked:
                return asked
        step.created_by = self.by
        if self.together is not None:
            self.together.made.append((self, step))
        else:
            insert_objects([step])
            self.add("steps_made", step.pk)
        self.open_steps.append(step)
        self.open_steps.sort(key=_in_time)
        return step

    def move_step(self, step: Step, due_at: datetime, *, held_from: datetime | None = None, **more: Any) -> None:
        """Put an open step at another moment, where nothing but `held_from` says that a meeting holds it up."""
        old = {
            "due_at": step.due_at.isoformat(),
            "snoozed": step.snoozed,
            "promised": step.promised,
            "local_due": step.local_due.isoformat() if step.local_due else None,
            "zone": step.zone,
            "held_from": step.held_from.isoformat() if step.held_from else None,
        }
        self.codes.setdefault("steps_moved", []).append([step.pk, old])
        step.due_at, step.held_from = due_at, held_from
        for name, value in more.items():
            setattr(step, name, value)
        if self.together is not None:
            self.together.steps.append(step)
        else:
            step.save(update_fields=["due_at", "held_from", *more])
        self.open_steps.sort(key=_in_time)

    def assign_steps(self, user: User | None, *, of: int | None = None) -> None:
        """Everything open is now hers, or the pool's; with `of`, only what that user had to do, lent or not."""
        new = user.pk if user else None
        changed = [
            step
            for step in self.open_steps
            if (step.assignee_id, step.lent_from_id) != (new, None)
            and (of is None or of == (step.lent_from_id or step.assignee_id))
        ]
        if changed:
            ids = [step.pk for step in changed]
            if self.together is not None:
                self.together.assigned.setdefault(new, []).extend(ids)
            else:
                Step.objects.filter(pk__in=ids).update(assignee=user, lent_from=None)
            self.codes.setdefault("steps_assigned", []).extend(
                [step.pk, step.assignee_id, step.lent_from_id] for step in changed
            )
            for step in changed:
                step.assignee, step.lent_from = user, None

    def end_clocks(self, *kinds: str, excused: bool = False) -> list[Clock]:
        """Stop the running clocks of these kinds, by default all of them."""
        stopped = [clock for clock in self.running_clocks if not kinds or clock.kind in kinds]
        for clock in stopped:
            self.codes.setdefault("clocks_ended", []).append(
                [clock.pk, clock.next_notice_at.isoformat() if clock.next_notice_at else None]
            )
            ended(clock, at=self.at, excused=excused)
            self._write_end(clock)
        self.running_clocks[:] = [clock for clock in self.running_clocks if clock not in stopped]
        return stopped

    def start(self, clock: Clock | None) -> Clock | None:
        if clock is None:
            return None
        clock.lead = self.lead
        self.running_clocks.append(clock)
        if self.together is not None:
            self.together.begun.append((self, clock))
            return clock
        clock.save(force_insert=True)
        self.add("clocks_started", clock.pk)
        return clock

    def run_again(self, clock: Clock) -> None:
        """A clock that had stopped runs again. To undo this is to stop it, as if it were started here."""
        self._write_end(clock)
        self.running_clocks.append(clock)
        self.add("clocks_started", clock.pk)

    def _write_end(self, clock: Clock) -> None:
        if self.together is not None:
            self.together.clocks.append(clock)
        else:
            clock.save(update_fields=list(_ENDS))

    def note(self, text: str, *, activity_id: int | None = None) -> Note | None:
        """Keep somebody's words, if there are any."""
        text = text.strip()
        if not says_something(text):
            return None
        note = Note.objects.create(lead=self.lead, text=text, at=self.at, by=self.by, activity_id=activity_id)
        self.codes.setdefault("notes", []).append(note.pk)
        return note

    def add(self, key: str, value: Any) -> None:
        """Note something else that undo must know."""
        self.codes.setdefault(key, []).append(value)

    def data(self, **more: Any) -> dict[str, Any]:
        """What the event keeps: the codes of its sentence and its effects."""
        kept = {name: value for name, value in more.items() if value not in (None, "", [])}
        return kept | ({"effects": self.codes} if self.codes else {})
