"""From claimed messages to mails: everything read once for all of them, links and words written once for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from urllib.parse import urlsplit

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import AssetVersion
from nurture.actions.planning import snippets_of, titles_in, with_asset
from nurture.fields import BadWords, as_read, fill
from nurture.letter import Letter, addresses_in, compose, readable_headers
from nurture.models import MailRules, Message, MessageBody, MessageLink
from nurture.recipients import Recipient, recipients_today, senders_of, values_of
from nurture.tokens import LINK, OPENING, PERSON, STOP, token_of

logger = structlog.get_logger(__name__)
# The link that nobody can see has this number; those of the words begin behind it.
UNSEEN = 0
# In the foot of what a track sends.
WHY = gettext_lazy("You get this because you asked for or read something of ours.")


@dataclass
class _Said:
    """What one message says and to whom, before its links are ours."""

    message: Message
    to: Recipient
    subject: str
    text: str
    asset_url: str
    sender: str
    addresses: list[str] = field(default_factory=list)
    links: dict[int, MessageLink] = field(default_factory=dict)

    @property
    def is_counted(self) -> bool:
        """Of a track: who opens and follows it is counted. What one of us wrote is a letter like any other."""
        return self.message.kind == Message.Kind.NURTURE

    @property
    def wanted(self) -> dict[int, str]:
        """By number the address of each link."""
        wanted = dict(enumerate(self.addresses, start=UNSEEN + 1))
        return wanted | ({UNSEEN: ""} if self.is_counted else {})


def compose_all(taken: Sequence[Message], *, at: datetime) -> tuple[dict[int, EmailMultiAlternatives], dict[int, str]]:
    """By message its mail; or why it cannot be put together, which is no trouble of the others.

    Links and words are written before anything is sent, so that whatever comes back of it finds them. Composed again,
    the links are the same rows.
    """
    bad: dict[int, str] = {}
    rows = Message.objects.filter(pk__in=[message.pk for message in taken]).select_related("asset", "lead", "node")
    said = _each(_said_by(list(rows), bad, at=at), bad, _with_addresses)
    with transaction.atomic():
        _write_links(said)
    rules, titles = MailRules.objects.get(pk=1), titles_in(one.text for one in said)
    ready: dict[int, EmailMultiAlternatives] = {}
    said = _each(said, bad, lambda one: ready.update({one.message.pk: _mail(one, rules, titles)}))
    with transaction.atomic():
        _write_words(said)
    return ready, bad


def words_of(message: Message, *, at: datetime) -> tuple[str, str]:
    """Subject and text: as they were sent, or as they would be now; where they cannot be put together, as they were
    written. Reads only."""
    body = MessageBody.objects.filter(message=message).first()
    if body is not None:
        return body.subject, body.text
    said = _said_by([message], {}, at=at)
    if said:
        return said[0].subject, said[0].text
    return (message.node.subject, message.node.text) if message.node else ("", "")


def subjects_of(messages: Sequence[Message], *, at: datetime) -> dict[int, str]:
    """By message its subject, as `words_of` has it, for a list; where it cannot be put together, with what stands in
    for its fields. Reads only, and asks no more for many than for one."""
    kept = dict(MessageBody.objects.filter(message__in=messages).values_list("message_id", "subject"))
    rest = [message for message in messages if message.pk not in kept]
    kept |= {message.pk: as_read(message.node.subject) for message in rest if message.node}
    return kept | {one.message.pk: one.subject for one in (_said_by(rest, {}, at=at) if rest else ())}


def _each(said: Sequence[_Said], bad: dict[int, str], work: Callable[[_Said], None]) -> list[_Said]:
    """Those with which the work went well."""
    well = []
    for one in said:
        try:
            work(one)
            well.append(one)
        except BadWords as words:
            bad[one.message.pk] = str(words)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            logger.exception("message_not_composed", message=one.message.pk)
            bad[one.message.pk] = type(error).__name__
    return well


def _said_by(messages: Sequence[Message], bad: dict[int, str], *, at: datetime) -> list[_Said]:
    recipients = recipients_today({message.person_id for message in messages}, at=at)
    values, senders = values_of(messages, recipients, at=at), senders_of(messages)
    bodies = MessageBody.objects.in_bulk([message.pk for message in messages])
    # A track brings the page of a snippet; who writes puts its words in.
    snippets = snippets_of(message.asset for message in messages if message.kind == Message.Kind.BY_HAND)
    found = []
    for message in messages:
        filled = values[message.pk]
        try:
            subject, text = _words(message, bodies.get(message.pk), filled)
        except BadWords as words:
            bad[message.pk] = str(words)
            continue
        found.append(
            _Said(
                message=message,
                to=recipients[message.person_id],
                subject=subject,
                text=with_asset(text, message.asset, snippets),
                asset_url=filled["asset_link"],
                sender=senders.get(message.pk, ""),
            )
        )
    return found


def _words(message: Message, body: MessageBody | None, values: dict[str, str]) -> tuple[str, str]:
    """Subject and text: what somebody wrote was filled when she did, what a track says is filled now, from its node."""
    if message.node is not None:
        return fill(message.node.subject, values, clean=True), fill(message.node.text, values)
    if body is None:
        raise BadWords(_("There are no words."))
    return body.subject, body.text


def _with_addresses(one: _Said) -> None:
    one.addresses = addresses_in(one.text)


def _write_links(said: Sequence[_Said]) -> None:
    known: dict[int, dict[int, MessageLink]] = defaultdict(dict)
    for link in MessageLink.objects.filter(message__in=[one.message for one in said]):
        known[link.message_id][link.number] = link
    missing = []
    for one in said:
        one.links = known[one.message.pk]
        for number, address in one.wanted.items():
            if number not in one.links:
                is_asset = bool(address) and address == one.asset_url
                asset = one.message.asset if is_asset else None
                link = MessageLink(message=one.message, number=number, asset=asset, url="" if is_asset else address)
                one.links[number] = link
                missing.append(link)
    MessageLink.objects.bulk_create(missing, batch_size=500)


def _mail(one: _Said, rules: MailRules, titles: Mapping[str, str]) -> EmailMultiAlternatives:
    message, to = one.message, one.to
    if to.point is None:
        raise BadWords(_("There is no address."))
    ours = {address: _followed(one.links[number]) for number, address in one.wanted.items() if address}
    letter = Letter(
        message_id=message_id_of(message),
        to=address_of(to.person.name, to.point.value),
        sender=address_of(one.sender or rules.sender_name, settings.DEFAULT_FROM_EMAIL),
        reply_to=settings.MAIL_REPLY_TO,
        subject=one.subject,
        text=one.text,
        ours=ours,
        titles=titles,
        stop_url=_site("stop", token_of(STOP, message.pk)),
        preferences_url=_site("preferences", token_of(PERSON, message.person_id)),
        opened_url=_site("opened", token_of(OPENING, message.pk)) if one.is_counted else "",
        hidden_url=_followed(one.links[UNSEEN]) if one.is_counted else "",
        why=str(WHY) if one.is_counted else "",
        postal_address=rules.postal_address,
    )
    mail = compose(letter)
    readable_headers(mail)
    return mail


def _write_words(said: Sequence[_Said]) -> None:
    """What is about to be sent, and to which address; and which version of what it brings."""
    MessageBody.objects.bulk_create(
        [
            MessageBody(
                message=one.message,
                to_address=one.to.point.value if one.to.point else "",
                subject=one.subject,
                text=one.text,
            )
            for one in said
        ],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["to_address", "subject", "text"],
        batch_size=500,
    )
    brought = {one.message.asset_id for one in said if one.message.asset_id}
    current = AssetVersion.objects.filter(asset__in=brought, is_current=True)
    for asset_id, number in current.values_list("asset_id", "number"):
        bringing = [one.message.pk for one in said if one.message.asset_id == asset_id]
        Message.objects.filter(pk__in=bringing).update(asset_version=number)


def message_id_of(message: Message) -> str:
    """The same however often it is tried, so that a receiver can drop a copy, and an answer be known by it."""
    return f"<{message.public_id}@{urlsplit(settings.SITE_URL).hostname}>"


def _followed(link: MessageLink) -> str:
    return _site("followed", token_of(LINK, link.pk))


def _site(name: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(f'nurture:{name}', args=[token])}"


def address_of(name: str, address: str) -> Address:
    """BadWords for one that no header can carry; a name with commas or brackets in it stays a name (R36)."""
    local, _at, domain = address.rpartition("@")
    try:
        spec = address if domain.isascii() else f"{local}@{domain.encode('idna').decode()}"
        return Address(display_name=" ".join(name.split()), addr_spec=spec)
    except (ValueError, IndexError) as error:
        raise BadWords(_("%(address)s cannot be written to.") % {"address": address}) from error
