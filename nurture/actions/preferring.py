"""What a recipient says on her own page, or by one click in her mail program: it holds once she has the answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.actions.people import BY_THEMSELVES, lock_addresses, suppress_hash, suppress_person
from accounts.models import ContactPoint, Person, Suppression
from content.models import Topic
from leads.actions.receiving import record_chosen, record_received
from leads.actions.silencing import pass_over_shut
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.actions.holding import hold_her
from nurture.actions.replanning import follow_wishes
from nurture.models import Message, MessageBody, Preference
from nurture.same import rows_of
from nurture.wishes import Wishes

UNSUBSCRIBED = BY_THEMSELVES[0]
# How she said it, as history tells it.
ONE_CLICK, STOPPED = "one_click", "stopped"


@transaction.atomic
def unsubscribe(
    person: Person,
    *,
    at: datetime,
    message: Message | None = None,
    source: str = UNSUBSCRIBED,
    told: str = STOPPED,
    words: str = "",
) -> None:
    """No e-mail of any kind from now on, to her, whoever she was merged into, and to the address the message went to.
    Her history says so once, as `told` by her: see `leads.sentences.RECEIVED`.

    All her leads, she, then her addresses, which a claim locks too: whatever is claimed after this has ended knows of
    it.
    """
    person = hold_her(person.pk)
    lock_addresses([person.pk, *_there(message)])
    is_new = suppress_person(person, Suppression.Channel.EMAIL, source=source, at=at)
    if Consent.objects.standing().filter(person=person).exists():
        note_consent(person, is_given=False, source=Consent.Source.PREFERENCES, evidence=source, is_told=False, at=at)
    if message is not None and message.to_hash:
        suppress_hash(message.to_hash, Suppression.Channel.EMAIL, source=source, at=at)
    pass_over_shut([person.pk], at=at)
    # A second click says nothing new; a second letter does.
    if is_new or told not in (ONE_CLICK, STOPPED):
        record_received(person.pk, kind=told, words=words, at=at)
    if message is not None:
        # Last, as whoever judges its hits does: neither holds it while waiting for the other.
        Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=at)


def _there(message: Message | None) -> list[int]:
    """Who is written to by now at the address the message went to."""
    body = MessageBody.objects.filter(message=message).first() if message is not None else None
    if body is None or not body.to_address:
        return []
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalised=body.to_address.lower())
    return list(points.values_list("person_id", flat=True))


@transaction.atomic
def prefer(
    person: Person, *, pace: str, paused_until: datetime | None, refused: Collection[Topic], at: datetime
) -> Preference:
    """How often, about what, and not before when. It holds for what is planned already, too, which leaves sooner or
    later by it, and by whichever row of hers she says it; her history says so where it is something else than before.
    Locked as an unsubscription does: no letter begins beside it, and whoever else says something waits for none of it.
    """
    person = hold_her(person.pk)
    lock_addresses([person.pk])
    # What she said by a row that was merged into hers, she says anew.
    rows = rows_of([person.pk])
    before = Wishes([person.pk]).chosen(person.pk, at=at)
    others = Preference.objects.filter(person__in=rows).exclude(person=person)
    for row in [person.pk, *others.values_list("person_id", flat=True)]:
        preference, _made = Preference.objects.update_or_create(
            person_id=row, defaults={"pace": pace, "paused_until": paused_until, "changed_at": at}
        )
        preference.refused.set(refused)
    now = Wishes([person.pk]).chosen(person.pk, at=at)
    if now != before:
        record_chosen(person.pk, until=now.until, pace=now.pace, topics=now.topics, at=at)
    follow_wishes(rows, at=at)
    return Preference.objects.get(person=person)
