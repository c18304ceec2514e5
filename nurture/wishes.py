"""What people asked for: silence on a channel, a pause, a pace, no word about a topic; what they agreed to, where the
rules of mail ask for it; and until when they are away. The one place that is asked, by whoever plans, enrols, claims
and sends. Reads only.

She is silent by her own row and by the key of any address of hers, used or not: what stops the one stops the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from accounts.actions.people import suppressed_channels
from accounts.models import Suppression
from content.models import Topic
from leads.asked_for import asked_for
from leads.models import Consent
from nurture.models import Away, MailRules, Message, Preference
from nurture.same import rows_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose on her own page, by whichever row of hers: the longest pause that goes on, the slowest pace,
    every topic she wants to hear nothing of."""

    until: datetime | None
    pace: str
    topics: tuple[Topic, ...]

    @property
    def phrases(self) -> list[str]:
        return asked_for(until=self.until, pace=self.pace, topics=[str(topic) for topic in self.topics])


class Wishes:
    """Of these people, each thing read once for all of them when it is first asked for."""

    def __init__(self, people: Collection[int], rules: MailRules | None = None) -> None:
        self.people, self._rules = sorted(set(people)), rules

    @cached_property
    def rows(self) -> dict[int, int]:
        """By row, hers and those merged into her, whose it is: what she asked for by any of them holds."""
        return rows_of(self.people)

    @cached_property
    def silent(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = defaultdict(set)
        for row, channels in suppressed_channels(self.rows).items():
            found[self.rows[row]] |= channels
        return found

    @cached_property
    def preferences(self) -> dict[int, list[Preference]]:
        found: dict[int, list[Preference]] = defaultdict(list)
        for one in Preference.objects.filter(person__in=self.rows).prefetch_related("refused"):
            found[self.rows[one.person_id]].append(one)
        return found

    def wants_no_mail(self, person: int) -> bool:
        return Suppression.Channel.EMAIL in self.silent.get(person, set())

    def wants_no_call(self, person: int) -> bool:
        return Suppression.Channel.PHONE in self.silent.get(person, set())

    def wants_no_contact(self, person: int) -> bool:
        return Suppression.Channel.ALL in self.silent.get(person, set())

    def refuses(self, person: int, topic: int | None) -> bool:
        return topic in self.refused(person)

    def refused(self, person: int) -> set[int | None]:
        return {topic.pk for one in self.preferences.get(person, ()) for topic in one.refused.all()}

    @cached_property
    def consent_for(self) -> str:
        return (self._rules or MailRules.objects.get(pk=1)).consent_for

    @cached_property
    def agreed(self) -> dict[int, dict[int | None, tuple[bool, int]]]:
        """Of each person by topic, or None for all mail: what she said last, and its place among all she said."""
        found: dict[int, dict[int | None, tuple[bool, int]]] = defaultdict(dict)
        rows = Consent.objects.of(self.people).values_list("person_id", "topic_id", "is_given")
        for place, (person, topic, is_given) in enumerate(rows):
            found[person].setdefault(topic, (is_given, place))
        return found

    def lacks_consent(self, person: int, topic: int | None, *, kind: str = Message.Kind.NURTURE) -> bool:
        """Whether she took her word back, or mail of this kind needs it and she never gave it.

        Of what she said about the topic and about all mail, the last holds, and a no holds under every rule.
        """
        said = self.agreed.get(person, {})
        heard = [said[about] for about in {topic, None} if about in said]
        if heard:
            return not min(heard, key=lambda one: one[1])[0]
        For = MailRules.ConsentFor
        return self.consent_for == For.ALL or (self.consent_for == For.TRACKS and kind == Message.Kind.NURTURE)

    def lacks_every_consent(self, person: int, *, kind: str = Message.Kind.NURTURE) -> bool:
        """Whether no mail of this kind may be sent to her, on whatever topic."""
        return all(self.lacks_consent(person, topic, kind=kind) for topic in {*self.agreed.get(person, {}), None})

    def may_hear_of(self, person: int, topic: int | None) -> bool:
        """Whether a track may write to her about this."""
        return not self.refuses(person, topic) and not self.lacks_consent(person, topic)

    def paused_until(self, person: int) -> datetime | None:
        moments = [one.paused_until for one in self.preferences.get(person, ()) if one.paused_until]
        return max(moments, default=None)

    @cached_property
    def _away(self) -> dict[int, Away]:
        """Whichever row of hers it was said of, and however late it was read, what was said last holds."""
        said = Away.objects.filter(person__in=self.rows).order_by("said_at", "id")
        return {self.rows[one.person_id]: one for one in said}

    def away(self, person: int, *, at: datetime) -> Away | None:
        """While she is: what her mail program said, unless she was back sooner."""
        one = self._away.get(person)
        return one if one is not None and one.ended_at is None and one.until > at else None

    def away_until(self, person: int, *, at: datetime) -> datetime | None:
        """The morning on which she is back, while she is away."""
        one = self.away(person, at=at)
        return one.until if one is not None else None

    def not_before(self, person: int, *, at: datetime) -> datetime:
        """Before this nothing is written to her by itself: she paused it, or is away."""
        asked = (self.paused_until(person), self.away_until(person, at=at))
        return max([at, *(one for one in asked if one)])

    def pace(self, person: int) -> timedelta:
        """The least time between two letters of tracks; none where she said nothing."""
        return timedelta(days=Preference.DAYS[self.asked_pace(person)])

    def asked_pace(self, person: int) -> Preference.Pace:
        asked = (Preference.Pace(one.pace) for one in self.preferences.get(person, ()))
        return max(asked, key=lambda pace: Preference.DAYS[pace], default=Preference.Pace.NORMAL)

    def chosen(self, person: int, *, at: datetime) -> Chosen:
        until = self.paused_until(person)
        topics = {topic for one in self.preferences.get(person, ()) for topic in one.refused.all()}
        return Chosen(
            until if until and until > at else None,
            self.asked_pace(person),
            tuple(sorted(topics, key=lambda topic: (topic.position, topic.pk))),
        )
