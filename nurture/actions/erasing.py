"""Whoever is forgotten is forgotten in mail, too: what was said and where it went is blanked, that it happened stays.

The keyed hashes of her addresses stay refused, so that nobody writes to her again who does not know who she was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import ContactPoint, Person
from leads.actions.merging import erase_person, rows_of
from nurture.actions.receiving import count_aside
from nurture.models import Hit, Incoming, IncomingBody, Message, MessageBody, MessageLink, Preference
from team.actions.auditing import note_audit
from team.models import AuditEntry

if TYPE_CHECKING:
    from team.models import User

BATCH = 500


@transaction.atomic
def forget_person(person: Person, *, by: User | None, at: datetime) -> None:
    """Forget who it was, everywhere: nothing takes it back. MoveRefused for whom it is not to do."""
    people = [one.pk for one in rows_of(person)]
    points = ContactPoint.objects.filter(person__in=people, kind=ContactPoint.Kind.EMAIL)
    addresses = set(points.values_list("normalised", flat=True)) | {one.lower() for one in _went_to(people)}
    erase_person(person, by=by, at=at)
    _blank(people, addresses, at=at)
    note_audit(AuditEntry.Verb.ERASED, by=by, at=at, about=Person._meta.label, about_id=str(person.public_id))


@transaction.atomic
def blank_erased(*, at: datetime) -> int:
    """Up to 500 people who were erased and of whom words of mail are left, whoever erased them; how many."""
    left = MessageBody.objects.filter(message__person__erased_at__isnull=False, erased_at=None)
    came = IncomingBody.objects.filter(incoming__person__erased_at__isnull=False, erased_at=None)
    people = set(left.values_list("message__person", flat=True).distinct()[:BATCH])
    people |= set(came.values_list("incoming__person", flat=True).distinct()[:BATCH])
    if people:
        _blank(people, {one.lower() for one in _went_to(people)}, at=at)
    return len(people)


def _went_to(people: Collection[int]) -> list[str]:
    bodies = MessageBody.objects.filter(message__person__in=people).exclude(to_address="")
    return list(bodies.values_list("to_address", flat=True).distinct())


def _blank(people: Collection[int], addresses: Collection[str], *, at: datetime) -> None:
    messages = Message.objects.filter(person__in=people)
    messages.filter(state=Message.State.PLANNED).update(
        state=Message.State.CANCELLED, because=Message.Because.NO_ADDRESS, due_at=None
    )
    # What is being sent is written down once more when it has been: whoever looks every hour blanks that.
    MessageBody.objects.filter(message__in=messages).exclude(message__state=Message.State.SENDING).update(
        to_address="", subject="", text="", answer="", erased_at=at
    )
    MessageLink.objects.filter(message__in=messages).exclude(url="").delete()
    Hit.objects.filter(message__in=messages).update(agent="", network="")
    messages.exclude(domain="").update(domain="")
    Preference.objects.filter(person__in=people).delete()
    came = IncomingBody.objects.filter(incoming__person__in=people)
    nameless = IncomingBody.objects.filter(incoming__person=None, sender__in=[*addresses])
    for bodies in (came, nameless):
        held = Incoming.objects.filter(body__in=bodies)
        held.filter(state=Incoming.State.ASIDE).update(
            state=Incoming.State.DONE, error="", read_at=at, decided_at=at, kind=Incoming.Kind.OTHER,
            effect=Incoming.Effect.NONE,
        )  # fmt: skip
        bodies.update(sender="", subject="", text="", erased_at=at)
    count_aside()
