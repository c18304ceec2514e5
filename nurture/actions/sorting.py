"""Whoever falls asleep gets her track by why she sleeps and what she was interested in, without anybody doing anything.

A sleep is looked at once. Who does and does not decide, and takes everything there is to read, is a fan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Subquery

from accounts.models import Employment, Person
from agreement.models import Phase
from leads.actions.recycling import sleep_on
from leads.models import Engagement, Lead, Recycling
from nurture.actions.advancing import end_what_is_over
from nurture.actions.ending import locked
from nurture.actions.entering import enrolment_of, enter, why_shut
from nurture.flow import Flow, flows_of
from nurture.had import HAD
from nurture.knowing import FAN_DOWNLOADS, FAN_PIECES, People
from nurture.models import Enrolment, Sorting, Track, TrackVersion
from nurture.unfed import CAN_BE_UNDONE, left_elsewhere, reachable_again, with_address
from team.bulk import insert_rows

BATCH = 500
# A transaction that began to put somebody to sleep so long ago has ended.
LOOK_BACK = timedelta(days=1)
# A fan whose day comes this soon sleeps on for so long.
SOON, FAN_DAYS = timedelta(days=1), 180
# How the track of a fan ended who stays one: she had all of it, or no e-mail reaches her.
STAYS_FAN = (Enrolment.Outcome.EXHAUSTED, Enrolment.Outcome.MOVED, Enrolment.Outcome.UNREACHABLE)

Answer, Because = Sorting.Answer, Sorting.Because


def enrol_settled(*, at: datetime, everybody: bool = False) -> int:
    """`enrol_recycled` of those who have slept so long that a mistake would have been taken back."""
    return enrol_recycled(at=at, asleep_by=at - CAN_BE_UNDONE, everybody=everybody)


def enrol_recycled(*, at: datetime, asleep_by: datetime | None = None, everybody: bool = False) -> int:
    """Up to 500 sleeping leads that nobody has looked at since they fell asleep, by that moment or until now; how many.

    Those that fell asleep lately, as the index of sleeps finds them; with `everybody` whoever was left, however long
    ago: what slept before there was a track, or fitted none until one was published, or was left to another track,
    which fed them nothing.
    """
    newest = None if everybody else Sorting.objects.aggregate(newest=Max("slept_at"))["newest"]
    with transaction.atomic():
        if everybody:
            again = left_elsewhere().order_by("pk").values_list("pk", flat=True)[:BATCH]
            Sorting.objects.filter(pk__in=list(again)).delete()
        sleeps = Recycling.objects.filter(undone_at=None, lead__phase=Phase.NURTURE, at__lte=asleep_by or at)
        sleeps = sleeps.filter(~Exists(Sorting.objects.filter(recycling=OuterRef("pk"))))
        if newest is not None:
            sleeps = sleeps.filter(at__gte=newest - LOOK_BACK)
        wanted = list(sleeps.order_by("at", "id").values_list("lead_id", flat=True)[:BATCH])
        asleep = Lead.objects.filter(pk__in=wanted, phase=Phase.NURTURE).select_related(None).order_by("pk")
        leads = {lead.pk: lead for lead in locked(asleep)}
        found = list(Recycling.objects.filter(lead__in=leads, undone_at=None).order_by("at", "id"))
        return _sort(found, leads, at=at)


def enrol_reachable(*, at: datetime) -> int:
    """Up to 500 sleepers whom no e-mail reached and who have an address by now are looked at once more; how many.

    Who has one and wants no mail all the same, by whichever key or row of hers, stays unreached, with the reason, and
    is looked at next after everybody else.
    """
    with transaction.atomic():
        wanted = reachable_again().order_by("at", "recycling").values_list("recycling__lead", flat=True)[:BATCH]
        asleep = Lead.objects.filter(pk__in=list(wanted), phase=Phase.NURTURE).select_related(None).order_by("pk")
        held = list(locked(asleep))
        people = People([lead.person_id for lead in held], at=at)
        leads = {lead.pk: lead for lead in held if people.may_be_mailed(lead.person_id)}
        for because in Because.values:
            silent = [one.pk for one in held if one.pk not in leads and _because(one.person_id, people) == because]
            looked = Sorting.objects.asleep().filter(recycling__lead__in=silent)
            looked.update(answer=Answer.UNREACHABLE, because=because, at=at)
        found = list(Recycling.objects.filter(lead__in=leads, undone_at=None).order_by("at", "id"))
        Sorting.objects.filter(recycling__in=found).delete()
        return _sort(found, leads, at=at)


def _sort(sleeps: Sequence[Recycling], leads: dict[int, Lead], *, at: datetime) -> int:
    """How many. What she was in while she was awake is over and ends first; whom another batch holds, or where that
    has not ended, is left to the next look."""
    tracks = Tracks()
    ids = [lead.person_id for lead in leads.values()]
    free = {person.pk for person in locked(Person.objects.filter(pk__in=ids).order_by("pk"), no_key=True)}
    end_what_is_over(free, at=at)
    free -= set(Enrolment.objects.over().filter(person__in=free).values_list("person_id", flat=True))
    in_one = set(Enrolment.objects.under_way().filter(person__in=free).values_list("person_id", flat=True))
    people = People(free, at=at)
    sorted_, enrolled = [], []
    for sleep in sleeps:
        lead = leads[sleep.lead_id]
        if lead.person_id not in free:
            continue
        person = people.persons[lead.person_id]
        answer = Answer.ELSEWHERE if person.pk in in_one else ""
        track = None if answer else tracks.for_sleeper(person.pk, sleep.category, people)
        if not answer and track is None:
            answer = Answer.NO_TRACK
        elif track is not None and why_shut(track, tracks.flow(track), person.pk, people):
            answer = Answer.UNREACHABLE
        elif track is not None:
            one = enrolment_of(person, lead, track, tracks.versions[track.pk], at=at)
            answer = Answer.HELD_OUT if one.is_held_out else Answer.TAKEN
            enrolled.append(one)
            in_one.add(person.pk)
        because = _because(person.pk, people) if answer == Answer.UNREACHABLE else ""
        sorted_.append((sleep.pk, answer, because, sleep.at, at))
    enter(enrolled, at=at)
    insert_rows(Sorting, ("recycling_id", "answer", "because", "slept_at", "at"), sorted_)
    return len(sorted_)


def _because(person: int, people: People) -> str:
    """Why no e-mail reaches her; empty where an address is all that is missing."""
    if people.wishes.wants_no_mail(person):
        return Because.SILENT
    return Because.CONSENT if people.wishes.lacks_every_consent(person) else ""


def enrol_fans(*, at: datetime) -> int:
    """Up to 500 who do and do not decide, took everything there is to read, and have no lead: fed, and in no queue.

    Whom no mail may reach is left out by the statement, as far as one can say: only who is silent by the key of an
    address is passed by each time, page by page, and holds up nobody.
    """
    tracks = Tracks()
    fans = tracks.fan_base
    if fans is None:
        return 0
    taken = Engagement.objects.standing().filter(person=OuterRef("person"), kind__in=HAD).order_by()
    counted = taken.values("person").annotate(n=Count("pk")).values("n")
    downloads = Subquery(counted.filter(kind=Engagement.Kind.DOWNLOADED), output_field=IntegerField())
    pieces = Subquery(counted, output_field=IntegerField())
    # By their index: who was merged or erased has no job, and is asked for once more below.
    doers = Employment.objects.filter(is_current=True, role=Employment.Role.DOER)
    reads_all = Q(downloads__gte=FAN_DOWNLOADS) | Q(pieces__gte=FAN_PIECES)
    reached = with_address(_unfed_by(fans, doers, "person"), "person").filter(usable=True, silent=False, lacking=False)
    found = reached.alias(downloads=downloads, pieces=pieces).filter(reads_all).order_by("person")
    fed, last = 0, 0
    while fed < BATCH and (ids := list(found.filter(person__gt=last).values_list("person", flat=True)[:BATCH])):
        last = ids[-1]
        fed += _feed_fans(ids, fans, tracks.versions[fans.pk], at=at)
    return fed


def _unfed_by(fans: Track, rows: QuerySet[Any], person: str) -> QuerySet[Any]:
    """Those whose person, at `person`, has no lead, is in no track, and was never in this one."""
    return rows.filter(
        ~Exists(Lead.objects.open().filter(person=OuterRef(person))),
        ~Exists(Enrolment.objects.filter(person=OuterRef(person), track=fans)),
        ~Exists(Enrolment.objects.under_way().filter(person=OuterRef(person))),
    )


@transaction.atomic
def _feed_fans(ids: list[int], fans: Track, version: int, *, at: datetime) -> int:
    held = list(locked(Person.objects.filter(pk__in=ids).order_by("pk"), no_key=True))
    # Somebody may have put one of them into a track, or made a lead of her, before the lock.
    still = set(_unfed_by(fans, Person.objects.filter(pk__in=ids), "pk").values_list("pk", flat=True))
    held = [one for one in held if one.pk in still]
    people = People([person.pk for person in held], at=at)
    flow = flows_of([version])[version]
    let_in = [one for one in held if people.may_be_mailed(one.pk) and not why_shut(fans, flow, one.pk, people)]
    enter([enrolment_of(person, None, fans, version, at=at) for person in let_in], at=at)
    return len(let_in)


def keep_fans_asleep(*, at: datetime) -> int:
    """Up to 500 fans whose day comes while they still do and do not decide: they come into no queue while they are fed,
    once they have had everything, or where no e-mail reaches them any more. Where their track is retired, only while
    they are in it.

    Whoever asks, answers or rises wakes as everybody does.
    """
    fed = Enrolment.objects.filter(lead=OuterRef("pk"), track__is_fan_base=True, is_held_out=False).order_by("-id")
    waking = Lead.objects.filter(phase=Phase.NURTURE, wake_at__lte=at + SOON).alias(
        became=Subquery(fed.values("outcome")[:1]), retired_at=Subquery(fed.values("track__retired_at")[:1])
    )
    fans = waking.filter(Q(became="") | Q(became__in=STAYS_FAN, retired_at=None))
    doers = Employment.objects.filter(person=OuterRef("person"), is_current=True, role=Employment.Role.DOER)
    ids = list(fans.filter(Exists(doers)).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sleep_on(ids, days=FAN_DAYS, because="fan", at=at)


class Tracks:
    """What may take somebody by itself, the most particular first."""

    def __init__(self) -> None:
        running = TrackVersion.objects.filter(
            published_at__isnull=False, track__retired_at=None, track__kind=Track.Kind.TRACK
        ).order_by("number")
        self.versions = dict(running.values_list("track_id", "pk"))
        self.tracks = list(Track.objects.filter(pk__in=self.versions).order_by("position", "pk"))
        self.by_id = {track.pk: track for track in self.tracks}
        self._flows: dict[int, Flow] = flows_of(self.versions.values())

    @property
    def fan_base(self) -> Track | None:
        """What takes fans by itself."""
        return next((one for one in self.tracks if one.is_fan_base and not one.is_by_hand), None)

    def flow(self, track: Track) -> Flow:
        return self._flows[self.versions[track.pk]]

    def for_sleeper(self, person: int, category: str, people: People) -> Track | None:
        """A fan's own; then by category and topic, by category, by topic, and what takes anybody. Of her topics the one
        she was most interested in decides."""
        fans = self.fan_base if person in people.fans else None
        if fans is not None and not people.is_at_goal(person, fans):
            return fans
        topics: list[int | None] = [*people.wanted_topics(person), None]
        open_to = [one for one in self.tracks if self._takes_by_itself(one) and not people.is_at_goal(person, one)]
        takes = {(one.category, one.topic_id): one for one in reversed(open_to)}
        places = ((wanted, topic) for wanted in dict.fromkeys((category, "")) for topic in topics)
        return next((takes[place] for place in places if place in takes), None)

    def instead_of(self, track: Track) -> Track | None:
        """Where whoever this one takes would go without it."""
        others = [one for one in reversed(self.tracks) if one.pk != track.pk and self._takes_by_itself(one)]
        takes = {(one.category, one.topic_id): one for one in others}
        places = ((wanted, topic) for wanted in (track.category, "") for topic in (track.topic_id, None))
        return next((takes[place] for place in places if place in takes), None)

    def _takes_by_itself(self, track: Track) -> bool:
        return not track.is_by_hand and not track.is_fan_base
