"""What a track may ask of people: of a whole batch at once, each thing in one statement, when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import ContactPoint, Employment, Person
from agreement.models import Criterion, Phase
from content.models import Asset, Label
from leads.models import Answer, Engagement, Lead
from nurture.fitting import cycle_at
from nurture.flow import Flow
from nurture.had import HAD, Sent, linked_in, sent_to, steps_sent_to, taken_by
from nurture.models import Enrolment, Message, Track, TrackNode
from nurture.offers import Offers, Taste, languages_of
from nurture.wishes import Wishes
from team.company_time import company_day

# As long as what she did says what she is interested in; the lead page counts the same half year.
INTEREST = timedelta(days=183)
# So many things downloaded, or so many taken in any way, make a fan of somebody who does and does not decide.
FAN_DOWNLOADS, FAN_PIECES = 4, 8


class People:
    """Facts about these people as they are at `at`."""

    def __init__(self, people: Collection[int], *, at: datetime, versions: Collection[int] = ()) -> None:
        self.people, self.at, self.versions = sorted(set(people)), at, list(versions)
        self._linked: dict[int, set[int]] = {}

    @cached_property
    def persons(self) -> dict[int, Person]:
        return Person.objects.in_bulk(self.people)

    @cached_property
    def roles(self) -> dict[int, str]:
        now = Employment.objects.filter(person__in=self.people, is_current=True)
        return dict(now.values_list("person_id", "role"))

    @cached_property
    def interest(self) -> dict[int, dict[int, int]]:
        """Points by topic of the last half year."""
        since = Engagement.objects.filter(person__in=self.people, at__gt=self.at - INTEREST, at__lte=self.at)
        rows = since.annotate(about=Coalesce("topic", "asset__topic")).filter(about__isnull=False)
        found: dict[int, dict[int, int]] = defaultdict(dict)
        told, taken_back = Count("pk", filter=Q(reverses=None)), Count("pk", filter=Q(reverses__isnull=False))
        counted = (
            rows.order_by().values_list("person", "about").annotate(worth=Sum("points"), times=told, back=taken_back)
        )
        for person, topic, worth, times, back in counted:
            # What was done and is worth no points is interest all the same, the least there is.
            found[person][topic] = max(worth or 0, 1 if times > back else 0)
        return found

    def wanted_topics(self, person: int) -> list[int]:
        """Of these the ones a track may write to her about."""
        return [topic for topic in self.topics(person) if self.wishes.may_hear_of(person, topic)]

    def topics(self, person: int) -> list[int]:
        """What she was interested in, most of it first."""
        points = self.interest.get(person, {})
        return sorted((topic for topic in points if points[topic] > 0), key=lambda topic: (-points[topic], topic))

    @cached_property
    def had(self) -> dict[int, set[int]]:
        """What each has had, or is about to get, whoever gave it to her."""
        found = taken_by(self.people)
        for person, assets in sent_to(self.people, same=self.wishes.rows).items():
            found[person] |= assets
        return found

    def linked(self, node: TrackNode, flow: Flow) -> set[int]:
        """The assets that the words of a letter link to; those of its whole flow are read at once."""
        if node.pk not in self._linked:
            found = linked_in({pk: one.text for pk, one in flow.nodes.items()})
            self._linked |= {pk: found.get(pk, set()) for pk in flow.nodes}
        return self._linked[node.pk]

    @cached_property
    def steps(self) -> dict[int, list[Sent]]:
        """By person: the letters of these versions that she has had, or is about to get."""
        return steps_sent_to(self.wishes.rows, versions=self.versions)

    @cached_property
    def answered(self) -> dict[int, set[int]]:
        """The criteria whose newest answer is yes, in whichever pursuit."""
        newest: dict[tuple[int, int], str] = {}
        rows = Answer.objects.filter(lead__person__in=self.people).order_by("id")
        for person, criterion, value in rows.values_list("lead__person_id", "criterion_id", "value"):
            newest[person, criterion] = value
        found: dict[int, set[int]] = defaultdict(set)
        for (person, criterion), value in newest.items():
            if value == Answer.Value.YES:
                found[person].add(criterion)
        return found

    def is_at_goal(self, person: int, track: Track) -> bool:
        """Whether she has reached already what this track is for: nobody is put into it to leave it at once."""
        if track.goal == Track.Goal.ROLE:
            return self.roles.get(person, "") == track.goal_role
        return track.goal == Track.Goal.CRITERION and track.goal_criterion_id in self.answered.get(person, set())

    @cached_property
    def wishes(self) -> Wishes:
        return Wishes(self.people)

    @cached_property
    def with_address(self) -> set[int]:
        points = ContactPoint.objects.filter(
            person__in=self.people, kind=ContactPoint.Kind.EMAIL, state__in=ContactPoint.USABLE
        )
        return set(points.values_list("person_id", flat=True))

    def may_be_mailed(self, person: int) -> bool:
        """Whether there is something that a track may send her."""
        return self._is_reached(person) and not self.wishes.lacks_every_consent(person)

    def may_be_written_to(self, person: int) -> bool:
        """Whether one of us may write to her."""
        return self._is_reached(person) and not self.wishes.lacks_every_consent(person, kind=Message.Kind.BY_HAND)

    def _is_reached(self, person: int) -> bool:
        is_reached = person in self.with_address and not self.wishes.wants_no_mail(person)
        return is_reached and self.is_there(person)

    def may_be_called(self, person: int) -> bool:
        return not self.wishes.wants_no_call(person)

    def is_there(self, person: int) -> bool:
        found = self.persons.get(person)
        return found is not None and found.merged_into_id is None and found.erased_at is None

    @cached_property
    def fans(self) -> set[int]:
        """Doers who take everything there is to read."""
        doers = [person for person, role in self.roles.items() if role == Employment.Role.DOER]
        taken = Engagement.objects.standing().filter(person__in=doers, kind__in=HAD).order_by().values("person")
        downloads = Count("pk", filter=Q(kind=Engagement.Kind.DOWNLOADED))
        counted = taken.annotate(downloads=downloads, pieces=Count("pk"))
        reads_all = Q(downloads__gte=FAN_DOWNLOADS) | Q(pieces__gte=FAN_PIECES)
        return set(counted.filter(reads_all).values_list("person", flat=True))

    @cached_property
    def day(self) -> date:
        """The day it is for what expires."""
        return company_day(self.at)

    @cached_property
    def topic_of(self) -> dict[int, int | None]:
        """By asset that a track brings by name, what it is about."""
        brought = TrackNode.objects.filter(asset__isnull=False, version__in=self.versions)
        return dict(brought.order_by().values_list("asset", "asset__topic").distinct())

    @cached_property
    def _sendable(self) -> dict[int, date | None]:
        """Of what tracks bring by name, what may leave the house on this day, and the day it expires."""
        brought = TrackNode.objects.filter(asset__isnull=False, version__in=self.versions).values("asset")
        return dict(Asset.objects.sendable(on=self.day).filter(pk__in=brought).values_list("pk", "expires_on"))

    def may_be_sent(self, asset: int, *, on: date | None = None) -> bool:
        """Whether what a track brings by name may leave the house on this day or a later one."""
        if asset not in self._sendable:
            return False
        expires_on = self._sendable[asset]
        return expires_on is None or expires_on > (on or self.day)

    @cached_property
    def labels(self) -> dict[tuple[str, str], Label]:
        """The marks of assets that say for whom and when: by dimension and key."""
        asked = Label.objects.filter(dimension__in=[Label.Dimension.PERSONA, Label.Dimension.STAGE], retired_at=None)
        return {(label.dimension, label.key): label for label in asked}

    @cached_property
    def phases(self) -> dict[int, str]:
        """Of their open pursuits."""
        return dict(Lead.objects.open().filter(person__in=self.people).order_by().values_list("person_id", "phase"))

    @cached_property
    def criteria(self) -> set[int]:
        return set(Criterion.objects.in_use().values_list("pk", flat=True))

    def labels_of(self, person: int) -> list[Label]:
        """Her role, the phase of her pursuit, and the part of the buying cycle: each where there is a label for it."""
        return [self.labels[dimension, key] for dimension, key, _all in self._known_of(person)]

    def _known_of(self, person: int) -> list[tuple[str, str, Sequence[str]]]:
        """By dimension, the key of a label that says how it is with her, among all that answer the same question."""
        known = len(self.answered.get(person, set()) & self.criteria)
        persona, stage = Label.Dimension.PERSONA.value, Label.Dimension.STAGE.value
        asked = [
            (persona, self.roles.get(person, ""), Employment.Role.values),
            (stage, self.phases.get(person, ""), Phase.values),
            (stage, cycle_at(known, of=len(self.criteria)).value, Track.Cycle.values),
        ]
        return [one for one in asked if one[:2] in self.labels]

    def taste(self, person: int) -> Taste:
        """For whom the library is asked."""
        labels = self.labels_of(person)
        others = {
            (dimension, other) for dimension, key, all_ in self._known_of(person) for other in all_ if other != key
        }
        languages, is_any = languages_of(self.persons[person].language if person in self.persons else "")
        return Taste(
            languages,
            is_any,
            personas=tuple(label.pk for label in labels if label.dimension == Label.Dimension.PERSONA),
            stages=tuple(label.pk for label in labels if label.dimension == Label.Dimension.STAGE),
            others=frozenset(label.pk for key, label in self.labels.items() if key in others),
        )

    def best_for(self, person: int, *, without: Collection[int] = (), on: date | None = None) -> int | None:
        """What fits her best of what she has not had: of the first topic she wants to hear of that has any."""
        had = self.had.get(person, set()).union(without)
        taste = self.taste(person)
        day = on or self.day
        for topic in self.wanted_topics(person):
            offers = self._offers if topic in self._first_topics else self._further_offers
            for asset, expires_on in offers.best_first(topic, taste):
                if asset not in had and (expires_on is None or expires_on > day):
                    return asset
        return None

    @cached_property
    def _first_topics(self) -> set[int]:
        """Of each the one that comes first: most find something there, and what else they want to hear of is read for
        all at once when somebody does not."""
        return {topic for person in self.people for topic in self.wanted_topics(person)[:1]}

    @cached_property
    def _offers(self) -> Offers:
        return Offers(self._first_topics, on=self.day)

    @cached_property
    def _further_offers(self) -> Offers:
        further = {topic for person in self.people for topic in self.wanted_topics(person)[1:]}
        return Offers(further - self._first_topics, on=self.day)


def replied_since(enrolments: Sequence[Enrolment]) -> set[int]:
    """Which of these have had an answer of their person since they began."""
    began = {one.pk: one.started_at for one in enrolments}
    of_person: dict[int, list[int]] = defaultdict(list)
    for one in enrolments:
        of_person[one.person_id].append(one.pk)
    if not began:
        return set()
    said = Engagement.objects.standing().filter(
        person__in=list(of_person), kind=Engagement.Kind.REPLIED, at__gte=min(began.values())
    )
    return {
        pk
        for person, at in said.order_by().values_list("person_id", "at")
        for pk in of_person[person]
        if at >= began[pk]
    }


def newest_lead(person: Any) -> Subquery:
    """The open pursuit of somebody, if there is one."""
    return Subquery(Lead.objects.open().filter(person=person).order_by().values("pk")[:1])
