"""Whoever is forgotten is forgotten in mail, too: what was said and where it went is blanked, that it happened stays.

The keyed hashes of her addresses stay refused, so that nobody writes to her again who does not know who she was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.actions.people import suppress_hashes
from accounts.models import ContactPoint, Person, Suppression
from content.models import Feedback
from leads.actions.merging import erase_person, rows_of
from leads.models import Lead
from nurture.actions.erasure_log import lines, write_line
from nurture.actions.receiving import count_waiting
from nurture.actions.unnaming import files_of, forget_files, places_of, unname
from nurture.models import Away, Hit, Incoming, IncomingBody, Message, MessageBody, MessageLink, Preference
from nurture.named import ERASED, named
from team.actions.auditing import note_audit
from team.models import AuditEntry

if TYPE_CHECKING:
    from team.models import User

BATCH = 500
# The source of the keyed hashes that erasure leaves.
SOURCE = "erasure"
ErasedFor = AuditEntry.ErasedFor


def forget_person(person: Person, *, because: str = ErasedFor.ASKED, by: User | None, at: datetime) -> int:
    """Forget who it was, everywhere: nothing takes it back. Returns how many words of ours named her in passing.

    Those are looked for before anything is locked: it reads whole tables. MoveRefused of who is forgotten already.
    """
    who = named([one.pk for one in rows_of(person)])
    places, files = places_of(who), files_of(who)
    with transaction.atomic():
        _forget(person, by=by, at=at)
        found = unname(places, who, at=at) + forget_files(files, at=at)
        count_waiting()
        about = {"about": Person._meta.label, "about_id": str(person.public_id)}
        note_audit(AuditEntry.Verb.ERASED, by=by, at=at, detail=because, **about)
        transaction.on_commit(write_down_erasures)
    return found


def forget_again(*, at: datetime) -> int:
    """After a restore: whoever this disk remembers as forgotten is forgotten once more; how many it were."""
    written, told = lines(), _told()
    missing = [line for line in written if line["person"] not in told]
    if keys := [(channel, key) for line in missing for channel, key in line["keys"]]:
        suppress_hashes(keys, source=SOURCE, at=at)
    for line in missing:
        again = Person.objects.filter(public_id__in=line["rows"], erased_at=None, merged_into=None)
        for person in again.order_by("pk"):
            forget_person(person, because=ErasedFor.AGAIN, by=None, at=at)
        if not _told() & {line["person"]}:
            # Who is not there, or is part of somebody else by now, is noted too, so that she is not looked for again.
            about = {"about": Person._meta.label, "about_id": line["person"]}
            note_audit(AuditEntry.Verb.ERASED, by=None, at=at, detail=ErasedFor.AGAIN, **about)
    return len(missing)


def write_down_erasures() -> int:
    """What this database knows of erasures and this disk does not yet; how many it were."""
    known = {line["person"] for line in lines()}
    entries = AuditEntry.objects.filter(verb=AuditEntry.Verb.ERASED).exclude(about_id__in=known).order_by("number")
    new = list(entries.values_list("about_id", "at"))
    for public_id, at in new:
        person = Person.objects.filter(public_id=public_id).first()
        rows = [str(one.public_id) for one in rows_of(person)] if person else [public_id]
        keys = Suppression.objects.filter(source=SOURCE, at=at).exclude(key_hash="")
        write_line(public_id, rows=rows, keys=[list(key) for key in keys.values_list("channel", "key_hash")], at=at)
    return len(new)


def _told() -> set[str]:
    return set(AuditEntry.objects.filter(verb=AuditEntry.Verb.ERASED).values_list("about_id", flat=True))


def _forget(person: Person, *, by: User | None, at: datetime) -> None:
    people = [one.pk for one in rows_of(person)]
    points = ContactPoint.objects.filter(person__in=people, kind=ContactPoint.Kind.EMAIL)
    addresses = set(points.values_list("normalised", flat=True)) | {one.lower() for one in _went_to(people)}
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Person), object_id__in=[str(pk) for pk in people]
    ).update(object_repr="", change_message="")
    uuids = list(Lead.objects.filter(person__in=people).values_list("public_id", flat=True))
    Feedback.objects.filter(lead__in=uuids).update(text=ERASED)
    erase_person(person, by=by, at=at)
    _blank(people, addresses, at=at)


@transaction.atomic
def blank_erased(*, at: datetime) -> int:
    """Up to 500 people who were erased and of whom words of mail are left, whoever erased them; how many."""
    people = set(with_words_left().values_list("pk", flat=True)[:BATCH])
    if people:
        _blank(people, {one.lower() for one in _went_to(people)}, at=at)
    return len(people)


def with_words_left() -> QuerySet[Person]:
    """From those who were erased, who are few, to what they got and wrote: never from all mail there is."""
    left = MessageBody.objects.filter(message__person=OuterRef("pk"), erased_at=None).order_by()
    came = IncomingBody.objects.filter(incoming__person=OuterRef("pk"), erased_at=None).order_by()
    return Person.objects.filter(Exists(left) | Exists(came), erased_at__isnull=False).order_by("pk")


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
    Away.objects.filter(person__in=people).delete()
    came = IncomingBody.objects.filter(incoming__person__in=people)
    nameless = IncomingBody.objects.filter(incoming__person=None, sender__in=[*addresses])
    for bodies in (came, nameless):
        Incoming.objects.for_a_human().filter(body__in=bodies).update(
            state=Incoming.State.DONE, error="", read_at=at, decided_at=at, kind=Incoming.Kind.OTHER,
            effect=Incoming.Effect.NONE,
        )  # fmt: skip
        bodies.update(sender="", sender_name="", subject="", text="", erased_at=at)
    count_waiting()
