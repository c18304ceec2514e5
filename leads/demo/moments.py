"""Moments, people and their interest: what every story of the demo is told with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from agreement.models import Criterion, Disposition, Reason
from leads.actions.engaging import NewEngagement, engage, record_engagements
from leads.demo.agenda import Agenda, Career
from leads.demo.cast import CONTINENT, Cast
from leads.demo.world import Guest, World
from leads.models import Engagement, Lead
from team.models import User
from team.prepared_objects import PreparedObjects
from team.worktime import add_working_minutes, subtract_working_minutes, working_minutes_between

WORKDAY = 600
# Reading and visiting never make a lead: tracking tells of them in such portions.
TRACKED = timedelta(days=5)
# Once in so many working days a newsletter goes out, and what is older came with one.
NEWSLETTER_DAYS = 4
# What a story asks before every act; the actions read it again, under their lock.
_OPEN = PreparedObjects(lambda person: Lead.objects.open().filter(person=person))
Kind = Engagement.Kind


class Moments:
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
