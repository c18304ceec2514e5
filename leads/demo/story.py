"""What happens to them, by the actions a page would call: half a year of a team's work, up to this minute.

Each person of the story has a career: a generator that yields the moment of its next act. What would happen after now
is never acted, so that cadences, clocks and promises stand exactly where a real team's would stand.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import Person
from leads.actions.claiming import release_lead
from leads.actions.closing import approve_second_look, disqualify_lead, put_back
from leads.actions.engaging import engage
from leads.actions.entering import add_lead
from leads.actions.logging import log_and_go_on, log_touch, set_step
from leads.actions.noticing import see_notices
from leads.demo import words
from leads.demo.agenda import Career
from leads.demo.selling import Selling
from leads.demo.world import Guest
from leads.models import Activity, Engagement, Notice, SecondLook
from team.models import User

# Notices older than this were seen.
SEEN = timedelta(hours=20)


class Story(Selling):
    """Whole stories, and their end."""

    def play(self, *, tell: Callable[[float], None]) -> None:
        self.agenda.start(self._tracking())
        self.agenda.play(tell=tell)
        self._see_old_notices()

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
            self.lead_of(guest),
            kind=Activity.Kind.SOCIAL,
            by=rep,
            at=self.at,
            note="Wrote about their talk at the fair.",
        )

    def has_a_wrong_number(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        yield from self.arrives(guest, at)
        yield from self.worked(guest, "wrong_number", rep=rep)

    def replies(self, guest: Guest, at: datetime, *, rep: User) -> Career:
        """In work, and minutes ago an answer came by e-mail."""
        yield from self.arrives(guest, at)
        yield from self.worked(guest, "voicemail_email", rep=rep)
        yield max(self.now - timedelta(minutes=11), self.at)
        engage([self.did(guest, Engagement.Kind.REPLIED, self.at, source="e-mail")], at=self.at)

    def _see_old_notices(self) -> None:
        """What is older than yesterday was seen."""
        for user in self.cast.everybody:
            old = Notice.objects.unseen_by(user).filter(at__lte=self.now - SEEN)
            see_notices(by=user, at=self.now - SEEN, shown=list(old.values_list("pk", flat=True)))
