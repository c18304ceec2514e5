"""The verbs of a rep: how a lead begins, is worked, put to sleep, woken, and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.actions.people import BY_REP
from accounts.models import Suppression
from agreement.models import Lane, Phase, SLAClause, StepKind
from leads.demo.year.telling import Telling
from leads.models import Activity, Engagement, Lead, LeadEvent, Recycling, SecondLook, Step, Verdict
from leads.waking import Facts, wake_day, wake_moment
from team.models import User
from team.worktime import add_working_days, add_working_minutes

# A second look is asked for below this many attempts, and taken within so many working days.
ENOUGH, LOOK_DAYS = 3, 5


class Working(Telling):
    # How it begins

    def queue(
        self, lane: str, origin: str, source: str, *, at: datetime, because: Engagement | None, bdr: User | None = None,
        woke: str = "",
    ) -> None:  # fmt: skip
        """In the pool of its team, or reserved for whoever knew her; `woke` says what brought her back."""
        lead = self.new(Phase.QUEUED, lane, origin, source, at=at)
        if because:
            lead.evidence = [[because.kind, because.asset_id, because.topic_id, because.at.isoformat()]]
        elif self.previous:
            lead.evidence, lead.sourced_by_id = self.previous.lead.evidence, self.previous.lead.sourced_by_id
        clock = self.start(SLAClause.Kind.FIRST_TOUCH, at)
        lead.due_at, lead.first_queued_at = clock.due_at, at
        if bdr:
            lead.bdr_id, lead.reserved_until = bdr.pk, clock.due_at
        route, ref = ("wake", bdr.pk) if bdr else self.rules.route(self.who.team, self.who.country)
        told = {"because": route, "ref": ref, "team": lead.team_id, "bdr": lead.bdr_id}
        event = self.begun("queue", by=None, at=at, data=told | ({"woke": woke} if woke else {}))
        if because:
            self.rows.codes.append((event, "engagement", because))
        if because and not woke:
            verdict = Verdict(
                person_id=self.who.person_id, version=self.rules.version, answer=Verdict.Answer.LEAD, at=at
            )
            self.rows.verdicts.append((verdict, because))

    def add(self, *, by: User, at: datetime) -> None:
        """Found by a rep herself."""
        lead = self.new(Phase.WORKING, Lane.REP_SOURCED, Lead.Origin.REP_SOURCED, "", at=at)
        lead.bdr_id, lead.sourced_by_id = by.pk, by.pk
        lead.cadence_id = self.rules.cadences[Lane.REP_SOURCED]
        lead.due_at = self.attempt(by=by, at=at, due_at=at).due_at
        self.begun("add", by=by, at=at, data={"because": "by_hand", "bdr": by.pk})

    def sleep(self, before: Lead, key: str, *, by: User, at: datetime, facts: Facts) -> None:
        """Asleep from the start, after a deal that was lost for `key`."""
        rule = self.rules.reason_rules[key]
        lead = self.new(Phase.NURTURE, before.lane, Lead.Origin.RETURNED_DEAL, before.source, at=at)
        lead.bdr_id, lead.sourced_by_id = before.bdr_id, before.sourced_by_id
        lead.reason = rule.destination_reason or rule.reason
        lead.wake_at = lead.due_at = lead.sweep_at = self.wakes(key, facts, at=at)
        data = {"because": "lost_deal", "ref": None, "team": lead.team_id, "bdr": lead.bdr_id}
        event = self.begun("sleep", by=by, at=at, data=data)
        self.rows.codes.append((event, "from", before))
        self.keep(Recycling(at=at, by=by, category=rule.category, wake_at=lead.wake_at))

    # In work

    def claim(self, *, by: User, at: datetime) -> None:
        lead, band = self.lead, self.lead.band
        cadence = self.rules.cadences[lead.lane]
        due_at = max(lead.due_at or at, at)
        was, lead.cadence_id = lead.cadence_id, cadence
        step = self.attempt(by=by, at=at, due_at=due_at)
        lead.cadence_id = was
        stage = self.rules.entry[Phase.WORKING]
        self.alter(
            "claim", to=Phase.WORKING, by=by, at=at, bdr=by, stage=stage, cadence=cadence, due_at=step.due_at,
            data={"band": band},
        )  # fmt: skip
        lead.sweep_at = None

    def call(self, key: str, *, by: User, at: datetime, note: str = "", promised: datetime | None = None) -> None:
        """One dial, what came of it, and what comes next."""
        result = self.rules.dispositions[key]
        talked = result.is_conversation
        activity = self._touch(Activity.Kind.CALL, by=by, at=at, disposition=result, is_conversation=talked)
        if result.with_email:
            self._touch(Activity.Kind.EMAIL, by=by, at=at)
        data = {"kind": "call", "disposition": result.pk}
        self._touched(activity, data, by=by, at=at, note=note, promised=promised, talked=talked)

    def send(self, kind: str, *, by: User, at: datetime, note: str = "") -> None:
        """An e-mail, or a line on a network."""
        self._touched(self._touch(kind, by=by, at=at), {"kind": kind}, by=by, at=at, note=note)

    def _touch(self, kind: str, *, by: User, at: datetime, **more: Any) -> Activity:
        return self.did(kind, by=by, at=at, attempt=self.lead.attempts + 1, **more)

    def _touched(
        self, activity: Activity, data: dict[str, Any], *, by: User, at: datetime, note: str,
        promised: datetime | None = None, talked: bool = False,
    ) -> None:  # fmt: skip
        """One more human touch: the first one meets its clock, a conversation moves the stage."""
        lead = self.lead
        self.close_step(at=at)
        if promised:
            made_by = Step.MadeBy.PERSON
            step = self.plan(StepKind.CALL_BACK, promised, by=by, to=by, at=at, made_by=made_by, promised=True)
        else:
            step = self.attempt(by=by, at=at)
        new: dict[str, Any] = {"attempts": lead.attempts + 1, "last_touched_at": at, "due_at": step.due_at}
        if lead.first_touched_at is None:
            new["first_touched_at"] = at
            self.end(SLAClause.Kind.FIRST_TOUCH, at=at)
        if talked:
            new["stage"] = self.rules.connected
        event = self.alter("log", by=by, at=at, data=data, **new)
        self.rows.codes.append((event, "activity", activity))
        self.note(note, by=by, at=at, event=event, activity=activity)

    # To sleep, and back

    def recycle(
        self, key: str, *, by: User, at: datetime, facts: Facts | None = None, note: str = "", early: bool = False,
        **more: Any,
    ) -> None:  # fmt: skip
        """To sleep until the day that follows from the facts."""
        data = {"category": self.rules.reason_rules[key].category} | ({"early": True} if early else {})
        self.fall_asleep("recycle", key, by=by, at=at, data=data, facts=facts, note=note, **more)

    def fall_asleep(
        self, verb: str, key: str, *, by: User, at: datetime, data: dict[str, Any], facts: Facts | None = None,
        note: str = "", **more: Any,
    ) -> LeadEvent:  # fmt: skip
        """The arrow into NURTURE; a pick of sales may carry another reason there."""
        rule, facts = self.rules.reason_rules[key], facts or Facts()
        wake_at = self.wakes(key, facts, at=at)
        self.close_step(at=at, done=False)
        self.keep(
            Recycling(
                at=at, by=by, category=rule.category, wake_at=wake_at, contract_ends_on=facts.contract_ends,
                precision=facts.precision, notice_days=facts.notice_days, lead_days=facts.lead_days, **more,
            )
        )  # fmt: skip
        event = self.alter(
            verb, to=Phase.NURTURE, by=by, at=at, reason=rule.destination_reason or rule.reason, wake_at=wake_at,
            due_at=wake_at, stage=self.rules.entry[Phase.NURTURE], data=data,
        )  # fmt: skip
        self.note(note, by=by, at=at, event=event)
        self.lead.sweep_at = wake_at
        return event

    def wakes(self, key: str, facts: Facts, *, at: datetime) -> datetime:
        """When it comes back, as the agreement says."""
        rules = self.rules
        day = wake_day(rules.reason_rules[key], facts, today=at.astimezone(rules.here).date())
        return wake_moment(day, zone=rules.zone)

    def wake(self, *, at: datetime, because: str = "date") -> None:
        self.alter("wake", to=Phase.CLOSED, by=None, at=at, closed_as=Lead.ClosedAs.WOKEN, data={"because": because})
        self.lead.sweep_at = None

    # The end

    def disqualify(self, key: str, *, by: User, at: datetime, note: str = "") -> None:
        """Out, with a reason; an opt-out is kept at once, and what ended too soon was looked at again."""
        rule, lead = self.rules.reason_rules[key], self.lead
        self.close_step(at=at, done=False)
        for kind in list(self.clocks):
            self.end(kind, at=at, excused=True)
        if rule.suppresses:
            row = Suppression(channel=Suppression.Channel.ALL, person_id=self.who.person_id, at=at, source=BY_REP)
            self.rows.suppressions.append(row)
        if rule.second_look and lead.attempts < ENOUGH:
            due_at = add_working_days(self.rules.office, at, LOOK_DAYS)
            looked_at = add_working_minutes(self.rules.office, at, 700)
            self.keep(
                SecondLook(
                    team=lead.team, at=at, due_at=due_at, state=SecondLook.State.APPROVED, decided_at=looked_at,
                    decided_by=self.rules.manager(self.who.team),
                )
            )  # fmt: skip
        closed_as = Lead.ClosedAs.DO_NOT_CONTACT if rule.suppresses else Lead.ClosedAs.DISQUALIFIED
        event = self.alter(
            "disqualify", to=Phase.CLOSED, by=by, at=at, closed_as=closed_as, reason=rule.reason,
            data={"reason": rule.reason_id},
        )  # fmt: skip
        self.note(note, by=by, at=at, event=event)
        lead.sweep_at = None
