"""What becomes of whoever came in: attempts, talks, sleep and return, until it is over or today is reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from agreement.models import Lane, SLAClause, StepKind
from leads.actions.recycling import lane_of_return
from leads.demo import words
from leads.demo.year import rates
from leads.demo.year.deals import Deals
from leads.demo.year.rates import Source
from leads.demo.year.rows import Rows
from leads.demo.year.rules import Rules
from leads.demo.year.selling import Pursuit
from leads.demo.year.sources import Arrival
from leads.demo.year.telling import Known
from leads.models import Engagement, Lead, Recycling
from leads.waking import Facts
from team.models import User
from team.worktime import add_working_days, add_working_minutes, working_minutes_between

MINUTE = timedelta(minutes=1)
ILL_SETTLED = timedelta(days=60)
# Who was called back from sleep is known, and has read on.
RETURNED = Source("", "", Lane.CONTENT, Lead.Origin.DATE, 0.11, 0.24, 0.04)


class NotYet(Exception):
    """What would come next lies after today: the lead stands where it stands."""


class Fate:
    """One person's year. Nothing happens after `until`; nothing begins after `latest`."""

    def __init__(self, rules: Rules, rows: Rows, who: Known, *, rng: Random, latest: datetime, until: datetime) -> None:
        self.rules, self.rows, self.who, self.rng = rules, rows, who, rng
        self.latest, self.until = latest, until
        self.deals = Deals(self)
        self.pursuit: Pursuit

    def tell(self, arrival: Arrival, engagement: Engagement | None) -> None:
        """From what she did first."""
        source = arrival.source
        if source is None:
            return
        rep = self._rep(arrival)
        self.pursuit = Pursuit(self.rules, self.rows, self.who)
        try:
            if source is rates.FOUND:
                at = self.within(add_working_minutes(self.rules.office, arrival.at, 1))
                self.pursuit.add(by=rep, at=at)
            else:
                at = engagement.recorded_at if engagement else arrival.at
                self.pursuit.queue(source.lane, source.origin, source.key, at=at, because=engagement)
                at = self._taken(at, rep, behind=arrival.behind)
            self.work(source, self.minutes(at, 1, 4), rep)
        except NotYet:
            return

    def _rep(self, arrival: Arrival) -> User:
        """Anybody of the team; what whoever is ill today has in work, today's scene tells."""
        rep, ill = self.rng.choice(self.rules.reps(self.who.team)), self.rules.cast.chloe
        settled = self.latest - ILL_SETTLED
        if rep == ill and arrival.at > settled:
            return self.rules.cast.ben
        if rep == ill:
            self.latest = settled
        return rep

    # Moments

    def minutes(self, at: datetime, least: int, most: int) -> datetime:
        """So many working minutes later."""
        return add_working_minutes(self.rules.office, at, self.rng.randrange(least, most))

    def within(self, at: datetime) -> datetime:
        if at > self.until:
            raise NotYet
        return at

    def when_due(self) -> datetime:
        """A while after her step is due; now and then a day late."""
        lead = self.pursuit.lead
        at = self.minutes(lead.due_at or self.until, 1, 170)
        return add_working_days(self.rules.office, at, 1) if self.rng.random() < 0.07 else at

    def draw(self, table: Sequence[tuple[str, int]]) -> str:
        return self.rng.choices([key for key, _weight in table], [weight for _key, weight in table])[0]

    # The pool

    def _taken(self, at: datetime, rep: User, *, behind: int = 0) -> datetime:
        """When a rep takes it from the pool: mostly in time, and else it was missed and stood behind."""
        clock = self.pursuit.clocks[SLAClause.Kind.FIRST_TOUCH]
        promised = working_minutes_between(self.rules.office, at, clock.due_at)
        if behind:
            wait = behind + self.rng.randrange(1, 60)
        elif self.rng.random() < rates.FIRST_TOUCH_IN_TIME:
            wait = self.rng.randrange(1, max(promised - 4, 2))
        else:
            wait = promised + self.rng.randrange(10, 420)
        # What is open today is taken: today's pool is today's scene.
        taken_at = min(add_working_minutes(self.rules.office, at, wait), self.until - 5 * MINUTE)
        if taken_at > clock.due_at + MINUTE:
            self.pursuit.miss(SLAClause.Kind.FIRST_TOUCH, at=clock.due_at + MINUTE)
        self.pursuit.claim(by=rep, at=taken_at)
        return taken_at

    # Attempts

    def work(self, source: Source, at: datetime, rep: User) -> None:
        """Attempt after attempt, each when it is due, until there is a conversation or the cadence has ended."""
        rng, pursuit = self.rng, self.pursuit
        is_unusable = rng.random() < source.unusable
        gives_up = rng.randrange(3, 5) if rng.random() < rates.EARLY else 99
        while True:
            self.within(at)
            step = pursuit.step
            if step is None or step.kind == StepKind.DECIDE or pursuit.lead.attempts >= gives_up:
                self.sleep("unresponsive", at, rep, note=rng.choice(words.UNRESPONSIVE),
                           early=step is not None and step.kind != StepKind.DECIDE)  # fmt: skip
                return
            if is_unusable and pursuit.lead.attempts >= rng.randrange(1, 4):
                key = self.draw(rates.UNUSABLE)
                pursuit.disqualify(key, by=rep, at=at, note=rng.choice(words.DISQUALIFIED[key]))
                return
            if step.kind in (StepKind.EMAIL, StepKind.SOCIAL):
                pursuit.send(step.kind, by=rep, at=at)
            elif rng.random() < source.connect * self._answers(at):
                self.talk(source, at, rep)
                return
            elif rng.random() < rates.LEFT_COMPANY / 3:
                pursuit.call("gatekeeper", by=rep, at=at)
                self.sleep("left_company", at, rep, note=rng.choice(words.LEFT_COMPANY))
                return
            else:
                self._silent(at, rep)
            at = self.when_due()

    def _silent(self, at: datetime, rep: User) -> None:
        key = self.draw(rates.SILENCE)
        lines = {"no_answer": words.NO_ANSWER, "gatekeeper": words.GATEKEEPER}.get(key, words.VOICEMAIL)
        note = self.rng.choice(lines) if self.rng.random() < 0.4 else ""
        self.pursuit.call(key, by=rep, at=at, note=note)

    def _answers(self, at: datetime) -> float:
        """How much more or less likely somebody picks up: little on Fridays, in August."""
        here = at.astimezone(self.rules.here)
        return rates.ANSWERS[min(here.weekday(), 4)] * (rates.AUGUST_ANSWERS if here.month == 8 else 1)

    # Talks

    def talk(self, source: Source, at: datetime, rep: User, *, called_back: bool = False) -> None:
        """Somebody picked up."""
        rng, pursuit = self.rng, self.pursuit
        if rng.random() < source.meeting:
            self.deals.book(at, rep)
            return
        key = self.draw(rates.TALK)
        if key == "call_back" and not called_back:
            promised = self._promised(at)
            pursuit.call("call_back", by=rep, at=at, note=rng.choice(words.CALL_BACK), promised=promised)
            again = self.within(promised + timedelta(minutes=rng.randrange(1, 12)))
            if rng.random() < 0.7:
                self.talk(source, again, rep, called_back=True)
                return
            self._silent(again, rep)
            self.work(source, self.when_due(), rep)
        elif key in words.DISQUALIFIED:
            pursuit.call("not_interested", by=rep, at=at, note=rng.choice(words.DISQUALIFIED[key]))
            pursuit.disqualify(key, by=rep, at=at)
        else:
            key = "not_ready" if key == "call_back" else key
            pursuit.call("not_now", by=rep, at=at, note=rng.choice(_LINES[key]))
            self.sleep(key, at, rep)

    def _promised(self, at: datetime) -> datetime:
        """A quarter of an hour on one of the next days."""
        moment = add_working_days(self.rules.office, at, self.rng.randrange(1, 5),
                                  at_minute=15 * self.rng.randrange(34, 68))  # fmt: skip
        return moment.replace(second=0, microsecond=0)

    # Sleep

    def sleep(self, key: str, at: datetime, rep: User, *, note: str = "", early: bool = False) -> None:
        """Recycled with the facts of its category, and what follows when it wakes."""
        more: dict[str, Any] = {}
        if key == "mid_contract":
            more["vendor"] = self.rng.choice(words.VENDORS)
        if key == "not_ready":
            more["missing"] = self.rules.criteria[self.rng.choice(("budget", "timeframe"))]
        facts = self.facts(key, at)
        self.pursuit.recycle(key, by=rep, at=at, facts=facts, note=note, early=early, **more)
        self.asleep(rep)

    def facts(self, key: str, at: datetime) -> Facts:
        """When to come back: as she said, or as the agreement has it. Nobody wakes between `latest` and today."""
        facts, rng = Facts(), self.rng
        today = at.astimezone(self.rules.here).date()
        if key == "not_ready" and rng.random() < 0.6:
            facts = Facts(wake_on=today + timedelta(days=rng.randrange(40, 230)))
        elif key == "mid_contract" and rng.random() < 0.8:
            facts = Facts(
                contract_ends=today + timedelta(days=rng.randrange(150, 900)),
                precision=rng.choice((Recycling.Precision.MONTH, Recycling.Precision.QUARTER)),
            )
        elif key == "mid_contract":
            facts = Facts(precision=Recycling.Precision.UNKNOWN)
        if self.latest < self.pursuit.wakes(key, facts, at=at) <= self.rules.now + timedelta(days=1):
            day = self.rules.now.astimezone(self.rules.here).date() + timedelta(days=rng.randrange(2, 75))
            facts = Facts(wake_on=day, contract_ends=facts.contract_ends, precision=facts.precision)
        return facts

    def asleep(self, rep: User) -> None:
        """If its day has come, or something strong before it, the next pursuit begins with whoever knew her."""
        sleeping = self.pursuit
        wake_at = sleeping.lead.wake_at
        if wake_at is None:
            return
        engagement = self._unasked(wake_at)
        if engagement is None and wake_at > self.latest:
            return
        at, woke = (engagement.recorded_at, "engaged") if engagement else (wake_at + MINUTE, "date")
        sleeping.wake(at=at, because=woke)
        self.pursuit = Pursuit(self.rules, self.rows, self.who, previous=sleeping)
        lane = lane_of_return(sleeping.lead.lane)
        origin = Lead.Origin.SIGNAL if engagement else Lead.Origin.DATE
        self.pursuit.queue(lane, origin, sleeping.lead.source, at=at, because=engagement, bdr=rep, woke=woke)
        self.work(RETURNED, self.minutes(self._taken(at, rep), 1, 4), rep)

    def _unasked(self, wake_at: datetime) -> Engagement | None:
        """What a few do while they sleep, so that they are back before their day."""
        rng, slept_at = self.rng, self.rows.events[-1].at
        at = slept_at + (wake_at - slept_at) * rng.uniform(0.3, 0.9)
        if rng.random() > rates.UNASKED or at > self.latest:
            return None
        asset = rng.choice(self.rules.by_topic[self.who.topic])
        kind = Engagement.Kind.DOWNLOADED
        engagement = Engagement(
            person_id=self.who.person_id, account_id=self.who.account_id, kind=kind, at=at, recorded_at=at + MINUTE,
            asset=asset, topic=asset.topic, source="website", points=self.rules.points(kind),
        )  # fmt: skip
        self.rows.engagements.append(engagement)
        return engagement


_LINES = {
    "not_ready": words.NOT_READY,
    "mid_contract": words.MID_CONTRACT,
    "no_authority": words.NO_AUTHORITY,
    "wrong_person": words.WRONG_PERSON,
}
