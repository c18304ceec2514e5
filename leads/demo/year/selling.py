"""The verbs of sales: a meeting booked, answered, held or not, and what became of the deal."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agreement.models import Phase, ReasonRule, SLAClause, StepKind
from leads.actions.stepping import as_wall
from leads.cadence import soon
from leads.demo.year.working import Working
from leads.models import Activity, Answer, HandOff, Lead
from leads.waking import Facts
from team.models import Installation, User

OUTCOME_CHECK = timedelta(days=14)


class Pursuit(Working):
    hand_off: HandOff

    def answer(self, given: list[tuple[str, str, str]], *, by: User, at: datetime) -> None:
        """Criteria with their verdicts, and the words that prove them."""
        rules = self.rules
        event = self.alter(
            "answer", by=by, at=at, data={"answers": [[rules.criteria[key].pk, value] for key, value, _text in given]}
        )
        for key, value, text in given:
            answer = self.keep(Answer(criterion=rules.criteria[key], value=value, at=at, by=by))
            self.note(text, by=by, at=at, event=event)
            if text:
                _lead, note = self.rows.of_lead[-1]
                self.rows.names.append((answer, "note_id", note))

    def book(self, meeting: datetime, *, ae: User, by: User, at: datetime, line: str) -> None:
        """A meeting on the phone: her answer is due by the agreement."""
        self.close_step(at=at)
        self.end(SLAClause.Kind.FIRST_TOUCH, at=at)
        clock = self.start(SLAClause.Kind.RESPONSE, at)
        zone = self.who.zone
        local = meeting.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        self.hand_off = self.keep(
            HandOff(
                ae=ae, bdr=by, team_id=self.lead.team_id, sent_at=at, respond_by=clock.due_at, meeting_at=meeting,
                local_meeting=as_wall(local),
                zone=zone, place="Video call", line=line,
            )
        )  # fmt: skip
        agreed = {} if self.lead.meeting_agreed_at else {"meeting_agreed_at": at}
        event = self.alter(
            "hand_off", to=Phase.HANDED_OFF, by=by, at=at, ae=ae, due_at=clock.due_at, stage=self.rules.booked,
            data={"ae": ae.pk, "meeting": meeting.isoformat()}, **agreed,
        )  # fmt: skip
        self.rows.codes.append((event, "hand_off", self.hand_off))

    def escalate(self, *, at: datetime) -> None:
        """Nobody answered in time: it goes to the backup while the meeting stands."""
        self.miss(SLAClause.Kind.RESPONSE, at=at)
        backup = self.hand_off.ae.backup_id
        self.hand_off.escalated_to_id = backup
        event = self.alter("escalate", by=None, at=at, data={"to": backup})
        self.rows.codes.append((event, "hand_off", self.hand_off))

    def accept(self, *, at: datetime) -> None:
        hand_off, ae = self.hand_off, self.hand_off.ae
        self._answered(HandOff.State.ACCEPTED, at=at)
        meeting = hand_off.meeting_at or at
        self.plan(StepKind.MEETING, meeting, by=ae, to=ae, at=at, promised=True)
        self.start(SLAClause.Kind.OUTCOME, meeting + timedelta(minutes=hand_off.minutes))
        stage = self.rules.entry[Phase.ACCEPTED]
        event = self.alter("accept", to=Phase.ACCEPTED, by=ae, at=at, due_at=meeting, stage=stage, data={})
        self.rows.codes.append((event, "hand_off", hand_off))

    def reject(self, key: str, *, at: datetime, line: str, facts: Facts) -> str:
        """One pick that carries its destination, which is returned."""
        self._answered(HandOff.State.REJECTED, at=at)
        self.hand_off.reason = self.rules.reasons[key]
        self.hand_off.sequence += 1
        return self._send_on("reject", key, at=at, line=line, facts=facts)

    def no_show(self, *, at: datetime, note: str) -> None:
        """Nobody came: the BDR is to rebook."""
        self._over(HandOff.State.NO_SHOW, at=at)
        self._back_to_bdr("no_show", StepKind.REBOOK, at=at, note=note)

    def not_qualify(self, key: str, *, at: datetime, note: str, facts: Facts) -> str:
        """Held, and not qualified: where the pick says."""
        self._held(at=at)
        self._over(HandOff.State.NOT_QUALIFIED, at=at)
        self.hand_off.reason = self.rules.reasons[key]
        return self._send_on("not_qualify", key, at=at, line=note, facts=facts)

    def qualify(self, *, at: datetime, note: str) -> None:
        ae = self.hand_off.ae
        activity = self._held(at=at)
        self._over(HandOff.State.QUALIFIED, at=at)
        self.close_step(at=at)
        step = self.plan(StepKind.OUTCOME, at + OUTCOME_CHECK, by=ae, to=ae, at=at)
        opens = {} if self.lead.opportunity_at else {"opportunity_at": at}
        event = self.alter(
            "qualify", to=Phase.QUALIFIED, by=ae, at=at, due_at=step.due_at, stage=self.rules.entry[Phase.QUALIFIED],
            data={"gate": Installation.Gate.QUALIFIED.value}, **opens,
        )  # fmt: skip
        self.rows.codes.append((event, "hand_off", self.hand_off))
        self.note(note, by=ae, at=at, event=event, activity=activity)

    def check(self, *, at: datetime, until: datetime) -> None:
        """The deal was looked at, and will be again."""
        ae, done = self.hand_off.ae, self.step
        self.close_step(at=at)
        step = self.plan(StepKind.OUTCOME, until, by=ae, to=ae, at=at)
        event = self.alter("plan", by=ae, at=at, due_at=step.due_at, data={"kind": StepKind.OUTCOME.value})
        if done:
            self.rows.codes.append((event, "done", done))

    def win(self, *, at: datetime, note: str) -> None:
        self.close_step(at=at)
        ae = self.hand_off.ae
        event = self.alter("win", to=Phase.CLOSED, by=ae, at=at, closed_as=Lead.ClosedAs.WON, data={})
        self.note(note, by=ae, at=at, event=event)
        if self.lead.account_id:
            self.rows.customers.add(self.lead.account_id)

    def lose(self, key: str, *, at: datetime, note: str) -> bool:
        """Returns whether it is for good; otherwise the next pursuit begins asleep."""
        self.close_step(at=at)
        rule, ae = self.rules.reason_rules[key], self.hand_off.ae
        event = self.alter(
            "lose", to=Phase.CLOSED, by=ae, at=at, closed_as=Lead.ClosedAs.LOST, reason=rule.reason,
            data={"reason": rule.reason_id},
        )  # fmt: skip
        self.note(note, by=ae, at=at, event=event)
        return rule.is_final

    def _answered(self, state: str, *, at: datetime) -> None:
        self.end(SLAClause.Kind.RESPONSE, at=at)
        hand_off = self.hand_off
        hand_off.state, hand_off.answered_at, hand_off.answered_by = state, at, hand_off.ae

    def _over(self, state: str, *, at: datetime) -> None:
        self.end(SLAClause.Kind.OUTCOME, at=at)
        self.hand_off.state, self.hand_off.outcome_at = state, at

    def _held(self, *, at: datetime) -> Activity:
        return self.did(Activity.Kind.MEETING, by=self.hand_off.ae, at=at, is_conversation=True)

    def _send_on(self, verb: str, key: str, *, at: datetime, line: str, facts: Facts) -> str:
        rule, ae, reason = self.rules.reason_rules[key], self.hand_off.ae, self.rules.reasons[key]
        data = {"pick": reason.pk}
        if rule.destination == ReasonRule.Destination.BDR:
            self._back_to_bdr(verb, StepKind.CALL, at=at, note=line, pick=reason.pk)
        elif rule.destination == ReasonRule.Destination.NURTURE:
            event = self.fall_asleep(verb, key, by=ae, at=at, data=data, note=line, facts=facts)
            self.rows.codes.append((event, "hand_off", self.hand_off))
        else:
            self.close_step(at=at, done=False)
            event = self.alter(
                verb, to=Phase.CLOSED, by=ae, at=at, closed_as=Lead.ClosedAs.DISQUALIFIED,
                reason=rule.destination_reason or rule.reason, data=data,
            )  # fmt: skip
            self.rows.codes.append((event, "hand_off", self.hand_off))
            self.note(line, by=ae, at=at, event=event)
        return rule.destination

    def _back_to_bdr(self, verb: str, kind: str, *, at: datetime, note: str, **data: int) -> None:
        hand_off = self.hand_off
        self.close_step(at=at, done=False)
        step = self.plan(kind, soon(at), by=hand_off.ae, to=hand_off.bdr, at=at)
        event = self.alter(
            verb, to=Phase.WORKING, by=hand_off.ae, at=at, bdr=hand_off.bdr, due_at=step.due_at,
            stage=self.rules.connected, data=dict(data),
        )  # fmt: skip
        self.rows.codes.append((event, "hand_off", hand_off))
        self.note(note, by=hand_off.ae, at=at, event=event)
