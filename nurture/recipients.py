"""What a message needs to know of whom it goes to, read once for many. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from accounts.actions.people import suppression_key
from accounts.models import ContactPoint, Employment, Person
from content.models import Asset, Topic
from leads.her_clock import numbers_of, where_of
from nurture.knowing import People
from nurture.models import Message
from nurture.same import living_of
from team.company_time import company_zone
from team.models import User


@dataclass(frozen=True)
class Recipient:
    """Somebody, and the one address a message to her goes to."""

    person: Person
    point: ContactPoint | None
    employment: Employment | None
    # Hers; the company's where nobody knows it.
    zone: str

    @property
    def key(self) -> str:
        return suppression_key(self.point.normalised) if self.point else ""

    @property
    def domain(self) -> str:
        return self.point.normalised.rpartition("@")[2] if self.point else ""


def points_of(people: Collection[int], *, lock: bool = False) -> dict[int, ContactPoint]:
    """The address each of these people is written to: usable, the primary one first.

    `lock`: in id order, until the transaction ends. An unsubscription takes the same rows, so that what is claimed
    after it has ended knows of it, and two claims for one recipient come one after the other.
    """
    points = ContactPoint.objects.filter(
        person__in=people, kind=ContactPoint.Kind.EMAIL, state__in=ContactPoint.USABLE
    ).order_by("pk")
    if lock:
        points = points.select_for_update(no_key=True)
    found: dict[int, ContactPoint] = {}
    for point in sorted(points, key=lambda point: (not point.is_primary, point.pk)):
        found.setdefault(point.person_id, point)
    return found


def points_today(people: Collection[int]) -> tuple[dict[int, int], dict[int, ContactPoint]]:
    """By row of these who she is today, however often she was merged, and where she is written to: locked."""
    whose = living_of(people)
    while True:
        points = points_of(whose.values(), lock=True)
        # Somebody may have merged her while we waited; from now on it waits for us.
        by_now = living_of(people)
        if by_now == whose:
            return whose, points
        whose = by_now


def recipients_today(people: Collection[int], *, at: datetime) -> dict[int, Recipient]:
    """By row who she is today, and where she is written to. Locks nothing."""
    whose = living_of(people)
    found = recipients_of(whose.values(), points_of(whose.values()), at=at)
    return {row: found[person] for row, person in whose.items()}


def recipients_of(people: Collection[int], points: dict[int, ContactPoint], *, at: datetime) -> dict[int, Recipient]:
    numbers = numbers_of(people)
    jobs = {
        job.person_id: job
        for job in Employment.objects.filter(person__in=people, is_current=True).select_related("account")
    }
    persons = list(Person.objects.filter(pk__in=people))
    firms = {pk: job.account for pk, job in jobs.items()}
    zones = {one.pk: where_of(one, firms.get(one.pk), numbers.get(one.pk, ())).zone(at=at) for one in persons}
    ours = company_zone() if "" in zones.values() else ""
    return {
        person.pk: Recipient(
            person=person,
            point=points.get(person.pk),
            employment=jobs.get(person.pk),
            zone=zones[person.pk] or ours,
        )
        for person in persons
    }


def zone_of(person: int, *, at: datetime) -> str:
    """By whose clock she lives; the company's where nobody knows it."""
    return recipients_of([person], {}, at=at)[person].zone


def values_of(
    messages: Sequence[Message], recipients: dict[int, Recipient], *, at: datetime
) -> dict[int, dict[str, str]]:
    """By message: what its fields are filled with. Its asset is loaded."""
    senders = senders_of(messages)
    people = People({message.person_id for message in messages}, at=at)
    first = {person: topics[0] for person in people.people if (topics := people.topics(person))}
    labels = dict(Topic.objects.filter(pk__in=first.values()).values_list("pk", "label"))
    filled = {}
    for message in messages:
        to = recipients[message.person_id]
        job, asset = to.employment, message.asset
        filled[message.pk] = {
            "first_name": to.person.given_name,
            "name": to.person.name,
            "title": job.title if job else "",
            "company": job.account.name if job and job.account else "",
            "topic": labels.get(first.get(message.person_id, 0), ""),
            "sender_name": senders.get(message.pk, ""),
            **values_of_asset(asset),
        }
    return filled


def values_of_asset(asset: Asset | None) -> dict[str, str]:
    """What the fields are filled with that say what a message brings."""
    if asset is None:
        return {"asset_title": "", "asset_link": ""}
    return {"asset_title": asset.title, "asset_link": permalink(str(asset.public_id))}


def senders_of(messages: Sequence[Message]) -> dict[int, str]:
    """Who writes: whoever wrote it, or the rep who knows her; nobody where nobody does."""
    wanted = {message.by_id or (message.lead.bdr_id if message.lead else None) for message in messages}
    names = dict(User.objects.filter(pk__in=[pk for pk in wanted if pk]).values_list("pk", "name"))
    found = {}
    for message in messages:
        whose = message.by_id or (message.lead.bdr_id if message.lead else None)
        if whose in names:
            found[message.pk] = names[whose]
    return found


def permalink(public_id: str) -> str:
    """The one address of an asset."""
    return f"{settings.SITE_URL}{reverse('content:asset', args=[public_id])}"
