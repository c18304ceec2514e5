"""From a meeting on the phone to the end of a deal, and everything that comes between."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from agreement.models import ReasonRule, SLAClause
from leads.demo import words
from leads.demo.year import rates
from leads.demo.year.selling import OUTCOME_CHECK, Pursuit
from team.models import User
from team.worktime import add_working_days, add_working_minutes

if TYPE_CHECKING:
    from leads.demo.year.fates import Fate

MINUTE = timedelta(minutes=1)
LAST_WEEKS = 21


class Deals:
    """The part of somebody's fate that sales has in hand."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate

    @property
    def pursuit(self) -> Pursuit:
        return self.fate.pursuit

    def book(self, at: datetime, rep: User, *, again: bool = False) -> None:
        """A meeting: answered by the account executive, mostly in time, and held or not."""
        fate, rng, pursuit = self.fate, self.fate.rng, self.pursuit
        office = fate.rules.office
        ae = pursuit.hand_off.ae if again else rng.choice(fate.rules.sellers(fate.who.team))
        meeting = self._slot(at)
        is_late = rng.random() < rates.ANSWERED_LATE
        answered_at = add_working_minutes(office, at, rng.randrange(500, 590) if is_late else rng.randrange(10, 320))
        # What is not answered yet is today's scene.
        fate.within(max(answered_at, at))
        pursuit.call("meeting", by=rep, at=at, note=rng.choice(words.TALKED[fate.who.topic]))
        keys = ("need", "timeframe", "motivation", rng.choice(("authority", "budget")))
        pursuit.answer([(key, *rng.choice(words.ANSWERS[key])) for key in keys], by=rep, at=at)
        pursuit.book(meeting, ae=ae, by=rep, at=at, line=rng.choice(words.BOOKED))
        if is_late:
            pursuit.escalate(at=pursuit.clocks[SLAClause.Kind.RESPONSE].due_at + MINUTE)
        if rng.random() < rates.REJECTED:
            key = fate.draw(rates.REJECT_REASONS)
            goes = pursuit.reject(
                key, at=answered_at, line=rng.choice(words.REJECTED), facts=fate.facts(key, answered_at)
            )
            self._sent_on(goes, answered_at, rep)
            return
        pursuit.accept(at=answered_at)
        self._met(fate.within(meeting + timedelta(minutes=rng.randrange(33, 85))), rep, again=again)

    def _met(self, at: datetime, rep: User, *, again: bool) -> None:
        fate, rng, pursuit = self.fate, self.fate.rng, self.pursuit
        if rng.random() < rates.NO_SHOW:
            pursuit.no_show(at=at, note="Waited a quarter of an hour.")
            self._rebook(fate.within(fate.minutes(at, 20, 500)), rep, again=again)
            return
        ae = pursuit.hand_off.ae
        if rng.random() >= rates.HELD_AND_QUALIFIED:
            key = fate.draw(rates.NOT_QUALIFIED)
            goes = pursuit.not_qualify(key, at=at, note=rng.choice(words.NOT_READY), facts=fate.facts(key, at))
            self._sent_on(goes, at, rep)
            return
        pursuit.answer(list(words.SALES_TALK), by=ae, at=at)
        pursuit.qualify(at=at, note=rng.choice(words.HELD))
        self._deal(at, rep)

    def _rebook(self, at: datetime, rep: User, *, again: bool) -> None:
        """After a no-show: another moment, or silence."""
        fate = self.fate
        if not again and fate.rng.random() < rates.REBOOKED:
            self.book(at, rep, again=True)
            return
        self.pursuit.call("voicemail", by=rep, at=at, note=fate.rng.choice(words.VOICEMAIL))
        at = fate.within(fate.when_due())
        fate.sleep("not_ready", at, rep, note=fate.rng.choice(words.NOT_READY))

    def _sent_on(self, goes: str, at: datetime, rep: User) -> None:
        """Where a pick of sales sends it."""
        fate = self.fate
        if goes == ReasonRule.Destination.NURTURE:
            fate.asleep(rep)
        elif goes == ReasonRule.Destination.BDR:
            at = fate.within(fate.minutes(at, 30, 700))
            self.pursuit.call("not_now", by=rep, at=at, note=fate.rng.choice(words.NO_AUTHORITY))
            fate.sleep("no_authority", at, rep)

    def _deal(self, at: datetime, rep: User) -> None:
        """Looked at every two weeks until it ends: often in the last weeks of a quarter."""
        fate, rng, pursuit = self.fate, self.fate.rng, self.pursuit
        ends_at = self._end(at)
        check_at = at + OUTCOME_CHECK + timedelta(minutes=rng.randrange(5, 60))
        while check_at < ends_at:
            fate.within(check_at)
            pursuit.check(at=check_at, until=check_at + OUTCOME_CHECK)
            check_at = check_at + OUTCOME_CHECK + timedelta(minutes=rng.randrange(5, 60))
        fate.within(ends_at)
        end = rng.random()
        if end < rates.WON:
            pursuit.win(at=ends_at, note=rng.choice(words.WON))
        elif end < rates.WON + rates.STALLED:
            data = {"category": fate.rules.reason_rules["lost_deal"].category}
            facts = fate.facts("lost_deal", ends_at)
            pursuit.fall_asleep("stall", "lost_deal", by=pursuit.hand_off.ae, at=ends_at, data=data, facts=facts,
                                note=words.LOST[1])  # fmt: skip
            fate.asleep(rep)
        else:
            self._lost(fate.draw(rates.LOST), ends_at, rep)

    def _lost(self, key: str, at: datetime, rep: User) -> None:
        fate, lost = self.fate, self.pursuit
        if lost.lose(key, at=at, note=fate.rng.choice(words.LOST)):
            return
        fate.pursuit = Pursuit(fate.rules, fate.rows, fate.who, previous=lost)
        fate.pursuit.sleep(lost.lead, key, by=lost.hand_off.ae, at=at, facts=fate.facts(key, at))
        fate.asleep(rep)

    def _end(self, at: datetime) -> datetime:
        fate, rng = self.fate, self.fate.rng
        days = rng.randrange(*rates.DEAL_DAYS)
        ends = (at + timedelta(days=days)).astimezone(fate.rules.here).date()
        if rng.random() < rates.AT_QUARTER_END:
            month = (ends.month - 1) // 3 * 3 + 3
            last = date(ends.year, month, calendar.monthrange(ends.year, month)[1])
            ends = max(last - timedelta(days=rng.randrange(LAST_WEEKS)), at.date() + timedelta(days=10))
        moment = datetime.combine(ends, time(7), tzinfo=UTC)
        return fate.minutes(moment, 30, 560)

    def _slot(self, at: datetime) -> datetime:
        """A full or half hour in the coming days; nobody books a Friday afternoon."""
        fate, rng = self.fate, self.fate.rng
        office = fate.rules.office
        slot = add_working_days(office, at, rng.randrange(2, 8), at_minute=30 * rng.randrange(17, 35))
        here = slot.astimezone(fate.rules.here)
        if here.weekday() == 4 and here.hour >= 13:
            slot = add_working_days(office, slot, 1)
        slot = slot.replace(second=0, microsecond=0)
        return slot.replace(minute=30 if slot.minute >= 30 else 0)
