"""One pursuit in memory, and what each of its verbs leaves behind: its event, its steps, clocks, words.

`begin` and `alter` make the events, as they do for every action: what is told here folds to what the lead is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agreement.models import Phase, StepKind
from leads.actions.changing import alter, begin
from leads.cadence import AFTERNOON, MORNING, SAME_DAY_MINUTES
from leads.clocks import ended, start_clock
from leads.demo.year.rows import Rows
from leads.demo.year.rules import Rules
from leads.models import Activity, Clock, Lead, LeadEvent, Note, Step
from team.models import Team, User
from team.worktime import add_working_days, add_working_minutes


@dataclass
class Known:
    """Who is pursued: where she works, in whose team's country, and how she was judged when she came in."""

    person_id: int
    account_id: int
    team: Team
    country: str
    zone: str
    topic: str
    tier: str = "C3"
    parts: list[Any] = field(default_factory=list)


class Telling:
    """A lead from its first event on. `rows` gets what is written of it."""

    lead: Lead

    def __init__(self, rules: Rules, rows: Rows, who: Known, *, previous: Telling | None = None) -> None:
        self.rules, self.rows, self.who, self.previous = rules, rows, who, previous
        self.generation: int = previous.generation + 1 if previous else 0
        self.step: Step | None = None
        self.clocks: dict[str, Clock] = {}
        # The attempt of its cadence that was planned last.
        self.position = 0

    # The lead and its history

    def new(self, phase: str, lane: str, origin: str, source: str, *, at: datetime) -> Lead:
        stage = self.rules.entry[phase]
        self.lead = Lead(
            person_id=self.who.person_id, account_id=self.who.account_id, team=self.who.team, phase=phase, stage=stage,
            lane=lane, origin=origin, source=source, agreement=self.rules.version, tier=self.who.tier,
            tier_parts=self.who.parts, created_at=at,
        )  # fmt: skip
        return self.lead

    def begun(self, verb: str, *, by: User | None, at: datetime, data: dict[str, Any]) -> LeadEvent:
        """Its first event, when everything that it starts with is known."""
        event = begin(self.lead, verb, by=by, at=at, data=data, as_system=verb != "add")
        self.rows.add_lead(self.lead, self.previous.lead if self.previous else None, generation=self.generation)
        self.rows.events.append(event)
        return event

    def alter(self, verb: str, *, by: User | None, at: datetime, data: dict[str, Any], **new: Any) -> LeadEvent:
        event = alter(self.lead, verb, by=by, at=at, data=data, **new)
        self.rows.events.append(event)
        return event

    def keep(self, row: Any) -> Any:
        """A row of this lead."""
        self.rows.of_lead.append((self.lead, row))
        return row

    def did(self, kind: str, *, by: User, at: datetime, **more: Any) -> Activity:
        activity = Activity(
            person_id=self.who.person_id, account_id=self.who.account_id, kind=kind, at=at, by=by, **more
        )
        self.keep(activity)
        return activity

    def note(self, text: str, *, by: User, at: datetime, event: LeadEvent, activity: Activity | None = None) -> None:
        if not text:
            return
        note = self.keep(Note(text=text, at=at, by=by))
        self.rows.codes.append((event, "notes", note))
        if activity:
            self.rows.names.append((note, "activity_id", activity))

    # Steps

    def plan(
        self, kind: str, due_at: datetime, *, by: User | None, to: User, at: datetime, made_by: str = "", **more: Any
    ) -> Step:
        """What comes next; the system makes it, unless somebody did."""
        made_by = made_by or Step.MadeBy.SYSTEM
        step = Step(kind=kind, due_at=due_at, assignee=to, created_by=by, created_at=at, made_by=made_by, **more)
        self.step = self.keep(step)
        return step

    def close_step(self, *, at: datetime, done: bool = True) -> None:
        if self.step:
            self.step.state, self.step.closed_at = (Step.State.DONE if done else Step.State.CANCELLED), at
        self.step = None

    def attempt(self, *, by: User, at: datetime, due_at: datetime | None = None) -> Step:
        """The next attempt of its cadence, after the same waits that a page would plan; *Decide* after the last."""
        rules = self.rules
        attempts = rules.attempts(self.lead.cadence_id or 0)
        last, self.position = self.position, self.position + 1
        if self.position not in attempts:
            tomorrow = add_working_days(rules.office, at, 1, at_minute=MORNING)
            return self.plan(StepKind.DECIDE, tomorrow, by=by, to=by, at=at)
        day, kind = attempts[self.position]
        days = day - (attempts[last][0] if last in attempts else 0)
        if due_at is None and days <= 0:
            due_at = add_working_minutes(rules.office, at, SAME_DAY_MINUTES)
        elif due_at is None:
            half = AFTERNOON if at.astimezone(rules.here).hour < 12 else MORNING
            due_at = add_working_days(rules.office, at, days, at_minute=half)
        return self.plan(
            kind, due_at, by=by, to=by, at=at, made_by=Step.MadeBy.CADENCE, cadence_id=self.lead.cadence_id,
            attempt=self.position,
        )  # fmt: skip

    # Promises

    def start(self, kind: str, at: datetime) -> Clock:
        """A promise of the agreement, running from `at`."""
        rules = self.rules
        clock = start_clock(self.lead, kind, calendar_id=rules.calendar_id, worktime=rules.office, at=at)
        if clock is None:
            raise ValueError(f"the agreement promises no {kind}")
        self.clocks[kind] = self.keep(clock)
        return clock

    def end(self, kind: str, *, at: datetime, excused: bool = False) -> None:
        clock = self.clocks.pop(kind, None)
        if clock:
            ended(clock, at=at, excused=excused)

    def miss(self, kind: str, *, at: datetime) -> None:
        """A promise ran out: the tick says so, and frees what was reserved until then."""
        clock = self.clocks.pop(kind)
        clock.state, clock.missed_at = Clock.State.MISSED, clock.due_at
        clock.ended_at, clock.next_notice_at = at, None
        event = self.alter("miss", by=None, at=at, data={"clause": clock.clause_id, "kind": kind})
        self.rows.codes.append((event, "clock", clock))
        if self.lead.phase == Phase.QUEUED:
            self.lead.band = Lead.Band.MISSED
            if self.lead.reserved_until:
                data = {"bdr": self.lead.bdr_id}
                self.alter("expire", by=None, at=at, data=data, bdr=None, reserved_until=None)
