"""What came back is taken once, and what follows from it is asked of the actions it concerns.

Its key is stored for ever in the transaction that records it. What ends its reader or cannot be recorded is set aside
with its error, and holds up nothing else.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.actions.people import suppress_key, suppression_key
from accounts.models import ContactPoint, Suppression
from accounts.normalise import BadValue, email
from leads.actions.engaging import NewEngagement, engage
from leads.actions.receiving import record_received
from leads.models import Engagement, Lead
from nurture.actions.absences import begin_absence, end_absence
from nurture.actions.bouncing import came_back_in_a_row, hold_whose, shut_address
from nurture.actions.holding import hold_her, hold_them
from nurture.actions.preferring import unsubscribe
from nurture.inbound.aside import glimpse
from nurture.inbound.mail import InMail, Kind, read_mail
from nurture.models import Away, Incoming, IncomingBody, Message
from nurture.recipients import zone_of
from nurture.same import living, rows_of
from team.models import Installation, User

logger = structlog.get_logger(__name__)

SOURCE = "mail"
# Whatever ends its reader is begun so often, and what fails is tried so often where its teller waits for that.
ATTEMPTS_MAX = TRIES = 3
# A mailbox that was not read for some days still holds people who wait; one that is years old holds history.
WAITS, FRESH = timedelta(days=14), timedelta(hours=36)
# Whoever began to read one so long ago reads it no more.
ENDED = timedelta(hours=1)
# Which of our messages an address got last, where only the address is named.
LATELY = timedelta(days=30)

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NAMES = re.compile(
    rb"^(?:message-id|date|from|to|subject):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
HEAD_MAX = 64 * 1024

Effect = Incoming.Effect


@dataclass
class Followed:
    """What followed from one that came in, and for whom."""

    effect: str
    person_id: int | None = None


def take_mail(raw: bytes, *, source: str, at: datetime, place: str = "", tries: int = 1) -> Incoming:
    """One mail as it lay in the mailbox. Taken again, by another worker or years later, it changes nothing.

    What fails is raised before the last try, for whoever tries again, and set aside with its reason after it.
    """
    row = _take(source, key_of(raw), lambda: read_mail(raw), at=at, place=place, tries=tries)
    if row.state == Incoming.State.ASIDE:
        seen = glimpse(raw)
        keep_words(row, sender=seen.sender, name=seen.sender_name, subject=seen.subject, text=seen.text)
    return row


def take_event(
    found: InMail, *, source: str, key: str, at: datetime, message: Message | None = None, tries: int = 1
) -> Incoming:
    """One that a provider tells of, under its own name for it."""
    hashed = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    row = _take(source, hashed, lambda: found, at=at, message=message, tries=tries)
    if row.state == Incoming.State.ASIDE:
        keep_words(row, sender=found.sender or found.failed_recipient, subject=found.subject, text=found.words)
    return row


def set_aside(source: str, key: str, error: str, *, at: datetime) -> Incoming:
    """What cannot even be taken apart stands with the rest that a human has to look at."""
    row, _made = Incoming.objects.get_or_create(source=source[:30], key=key, defaults={"taken_at": at})
    return _set_aside(row, error)


def note_not_handed_out(error: str, *, source: str, place: str, at: datetime) -> None:
    """The mail server has it and does not give it: after the third time it stands with what a human looks at."""
    row = _begin(source, _key_of_place(place), place=place, at=at)
    if row.state == Incoming.State.TAKEN and row.attempts >= TRIES:
        _set_aside(row, f"The mail server does not hand it out: {error}")


def note_handed_out(*, source: str, place: str) -> None:
    """It came after all, and has a key of its own from here on."""
    Incoming.objects.filter(source=source, key=_key_of_place(place), state=Incoming.State.TAKEN).delete()


def note_gone(*, source: str, there: Collection[str], at: datetime) -> None:
    """Whoever began with these has ended, or the mail server never handed them out; and they lie there no more. Nobody
    will read them, so one of us has to know. `there`: the places of all that lie in the mailbox."""
    begun = Incoming.objects.filter(source=source, state=Incoming.State.TAKEN, taken_at__lt=at - ENDED)
    for row in begun.exclude(place=""):
        if row.place not in there:
            _set_aside(row, "It lay in the mailbox, and was gone before it could be read.")


def _key_of_place(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()


def key_of(raw: bytes) -> str:
    """What a mail is called: by the headers that stay the same wherever it is moved; without any, by all of it."""
    head = re.split(rb"\r?\n\r?\n", raw[:HEAD_MAX], maxsplit=1)[0]
    named = sorted(b" ".join(one.split()) for one in NAMES.findall(head))
    return hashlib.sha256(b"\n".join(named) or raw).hexdigest()


def _take(
    source: str,
    key: str,
    read: Callable[[], InMail],
    *,
    at: datetime,
    place: str = "",
    message: Message | None = None,
    tries: int,
) -> Incoming:
    row = _begin(source, key, place=place, at=at)
    if row.state != Incoming.State.TAKEN:
        return row
    try:
        found = read()
        with transaction.atomic(durable=True):
            held = Incoming.objects.select_for_update().get(pk=row.pk)
            if held.state == Incoming.State.TAKEN:
                _record(held, found, message, at=at)
            return held
    except (OperationalError, InterfaceError):
        # The database is in trouble, not the mail.
        Incoming.objects.filter(pk=row.pk, state=Incoming.State.TAKEN).update(attempts=F("attempts") - 1)
        raise
    except SoftTimeLimitExceeded:
        # It ends its reader, and is begun so often and no more.
        raise
    except Exception as error:
        if row.attempts < tries:
            raise
        logger.exception("incoming_set_aside", incoming=row.pk)
        return _set_aside(row, f"{type(error).__name__}: {error}")


def _begin(source: str, key: str, *, place: str, at: datetime) -> Incoming:
    """Its row, noting that somebody begins to read it: whatever ends its reader is begun three times and no more."""
    with transaction.atomic(durable=True):
        found, _made = Incoming.objects.get_or_create(
            source=source[:30], key=key, defaults={"taken_at": at, "place": place}
        )
        row = Incoming.objects.select_for_update().get(pk=found.pk)
        if place and row.place != place:
            row.place = place
            row.save(update_fields=["place"])
        if row.state != Incoming.State.TAKEN:
            return row
        if row.attempts < ATTEMPTS_MAX:
            row.attempts += 1
            row.save(update_fields=["attempts"])
            return row
    return _set_aside(row, "Whoever read it ended, again and again.")


def _set_aside(row: Incoming, error: str) -> Incoming:
    with transaction.atomic():
        taken = Incoming.objects.filter(pk=row.pk, state=Incoming.State.TAKEN)
        taken.update(state=Incoming.State.ASIDE, error=error.replace("\x00", "")[:300])
        count_waiting()
    row.refresh_from_db()
    return row


def _record(row: Incoming, found: InMail, message: Message | None, *, at: datetime) -> None:
    message = message or message_named(found.original_ids)
    if message is not None:
        message.person = living(message.person)
    followed = FOLLOWS[found.kind](found, message, row, at=at)
    row.state, row.kind, row.effect, row.read_at = Incoming.State.DONE, found.kind.value, followed.effect, at
    row.message, row.person_id = message, followed.person_id
    row.status, row.back_on, row.sent_at = found.status[:16], found.back_on, found.at
    row.save(update_fields=["state", "kind", "effect", "read_at", "message", "person", "status", "back_on", "sent_at"])
    keep_words(row, sender=found.sender, name=found.sender_name, subject=found.subject, text=found.words)
    if row.effect == Effect.STRANGER and row.kind in Incoming.WRITTEN:
        count_waiting()


def keep_words(row: Incoming, *, sender: str, name: str = "", subject: str, text: str) -> None:
    said = {"sender": sender[:254], "sender_name": name, "subject": subject[:300], "text": text}
    IncomingBody.objects.update_or_create(incoming=row, defaults=said)


def count_waiting() -> None:
    """How many wait for one of us, where the rail of every page can say it without asking a higher room."""
    # Two who count at the same time count one after the other, or neither would see the mail of the other.
    list(Installation.objects.select_for_update())
    Installation.objects.update(mail_aside=Incoming.objects.waiting())


def message_named(ids: list[str]) -> Message | None:
    """The message of ours that one of these ids names. Nobody can guess one: whoever knows it has had it."""
    ours = [one for one in ids if one.lower().endswith(f"@{settings.SITE_HOST}>")]
    names = [uuid.UUID(found[0]) for one in ours if (found := UUID.search(one))]
    rows = Message.objects.left().filter(public_id__in=names).select_related("person__merged_into", "asset")
    known = {message.public_id: message for message in rows}
    return next((known[name] for name in names if name in known), None)


def message_to(address: str, *, at: datetime) -> Message | None:
    """The last one that went to this address lately."""
    normalised = _normalised(address)
    last = Message.objects.last_to(suppression_key(normalised)).filter(claimed_at__gt=at - LATELY)
    return last.first() if normalised else None


def _reply(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """She waits for us, whatever she says: a sleeping lead wakes, an open one stands in front."""
    if _is_ours(found.sender) and row.person_id is None:
        return Followed(Effect.NONE)
    is_she = row.person_id or _person_at(found.sender)
    person_id = is_she or (message.person_id if message else None)
    if person_id is None:
        return Followed(Effect.STRANGER)
    person_id = hold_her(person_id).pk
    new = NewEngagement(
        person_id=person_id,
        kind=Engagement.Kind.REPLIED,
        at=_moment(found, at=at),
        source=SOURCE,
        external_id=f"{row.source}:{row.key}",
        topic_id=message.asset.topic_id if message and message.asset else None,
    )
    engage([new], at=at)
    record_received(person_id, kind=found.kind.value, words=found.words or found.subject, at=at)
    if is_she:
        # Whoever else answers in her stead says nothing of where she is.
        end_absence(person_id, said_at=_said_at(found, at=at), at=at)
    if message is not None:
        # Behind its lead, as whoever sends it again locks them.
        Message.objects.filter(pk=message.pk, replied_at=None).update(replied_at=at)
    is_open = Lead.objects.open().filter(person=person_id).exists()
    return Followed(Effect.IN_FRONT if is_open else Effect.NONE, person_id)


def _auto_reply(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    person_id = row.person_id or _whose(found, message)
    if person_id is None:
        return Followed(Effect.STRANGER)
    person_id = hold_her(person_id).pk
    record_received(person_id, kind=found.kind.value, words=found.words, at=at)
    return Followed(Effect.NONE, person_id)


def _out_of_office(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """She is away until then, whoever asks later; unless she has said something else since, and it was read before."""
    person_id = row.person_id or _whose(found, message)
    if person_id is None:
        return Followed(Effect.STRANGER)
    person_id = hold_her(person_id).pk
    zone = zone_of(person_id, at=at)
    back_on = found.back_on if found.back_on and found.back_on > at.astimezone(ZoneInfo(zone)).date() else None
    if back_on is None or _has_said_since(person_id, _said_at(found, at=at)):
        record_received(person_id, kind=found.kind.value, words=found.words, at=at)
        return Followed(Effect.NONE, person_id)
    is_moved = begin_absence(
        person_id, kind=found.kind.value, words=found.words, back_on=back_on, zone=zone, said_at=_said_at(found, at=at),
        at=at,
    )  # fmt: skip
    return Followed(Effect.POSTPONED if is_moved else Effect.NOTED, person_id)


def _has_said_since(person_id: int, moment: datetime) -> bool:
    """Whether she wrote herself after that, her mail program said another day, or one of us noted that she is back."""
    people = rows_of([person_id])
    # Of what ended before that was kept, only when it was read is known.
    away = Away.objects.filter(person__in=people).alias(back=Coalesce("back_said_at", "ended_at"))
    if away.filter(Q(said_at__gt=moment) | Q(back__gt=moment)).exists():
        return True
    replies = Incoming.objects.filter(person__in=people, kind=Kind.REPLY.value, read_at__gt=moment)
    later = replies.filter(Q(sent_at=None) | Q(sent_at__gt=moment))
    # As a reply ends an absence: from an address of hers, or by the word of one of us.
    said_by = later.values_list("decided_at", "body__sender")
    return any(decided_at or _person_at(sender or "") in people for decided_at, sender in said_by)


def _bounce_hard(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """The address is used no more. Only of what we sent: a report that anybody could write says nothing."""
    if message is None:
        return Followed(Effect.STRANGER)
    hold_whose(message)
    Message.objects.filter(pk=message.pk, bounced_at=None).update(bounced_at=at)
    if message.incoming.filter(kind=Kind.BOUNCE_HARD.value).exists():
        # Told twice, by two names: whoever has looked at the address since is right.
        return Followed(Effect.NONE, message.person_id)
    shut_address(message, said=_said(found), at=at)
    return Followed(Effect.BOUNCED, message.person_id)


def _bounce_soft(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """Counted where it is about her mailbox: where the last messages all came back so, the address is used no more.
    What is only late is nothing yet."""
    if message is None:
        return Followed(Effect.STRANGER)
    if all(one.is_delayed for one in found.failures):
        return Followed(Effect.NONE, message.person_id)
    hold_whose(message)
    is_block = not any(one.is_of_mailbox for one in found.failures if not one.is_delayed)
    if not Message.objects.filter(pk=message.pk, bounced_at=None).update(bounced_at=at, is_block_bounce=is_block):
        return Followed(Effect.NONE, message.person_id)
    if is_block:
        record_received(message.person_id, kind=found.kind.value, words=_said(found), at=at)
        return Followed(Effect.NONE, message.person_id)
    if came_back_in_a_row(message):
        shut_address(message, said=_said(found), at=at)
        return Followed(Effect.BOUNCED, message.person_id)
    record_received(message.person_id, kind=found.kind.value, words=_said(found), at=at)
    return Followed(Effect.COUNTED, message.person_id)


def _complaint(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """Whoever calls our mail spam gets no more of it. Who is only named does where we wrote to her lately."""
    if message is None:
        named = (message_to(one.recipient, at=at) for one in found.failures)
        message = next((one for one in named if one is not None), None)
    if message is None and row.person_id is not None:
        return _silenced(row.person_id, None, found, at=at)
    if message is None:
        return Followed(Effect.STRANGER)
    followed = _silenced(message.person_id, message, found, at=at)
    Message.objects.filter(pk=message.pk, complained_at=None).update(complained_at=at)
    return followed


def _unsubscribe(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    """Heard whoever she is: for the address she writes from, and for the one that our message went to. Whom we do not
    know waits for one of us to say who she is: her other addresses get letters until then."""
    if _is_ours(found.sender) and row.person_id is None:
        return Followed(Effect.NONE)
    followed = Followed(Effect.STRANGER)
    person_id = row.person_id or _person_at(found.sender)
    whose = [person_id] if person_id is not None else []
    if message is not None:
        whose.append(message.person_id)
    # Both at once, as two letters may name the same two the other way round.
    today = hold_them(whose)
    if message is not None:
        followed = _silenced(message.person_id, message, found, at=at)
    if person_id is not None and today[person_id].pk != followed.person_id:
        followed = _silenced(person_id, None, found, at=at)
    if normalised := _normalised(found.sender):
        suppress_key(normalised, Suppression.Channel.EMAIL, source=found.kind.value, at=at)
        if found.failures:
            # A machine told it of this address: nobody wrote whom one of us could know.
            followed.effect = Effect.SILENCED
    return followed


def _silenced(person_id: int, message: Message | None, found: InMail, *, at: datetime) -> Followed:
    """No e-mail of any kind from now on, to her and to the address the message went to."""
    person, source = hold_her(person_id), found.kind.value
    unsubscribe(person, message=message, source=source, told=source, words=found.words, at=at)
    return Followed(Effect.SILENCED, person.pk)


def _nothing(found: InMail, message: Message | None, row: Incoming, *, at: datetime) -> Followed:
    return Followed(Effect.NONE, message.person_id if message else None)


FOLLOWS: dict[Kind, Callable[..., Followed]] = {
    Kind.REPLY: _reply,
    Kind.AUTO_REPLY: _auto_reply,
    Kind.OUT_OF_OFFICE: _out_of_office,
    Kind.BOUNCE_HARD: _bounce_hard,
    Kind.BOUNCE_SOFT: _bounce_soft,
    Kind.COMPLAINT: _complaint,
    Kind.UNSUBSCRIBE: _unsubscribe,
    Kind.OTHER: _nothing,
}


def _whose(found: InMail, message: Message | None) -> int | None:
    """A machine answers for whom we wrote to."""
    if message is not None:
        return message.person_id
    return None if _is_ours(found.sender) else _person_at(found.sender)


def _person_at(address: str) -> int | None:
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalised=_normalised(address))
    return points.values_list("person_id", flat=True).first()


def _normalised(address: str) -> str:
    try:
        return email(address).normalised
    except BadValue:
        return ""


def _is_ours(address: str) -> bool:
    """Mail that one of us sends is nobody's reply. What names no address is not ours, even where we have set none."""
    if not address:
        return False
    own = {parseaddr(one)[1].lower() for one in (settings.DEFAULT_FROM_EMAIL, settings.MAIL_REPLY_TO)}
    return address.lower() in own or User.objects.filter(email__iexact=address).exists()


def _moment(found: InMail, *, at: datetime) -> datetime:
    """When she wrote. What waited for us some days is taken for fresh, or it would put nobody in front."""
    said = found.at
    if said is None or said > at:
        return at
    return max(said, at - FRESH) if said > at - WAITS else said


def _said_at(found: InMail, *, at: datetime) -> datetime:
    """When it was written; what bears no moment, or one that lies ahead, came now."""
    return found.at if found.at is not None and found.at < at else at


def _said(found: InMail) -> str:
    return found.failures[0].said if found.failures else ""
