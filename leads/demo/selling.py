"""What reps and sales do together: meetings, answers, deals."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads.actions.answering import answer_criteria
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.logging import log_and_go_on
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    stall_lead,
    win_lead,
)
from leads.demo import words
from leads.demo.agenda import Career
from leads.demo.moments import WORKDAY
from leads.demo.working import Working
from leads.demo.world import Guest
from leads.models import HandOff
from team.localtime import resolve
from team.models import User


class Selling(Working):
    """The part of sales."""

    def meets(self, guest: Guest, meeting: datetime | None, *, ae: User | None = None, minutes: int = 30) -> Career:
        """Somebody picks up, says yes, and a meeting is booked on the phone."""
        lead = self.lead_of(guest)
        rep = self.bdr_of(lead)
        log_and_go_on(
            lead,
            disposition=self.dispositions["meeting"],
            by=rep,
            at=self.at,
            note=self.rng.choice(words.TALKED[guest.topic]),
        )
        self._answers(lead, rep, "need", "timeframe", "motivation", self.rng.choice(("authority", "budget")))
        hand_off_lead(
            lead,
            ae=ae or self.cast.clara,
            by=rep,
            at=self.at,
            meeting=self.wall(guest, meeting) if meeting else None,
            minutes=minutes,
            place="Video call" if meeting else "",
            line=self.rng.choice(words.BOOKED),
        )
        yield self.later(self.rng.randrange(10, 200))

    def hand_off_of(self, guest: Guest) -> HandOff:
        found = HandOff.objects.open().filter(lead__person=guest.person_id).select_related("ae", "lead")
        return found.get()

    def handed_off(
        self, guest: Guest, at: datetime, *, meeting: datetime | None = None, sent: datetime | None = None
    ) -> Career:
        """Worked and handed off at a certain moment; nobody has answered yet."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, *self.unreached(), until=sent)
        if sent:
            yield max(sent, self.at)
        yield from self.meets(guest, meeting)

    def accepted(
        self, guest: Guest, at: datetime, *, meeting: datetime | None = None, sent: datetime | None = None
    ) -> Career:
        """The AE takes it, some hours later."""
        yield from self.handed_off(guest, at, meeting=meeting, sent=sent)
        hand_off = self.hand_off_of(guest)
        accept_hand_off(hand_off, by=hand_off.ae, at=self.at)

    def qualified(self, guest: Guest) -> Career:
        """Held and judged: from the pool to an open deal."""
        yield from self.worked(guest, *self.unreached())
        yield from self.held(guest)

    def held(self, guest: Guest) -> Career:
        """A meeting that was booked, held and judged."""
        yield from self.meets(guest, self.slot(self.rng.uniform(1.5, 5)))
        hand_off = self.hand_off_of(guest)
        accept_hand_off(hand_off, by=hand_off.ae, at=self.at)
        yield (hand_off.meeting_at or self.at) + timedelta(minutes=40)
        lead = self.lead_of(guest)
        given = {self.criteria[key]: (value, text) for key, value, text in words.SALES_TALK}
        answer_criteria(lead, answers=given, by=hand_off.ae, at=self.at)
        record_qualified(hand_off, by=hand_off.ae, at=self.at, note=self.rng.choice(words.HELD))

    def deal(self, guest: Guest, at: datetime, end: str) -> Career:
        """A deal from its first click to its end: won, lost for a reason, or stalled."""
        yield from self.arrives(guest, at)
        yield from self.sold(guest, end)

    def sold(self, guest: Guest, end: str) -> Career:
        yield from self.qualified(guest)
        yield self.later(self.rng.randrange(WORKDAY), days=self.rng.randrange(12, 24))
        lead = self.lead_of(guest)
        ae = self.cast.clara
        if end == "won":
            win_lead(lead, by=ae, at=self.at, note=self.rng.choice(words.WON))
        elif end == "stalled":
            stall_lead(lead, reason=self.reasons["lost_deal"], by=ae, at=self.at, note=words.LOST[1])
        else:
            lose_lead(lead, reason=self.reasons[end], by=ae, at=self.at, note=self.rng.choice(words.LOST))

    def rejected(self, guest: Guest, at: datetime, key: str, *, sent: datetime | None = None) -> Career:
        """The AE says no, with one pick."""
        meeting = self.slot_after(sent or self.later(0, days=7, after=at))
        yield from self.handed_off(guest, at, meeting=meeting, sent=sent)
        hand_off = self.hand_off_of(guest)
        reject_hand_off(
            hand_off, reason=self.reasons[key], by=hand_off.ae, at=self.at, line=self.rng.choice(words.REJECTED)
        )

    def slot_after(self, moment: datetime) -> datetime:
        """A half hour two working days after a moment."""
        slot = self.later(0, days=2, after=moment)
        return slot.replace(minute=30, second=0, microsecond=0)

    def no_show(self, guest: Guest, at: datetime, *, meeting: datetime) -> Career:
        """Nobody came; the BDR is to rebook."""
        yield from self.accepted(guest, at, meeting=meeting, sent=self.ago(days=3))
        yield meeting + timedelta(minutes=18)
        record_no_show(self.hand_off_of(guest), by=self.cast.clara, at=self.at, note="Waited a quarter of an hour.")

    def held_for_nothing(self, guest: Guest, at: datetime) -> Career:
        """A good talk without a need: asleep by the AE's pick."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, *self.unreached())
        yield from self.meets(guest, self.slot(3))
        hand_off = self.hand_off_of(guest)
        accept_hand_off(hand_off, by=hand_off.ae, at=self.at)
        yield (hand_off.meeting_at or self.at) + timedelta(minutes=35)
        record_not_qualified(
            hand_off, reason=self.reasons["reject_no_timeframe"], by=hand_off.ae, at=self.at, note=words.NOT_READY[2]
        )


def next_half_past(at: datetime, *, zone: str) -> datetime:
    """The next moment at which the clock shows half past."""
    here = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    half = here.replace(minute=30, second=0, microsecond=0)
    return resolve(half if half > here + timedelta(minutes=2) else half + timedelta(hours=1), zone)
