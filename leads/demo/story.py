"""What happens to them, by the actions a page would call: half a year of a team's work, up to this minute.

Each person of the story has a career: a generator that yields the moment of its next act. What would happen after now
is never acted, so that cadences, clocks and promises stand exactly where a real team's would stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import Person
from agreement.models import Criterion, Disposition, Lane, Phase, Reason
from leads.actions.answering import answer_criteria
from leads.actions.claiming import claim_lead, release_lead
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.engaging import NewEngagement, engage, record_engagements
from leads.actions.entering import add_lead
from leads.actions.handing import accept_hand_off, hand_off_lead, reject_hand_off
from leads.actions.logging import log_and_go_on, log_call, log_touch, set_step
from leads.actions.noticing import see_notices
from leads.actions.outcomes import (
    lose_lead,
    record_no_show,
    record_not_qualified,
    record_qualified,
    stall_lead,
    win_lead,
)
from leads.actions.recycling import recycle_lead
from leads.demo import words
from leads.demo.agenda import Agenda, Career
from leads.demo.cast import CONTINENT, Cast
from leads.demo.world import Guest, World
from leads.models import Activity, Engagement, HandOff, Lead, Notice, Recycling, SecondLook
from leads.waking import Facts
from team.localtime import resolve
from team.models import User
from team.prepared_objects import PreparedObjects
from team.worktime import add_working_minutes, subtract_working_minutes, working_minutes_between

WORKDAY = 600
# Reading and visiting never make a lead: tracking tells of them in such portions.
TRACKED = timedelta(days=5)
# Once in so many working days a newsletter goes out, and what is older came with one.
NEWSLETTER_DAYS = 4
# Notices older than this were seen.
SEEN = timedelta(hours=20)
# What a story asks before every act; the actions read it again, under their lock.
_OPEN = PreparedObjects(lambda person: Lead.objects.open().filter(person=person))
# What was tried with somebody who never picked up.
SILENCE = ("no_answer", "voicemail", "no_answer", "voicemail_email")
Kind = Engagement.Kind


class Story:
    """One telling: the cast, the world, and the moment everything leads up to."""

    def __init__(self, cast: Cast, world: World, *, rng: Random, at: datetime) -> None:
        self.cast, self.world, self.rng, self.now = cast, world, rng, at
        self.agenda = Agenda(until=at)
        self.dispositions = {row.key: row for row in Disposition.objects.all()}
        self.reasons = {row.key: row for row in Reason.objects.all()}
        self.criteria = {row.key: row for row in Criterion.objects.all()}
        self.reps = (cast.ana, cast.ben)
        self._users = {user.pk: user for user in cast.everybody}
        self._topics = {asset.pk: asset.topic_id for asset in world.assets.values()}
        self._turn = 0
        self._mailings: dict[datetime, list[NewEngagement]] = {}
        self._tracked: list[NewEngagement] = []
        prospects = [guest for guest in world.guests if guest.standing == "prospect" and guest.named is None]
        # The continent is another team's.
        self.abroad = [guest for guest in prospects if guest.place.country in CONTINENT]
        prospects = [guest for guest in prospects if guest.place.country not in CONTINENT]
        self.named = {guest.named: guest for guest in world.guests if guest.named}
        # The first of an account for what is open now: routing gives colleagues to whoever works the account.
        self.firsts = [guest for guest in prospects if guest.number == 0]
        self.others = [guest for guest in prospects if guest.number > 0]

    @property
    def at(self) -> datetime:
        return self.agenda.at

    def play(self, *, tell: Callable[[float], None]) -> None:
        self.agenda.start(self._tracking())
        self.agenda.play(tell=tell)
        self._see_old_notices()

    # Moments

    def ago(self, days: float = 0, minutes: int = 0) -> datetime:
        """So many working days and minutes before now."""
        return subtract_working_minutes(self.cast.office, self.now, round(days * WORKDAY) + minutes)

    def later(self, minutes: int, *, days: float = 0, after: datetime | None = None) -> datetime:
        """So many working days and minutes after the moment that is told, or after another."""
        return add_working_minutes(self.cast.office, after or self.at, round(days * WORKDAY) + minutes)

    def when_due(self, lead: Lead) -> datetime:
        """A little after its step is due: reps follow their queue, but they talk in between."""
        return self.later(self.rng.randrange(1, 35), after=max(lead.due_at or self.at, self.at))

    def slot(self, days: float) -> datetime:
        """A full or half hour, so many working days ahead."""
        moment = self.later(self.rng.randrange(WORKDAY), days=days)
        moment = moment.replace(minute=30 if moment.minute < 30 else 0, second=0, microsecond=0)
        return max(moment, self.later(30))

    # Who

    def first(self) -> Guest:
        return self.firsts.pop()

    def other(self) -> Guest:
        """Anybody, colleagues before the first of an account."""
        return self.others.pop() if self.others else self.firsts.pop()

    def rep(self) -> User:
        self._turn += 1
        return self.reps[self._turn % 2]

    def lead_of(self, guest: Guest) -> Lead:
        found: list[Lead] = _OPEN.objects(person=guest.person_id)
        if not found:
            raise Lead.DoesNotExist
        return found[0]

    def bdr_of(self, lead: Lead) -> User:
        """Whoever has it, or has it reserved; else the one whose turn it is."""
        return self._users[lead.bdr_id] if lead.bdr_id else self.rep()

    # Interest

    def asset(self, guest: Guest, *kinds: str) -> int | None:
        """What she would read: of her topic, of these kinds."""
        found = [one for one in self.world.by_topic[guest.topic] if not kinds or one.kind in kinds]
        return self.rng.choice(found or self.world.by_topic[guest.topic]).pk

    def did(self, guest: Guest, kind: str, at: datetime, *, title: str = "", source: str = "website") -> NewEngagement:
        """One engagement, with the topic of what she read."""
        asset = self.world.assets.get(title)
        asset_id = asset.pk if asset else self.asset(guest)
        return NewEngagement(
            guest.person_id, kind, at, source=source, asset_id=asset_id, topic_id=self._topics.get(asset_id or 0)
        )

    def looks_around(self, guest: Guest, *, since: datetime, until: datetime, times: int) -> None:
        """She reads and visits, as tracking will tell; nothing of it makes a lead."""
        for _time in range(times):
            at = since + (until - since) * self.rng.random()
            if at > self.now:
                continue
            kind, title = self.rng.choice(
                ((Kind.READ, ""), (Kind.READ, ""), (Kind.VISITED, "Pricing"), (Kind.VISITED, "Integrations"))
            )
            self._tracked.append(self.did(guest, kind, at, title=title))

    def downloads(self, guest: Guest, *, at: datetime, title: str) -> None:
        """One more of what she reads, told at once."""
        record_engagements([self.did(guest, Kind.DOWNLOADED, at, title=title)], at=self.at)

    def _tracking(self) -> Career:
        """Passive interest arrives in portions."""
        moment = self.now - timedelta(days=210)
        while moment <= self.now:
            yield moment
            told = [one for one in self._tracked if one.at <= moment]
            if told:
                self._tracked = [one for one in self._tracked if one.at > moment]
                record_engagements(sorted(told, key=lambda one: one.at), at=moment)
            moment = min(moment + TRACKED, self.now) if moment < self.now else self.now + TRACKED

    def comes_in(self, guest: Guest, kind: str, at: datetime, *, title: str = "", source: str = "website") -> Career:
        """What she did makes her a lead."""
        self.looks_around(guest, since=at - timedelta(days=20), until=at, times=self.rng.randrange(4))
        yield at
        engage([self.did(guest, kind, at, title=title, source=source)], at=at)

    def arrives(self, guest: Guest, at: datetime) -> Career:
        """The usual ways in: a download, often after a newsletter, now and then somebody who asks to be called."""
        if self.rng.random() < 0.15:
            yield from self.comes_in(guest, Kind.ASKED, at, title="Pricing")
        elif at > self.ago(NEWSLETTER_DAYS):
            yield from self.comes_in(guest, Kind.DOWNLOADED, at)
        else:
            yield from self.follows_a_newsletter(guest, at)

    def follows_a_newsletter(self, guest: Guest, at: datetime) -> Career:
        """One of those who downloaded something in the hour after the mailing."""
        age = working_minutes_between(self.cast.office, at, self.now)
        days = -(-age // (NEWSLETTER_DAYS * WORKDAY)) * NEWSLETTER_DAYS
        told_at = self.ago(days, minutes=150)
        if told_at not in self._mailings:
            self._mailings[told_at] = []
            self.agenda.start(self._mailing(told_at))
        clicked_at = told_at - timedelta(seconds=self.rng.randrange(60, 3000))
        self._mailings[told_at].append(self.did(guest, Kind.DOWNLOADED, clicked_at, source="newsletter"))
        self.looks_around(guest, since=at - timedelta(days=20), until=clicked_at, times=self.rng.randrange(4))
        yield told_at

    def _mailing(self, at: datetime) -> Career:
        yield at
        engage(self._mailings[at], at=at)

    def gathering(
        self, guests: Iterable[Guest], kind: str, at: datetime, *, title: str, source: str, then: Iterable[Career] = ()
    ) -> Career:
        """A webinar or a fair: many at once, and what follows for each."""
        yield at
        engage([self.did(guest, kind, at, title=title, source=source) for guest in guests], at=at)
        for career in then:
            self.agenda.start(career)

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

    def called(self, guest: Guest, *results: str) -> Career:
        """Attempt after attempt, each when it is due."""
        yield self.later(self.rng.randrange(1, 3))
        for result in results:
            lead = self.lead_of(guest)
            event = log_call(
                lead, disposition=self.dispositions[result], by=self.bdr_of(lead), at=self.at, note=self.talk(result)
            )
            yield self.when_due(event.lead)

    def worked(self, guest: Guest, *results: str, rep: User | None = None, wait: int | None = None) -> Career:
        yield from self.taken(guest, rep, wait=wait)
        yield from self.called(guest, *results)

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
            result = self.rng.choice(("no_answer", "no_answer", "voicemail", "voicemail_email", "gatekeeper"))
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
        vendor = self.rng.choice(words.INCUMBENTS[3:]) if key == "mid_contract" else ""
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

    # Sales

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
        yield from self.worked(guest, *self.unreached())
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

    # The end

    def disqualified(self, guest: Guest, at: datetime, key: str, *, attempts: int = 1) -> Career:
        """Out, with a reason."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, *["no_answer"] * attempts)
        lead = self.lead_of(guest)
        rep = self.bdr_of(lead)
        note = self.rng.choice(words.DISQUALIFIED[key])
        if key not in ("bad_data", "out_of_business"):
            log_and_go_on(lead, disposition=self.dispositions["not_interested"], by=rep, at=self.at, note=note)
            note = ""
        disqualify_lead(lead, reason=self.reasons[key], by=rep, at=self.at, note=note)

    def looked_at_again(self, guest: Guest, at: datetime, *, is_put_back: bool) -> Career:
        """Disqualified too soon; the manager looks at it the next morning."""
        yield from self.disqualified(guest, at, "not_our_market", attempts=0)
        yield self.later(90, days=1)
        look = SecondLook.objects.get(lead__person=guest.person_id, state=SecondLook.State.OPEN)
        if not is_put_back:
            approve_second_look(look, by=self.cast.mona, at=self.at)
            return
        put_back(look, by=self.cast.mona, at=self.at)
        yield from self.worked(guest, "voicemail")

    # What else a rep does

    def given_back(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        """Worked, then given back with its next step planned."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, "voicemail", rep=rep)
        lead = self.lead_of(guest)
        set_step(lead, kind="call", by=rep, at=self.at, due=self.later(self.rng.randrange(60, 120), after=self.now))
        yield self.later(20)
        release_lead(self.lead_of(guest), by=rep, at=self.at)

    def found(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        """A lead a rep found herself."""
        yield at
        add_lead(Person.objects.get(pk=guest.person_id), by=rep, at=at)
        yield self.later(4)
        log_touch(
            self.lead_of(guest), kind=Activity.Kind.SOCIAL, by=rep, at=self.at, note="Wrote about her talk at the fair."
        )

    def has_a_wrong_number(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        yield from self.arrives(guest, at)
        yield from self.worked(guest, "wrong_number", rep=rep)

    def replies(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        """In work, and minutes ago an answer came by e-mail."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, "voicemail_email", rep=rep)
        yield max(self.now - timedelta(minutes=11), self.at)
        engage([self.did(guest, Kind.REPLIED, self.at, source="e-mail")], at=self.at)

    def _see_old_notices(self) -> None:
        """What is older than yesterday was seen."""
        last = Notice.objects.filter(at__lte=self.now - SEEN).order_by("-pk").first()
        if last is None:
            return
        for user in self.cast.everybody:
            see_notices(by=user, at=self.now - SEEN, up_to=last.pk)


def next_half_past(at: datetime, *, zone: str) -> datetime:
    """The next moment at which the clock shows half past."""
    here = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    half = here.replace(minute=30, second=0, microsecond=0)
    return resolve(half if half > here + timedelta(minutes=2) else half + timedelta(hours=1), zone)
