"""What reps do: taking, calling, promising, putting to sleep."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agreement.models import Lane, Phase
from leads.actions.answering import answer_criteria
from leads.actions.claiming import claim_lead
from leads.actions.logging import log_and_go_on, log_call
from leads.actions.recycling import recycle_lead
from leads.demo import words
from leads.demo.agenda import Career
from leads.demo.moments import Moments
from leads.demo.world import Guest
from leads.models import Lead, Recycling
from leads.waking import Facts
from team.models import User


class Working(Moments):
    """A rep's part of a story."""

    # Work

    def talk(self, key: str) -> str:
        """What a rep writes after such a call."""
        lines = {
            "no_answer": words.NO_ANSWER,
            "voicemail": words.VOICEMAIL,
            "voicemail_email": words.VOICEMAIL,
            "gatekeeper": words.GATEKEEPER,
            "call_back": words.CALL_BACK,
        }
        return self.rng.choice(lines.get(key, ("",)))

    def taken(self, guest: Guest, rep: User | None = None, *, wait: int | None = None) -> Career:
        """A rep takes it from the pool in time; whoever it is reserved for goes first."""
        lead = self.lead_of(guest)
        in_hand = {Lane.HAND_RAISER: 3, Lane.CONTENT: 160}.get(Lane(lead.lane), 700)
        yield self.later(wait if wait is not None else self.rng.randrange(1, in_hand))
        lead = self.lead_of(guest)
        if lead.phase == Phase.QUEUED:
            claim_lead(lead, by=self._users[lead.bdr_id] if lead.bdr_id else rep or self.rep(), at=self.at)

    def called(self, guest: Guest, *results: str, until: datetime | None = None) -> Career:
        """Attempt after attempt, each when it is due, and none any more from `until` on."""
        yield self.later(self.rng.randrange(1, 3))
        for result in results:
            lead, result = self.lead_of(guest), possible(guest, result)
            event = log_call(
                lead, disposition=self.dispositions[result], by=self.bdr_of(lead), at=self.at, note=self.talk(result)
            )
            due = self.when_due(event.lead)
            if until and due >= until:
                return
            yield due

    def worked(
        self,
        guest: Guest,
        *results: str,
        rep: User | None = None,
        wait: int | None = None,
        until: datetime | None = None,
    ) -> Career:
        yield from self.taken(guest, rep, wait=wait)
        yield from self.called(guest, *results, until=until)

    def unreached(self) -> list[str]:
        """One to three attempts before somebody picks up."""
        return self.rng.choices(("no_answer", "voicemail", "voicemail_email", "gatekeeper"), k=self.rng.randrange(3))

    def follows_the_cadence(self, guest: Guest, at: datetime, *, rep: User, until: datetime) -> Career:
        """In work and not reached yet; after `until` nobody found the time, and her step waits."""
        yield from self.arrives(guest, at)
        yield from self.taken(guest, rep)
        yield self.later(1)
        while self.at < until:
            lead = self.lead_of(guest)
            tried = self.rng.choice(("no_answer", "no_answer", "voicemail", "voicemail_email", "gatekeeper"))
            result = possible(guest, tried)
            event = log_call(lead, disposition=self.dispositions[result], by=rep, at=self.at, note=self.talk(result))
            yield self.when_due(event.lead)

    def calls_back(self, guest: Guest, at: datetime, *, rep: User, promised: datetime) -> Career:
        """She picked up at a bad moment, and a time was promised on her clock."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, *self.unreached(), rep=rep)
        yield max(self.ago(minutes=50), self.at)
        lead = self.lead_of(guest)
        self._answers(lead, rep, "need")
        log_call(
            lead,
            disposition=self.dispositions["call_back"],
            by=rep,
            at=self.at,
            note=self.talk("call_back"),
            call_back=self.wall(guest, promised),
        )

    def wall(self, guest: Guest, moment: datetime) -> tuple[datetime, str]:
        """A moment as it is said on her clock."""
        return moment.astimezone(ZoneInfo(guest.place.zone)).replace(tzinfo=None), guest.place.zone

    def _answers(self, lead: Lead, by: User, *keys: str) -> None:
        given = {self.criteria[key]: self.rng.choice(words.ANSWERS[key]) for key in keys}
        answer_criteria(lead, answers=given, by=by, at=self.at)

    # Sleep

    def sleeps(self, guest: Guest, key: str, *, facts: Facts | None = None, talked: bool = True) -> Career:
        """Recycled with the facts of its category."""
        lead = self.lead_of(guest)
        rep = self.bdr_of(lead)
        lines = {
            "not_ready": words.NOT_READY,
            "mid_contract": words.MID_CONTRACT,
            "no_authority": words.NO_AUTHORITY,
            "unresponsive": words.UNRESPONSIVE,
            "wrong_person": words.WRONG_PERSON,
            "left_company": words.LEFT_COMPANY,
        }
        note = self.rng.choice(lines[key])
        if talked:
            log_and_go_on(lead, disposition=self.dispositions["not_now"], by=rep, at=self.at, note=note)
            note = ""
        vendor = self.rng.choice(words.VENDORS) if key == "mid_contract" else ""
        missing = self.criteria[self.rng.choice(("budget", "timeframe"))] if key == "not_ready" else None
        recycle_lead(
            lead, reason=self.reasons[key], by=rep, at=self.at, facts=facts, vendor=vendor, missing=missing, note=note
        )
        self.looks_around(guest, since=self.at, until=self.at + timedelta(days=80), times=self.rng.randrange(3))
        yield self.later(1)

    def recycled(self, guest: Guest, key: str, at: datetime, *, facts: Facts | None = None) -> Career:
        """The usual way to sleep: in, a few attempts, and not now."""
        yield from self.arrives(guest, at)
        yield from self.ends_asleep(guest, key, facts=facts)

    def ends_asleep(self, guest: Guest, key: str, *, facts: Facts | None = None) -> Career:
        attempts = (
            ["no_answer", "voicemail", "no_answer", "voicemail_email"] if key == "unresponsive" else self.unreached()
        )
        yield from self.worked(guest, *attempts)
        yield from self.sleeps(guest, key, facts=facts, talked=key not in ("unresponsive", "left_company"))

    def comes_back(self, guest: Guest) -> Career:
        """Until she wakes; the tick of that minute opens her next pursuit before this goes on."""
        lead = self.lead_of(guest)
        yield max(lead.wake_at or self.at, self.at) + timedelta(minutes=2)

    def on_day(self, days: int) -> Facts:
        """Back on a day that was named, counted from today."""
        return Facts(wake_on=self.now.astimezone(ZoneInfo(self.cast.office.time_zone)).date() + timedelta(days=days))

    def in_contract(self, months: int) -> Facts:
        """A contract whose end was said as a month, so many months from today; 0 is unknown."""
        if not months:
            return Facts(precision=Recycling.Precision.UNKNOWN)
        return Facts(
            contract_ends=(self.now + timedelta(days=30 * months)).date(),
            precision=self.rng.choice((Recycling.Precision.MONTH, Recycling.Precision.QUARTER)),
        )


def possible(guest: Guest, result: str) -> str:
    """Nobody writes to whom no address is known."""
    return "voicemail" if result == "voicemail_email" and not guest.has_email else result
