"""Who stopped all mail asks for it again: only she can, on her own page or by telling one of us.

A stop of her own is taken back, and what she said is a line of consent. What others decided stays: a complaint, a
request to be left alone on every channel, what a file or a colleague said of her.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.people import BY_THEMSELVES, keys_of_email, lock_addresses, suppression_key, who_is_written_to_at
from accounts.models import ContactPoint, Person, Suppression
from leads.actions.changing import MoveRefused
from leads.actions.receiving import record_received
from leads.models import Consent
from nurture.actions.consenting import note_consent
from nurture.actions.holding import hold_her
from nurture.models import Message
from nurture.same import rows_of
from nurture.wishes import Wishes

if TYPE_CHECKING:
    from team.models import User

AGAIN, HEARD_AGAIN = "again", "heard_again"


def may_come_back(person: Person) -> bool:
    """Whether nothing but her own stop keeps mail from her."""
    return bool(_own_stops(person))


@transaction.atomic
def come_back(
    person: Person, *, at: datetime, said_at: datetime | None = None, evidence: str, by: User | None = None
) -> Consent:
    """She gets mail again, and her word is kept: `evidence` says how she gave it, `by` who of us heard it.

    MoveRefused where another's word than hers keeps mail from her, or what she said is older than her last no. Leads,
    she, then her addresses are locked, as whoever stops mail locks them.
    """
    person = hold_her(person.pk)
    lock_addresses([person.pk])
    record_received(person.pk, kind=HEARD_AGAIN if by else AGAIN, heard_by=by, at=at)
    stops = _own_stops(person)
    if not stops:
        raise MoveRefused(_("It is not their own stop alone that keeps mail from them: it stays so."))
    # A no to all mail may be newer than the stop.
    noes = Consent.objects.of([person.pk]).filter(topic=None, is_given=False)
    said_no_at = max([*(stop.at for stop in stops), *noes.values_list("at", flat=True)[:1]])
    if said_at is not None and timezone.localdate(said_at) < timezone.localdate(said_no_at):
        raise MoveRefused(_("They said no after that day."), field="on")
    Suppression.objects.filter(pk__in=[stop.pk for stop in stops]).delete()
    if Wishes([person.pk]).wants_no_mail(person.pk):
        raise MoveRefused(_("It is not their own stop alone that keeps mail from them: it stays so."))
    source = Consent.Source.BY_HAND if by else Consent.Source.PREFERENCES
    # Of a day only that is known, and it was after what they said on that day before.
    said_at = min(max(said_at or at, said_no_at), at)
    return note_consent(person, is_given=True, source=source, at=at, said_at=said_at, evidence=evidence, by=by)


def _own_stops(person: Person) -> list[Suppression]:
    """What keeps mail from her, of her rows and her addresses, where all of it is her own word; else nothing.

    A stop of the address as it is without its plus tag may be another's, and so may one that keeps mail from somebody
    else with a plus tag, too.
    """
    rows = rows_of([person.pk])
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, person__in=rows)
    hers = {suppression_key(address): address for address in points.values_list("normalised", flat=True)}
    keys = {suppression_key(form) for address in hers.values() for form in keys_of_email(address)}
    Channel = Suppression.Channel
    shut = Suppression.objects.filter(channel__in=[Channel.EMAIL, Channel.ALL])
    stops = list(shut.filter(Q(person__in=rows) | Q(key_hash__in=keys)))
    if any(stop.channel == Channel.ALL or stop.source not in BY_THEMSELVES for stop in stops):
        return []
    if Message.objects.filter(person__in=rows, complained_at__isnull=False).exists():
        return []
    for key in {stop.key_hash for stop in stops if stop.key_hash}:
        if key not in hers or not rows.keys() >= set(who_is_written_to_at(hers[key])):
            return []
    return stops
