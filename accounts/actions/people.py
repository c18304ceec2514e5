"""What one of us does to one person: add her, correct her, say how she may be reached and how not."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.jobs import is_another_title
from accounts.models import Account, ContactPoint, Employment, JobChange, Person, Suppression
from accounts.normalise import BadValue, email, phone, text, without_plus_tag
from accounts.search import index_people

if TYPE_CHECKING:
    from team.models import User

# What a person may correct in place; everything else has an action of its own.
CORRECTED = ("given_name", "family_name", "country", "region", "city", "time_zone", "language")
BY_HAND = 2
# The source of a suppression that a rep asserted: by her alone it may be taken back.
BY_REP = "rep"
# Of one that they said themselves, by one click or on a page of theirs, or by a mail: by their word it is taken back.
BY_THEMSELVES = ("unsubscribed", "unsubscribe")
# Whoever says the same after one of these has said it, too.
TAKEN_OVER = (BY_REP, *BY_THEMSELVES)
# Of one that was asserted while two people were taken for one: it holds for both.
PARTED = "parted"


class PersonConflict(Exception):
    """Somebody changed this person meanwhile. Safe to show to a rep."""


class AlreadyKnown(Exception):
    """This address belongs to somebody we know. Safe to show; `person` is she."""

    def __init__(self, person: Person) -> None:
        super().__init__(_("This address belongs to %(name)s.") % {"name": person})
        self.person = person


@transaction.atomic
def add_person(
    *,
    given_name: str = "",
    family_name: str = "",
    email_address: str = "",
    phone_number: str = "",
    account: Account | None = None,
    title: str = "",
    source: str = "",
    country: str = "",
    by: User | None,
    at: datetime,
) -> Person:
    """Somebody typed in by hand. AlreadyKnown when the address is somebody's; BadValue when it is none."""
    address = email(email_address) if email_address.strip() else None
    number = phone(phone_number, country) if phone_number.strip() else None
    if address is not None and (known := person_at(address.normalised)) is not None:
        raise AlreadyKnown(known)

    person = Person.objects.create(
        given_name=text(given_name, limit=100, most=100),
        family_name=text(family_name, limit=100, most=100),
        country=country,
        source=source[:80],
        created_at=at,
        # What a human typed stands above what a file says: imports overwrite version 1 only.
        version=BY_HAND if by else 1,
    )
    points = []
    if address is not None:
        points.append(_point(person, ContactPoint.Kind.EMAIL, address.display, address.normalised, at=at))
    if number is not None:
        points.append(_point(person, ContactPoint.Kind.PHONE, number.raw, number.normalised, number.extension, at=at))
    try:
        with transaction.atomic():
            ContactPoint.objects.bulk_create(points)
    except IntegrityError as error:
        known = person_at(address.normalised) if address else None
        if known is None:
            raise
        raise AlreadyKnown(known) from error
    if account is not None or title.strip():
        Employment.objects.create(person=person, account=account, title=text(title, most=200))
    index_people([person.pk])
    if not person.name:
        person.refresh_from_db(fields=["known_by"])
    return person


@transaction.atomic
def correct_person(person: Person, *, expect: int, by: User, at: datetime, **values: str) -> dict[str, list[str]]:
    """Change what is known of her, if nobody else has since `expect`; returns {field: [old, new]}.

    PersonConflict when the version has moved; the typed words stay with the caller.
    """
    limits = {field.name: field.max_length for field in Person._meta.concrete_fields if field.name in CORRECTED}
    clean = {name: text(values[name], limit=limits[name] or 200, most=limits[name]) for name in values}
    unknown = set(values) - set(CORRECTED)
    if unknown:
        raise ValueError(f"{sorted(unknown)} cannot be corrected here.")
    locked = _locked(person, expect=expect)
    changes = {name: [getattr(locked, name), value] for name, value in clean.items() if getattr(locked, name) != value}
    if changes:
        _write(person, {name: new for name, (_old, new) in changes.items()})
    return changes


@transaction.atomic
def correct_title(person: Person, title: str, *, expect: int, by: User, at: datetime) -> None:
    """Her title where she works now; somebody without an account may have one too."""
    _locked(person, expect=expect)
    title = text(title, most=200)
    current = Employment.objects.filter(person=person, is_current=True).first()
    if current is None and title:
        Employment.objects.create(person=person, title=title)
    elif current is not None and (title or current.account_id):
        Employment.objects.filter(pk=current.pk).update(title=title)
        if is_another_title(current.title, title):
            JobChange.objects.create(person=person, kind=JobChange.Kind.TITLE, at=at)
    elif current is not None:
        current.delete()
    _write(person, {})


@transaction.atomic
def change_employer(
    person: Person, account: Account | None, *, expect: int, title: str | None = None, by: User, at: datetime
) -> None:
    """She works there now. Where she worked before is kept, ended today; history stays at that account."""
    _locked(person, expect=expect)
    current = Employment.objects.filter(person=person, is_current=True).first()
    if current is not None and current.account_id == (account.pk if account else None):
        return
    if current is not None:
        Employment.objects.filter(pk=current.pk).update(is_current=False, until_on=_last_day(current, at))
    if account is not None and _worked_elsewhere(person, account):
        JobChange.objects.create(person=person, kind=JobChange.Kind.COMPANY, at=at)
    title = text(title if title is not None else "", most=200)
    if account is not None or title:
        Employment.objects.create(person=person, account=account, title=title, from_on=at.date())
    _write(person, {})


@transaction.atomic
def add_contact_point(
    person: Person, kind: str, value: str, *, by: User | None, at: datetime, source: str = "", primary: bool = False
) -> ContactPoint:
    """One more way to reach her; the first of its kind is the primary one. Hers already: that row, usable again."""
    display, normalised, extension = _normalised(kind, value, person.country)
    Person.objects.select_for_update().get(pk=person.pk)
    mine = ContactPoint.objects.filter(person=person, kind=kind)
    point = mine.filter(normalised=normalised).first()
    if point is not None:
        ContactPoint.objects.filter(pk=point.pk).update(state=ContactPoint.State.OK, value=display)
        point.state, point.value = ContactPoint.State.OK, display
    else:
        if kind == ContactPoint.Kind.EMAIL and (known := person_at(normalised)) is not None:
            raise AlreadyKnown(known)
        point = _point(person, kind, display, normalised, extension, at=at)
        point.is_primary, point.source = not mine.filter(is_primary=True).exists(), source[:80]
        point.save(force_insert=True)
    if primary and not point.is_primary:
        _make_primary(point)
    _write(person, {})
    return point


@transaction.atomic
def correct_contact_point(point: ContactPoint, value: str, *, by: User, at: datetime) -> ContactPoint:
    """The number or address was mistyped: another value, good again. The old spelling is not kept as a way to her."""
    display, normalised, extension = _normalised(point.kind, value, point.person.country)
    Person.objects.select_for_update().get(pk=point.person_id)
    others = ContactPoint.objects.exclude(pk=point.pk)
    if point.kind == ContactPoint.Kind.EMAIL and (known := person_at(normalised)) and known.pk != point.person_id:
        raise AlreadyKnown(known)
    twin = others.filter(person=point.person_id, kind=point.kind, normalised=normalised).first()
    if twin is not None:
        was_primary = point.is_primary
        ContactPoint.objects.filter(pk=point.pk).delete()
        ContactPoint.objects.filter(pk=twin.pk).update(state=ContactPoint.State.OK)
        if was_primary:
            _make_primary(twin)
        _write(point.person, {})
        return twin
    point.value, point.normalised, point.extension = display, normalised, extension
    point.state = ContactPoint.State.OK
    point.save(update_fields=["value", "normalised", "extension", "state"])
    _write(point.person, {})
    return point


@transaction.atomic
def mark_contact_point(point: ContactPoint, state: str, *, by: User | None, at: datetime) -> None:
    """Say that a number is wrong, or good after all. The next usable one of its kind becomes the primary one."""
    ContactPoint.objects.filter(pk=point.pk).update(state=state)
    point.state = state
    if state in ContactPoint.USABLE or not point.is_primary:
        return
    next_one = ContactPoint.objects.filter(
        person=point.person_id, kind=point.kind, state__in=ContactPoint.USABLE
    ).order_by("pk")
    if (better := next_one.first()) is not None:
        _make_primary(better)
        point.is_primary = False


@transaction.atomic
def suppress_person(person: Person, channel: str, *, source: str, at: datetime) -> bool:
    """She may not be reached on this channel from now on; returns whether that is new. Nothing here takes it back.

    What only a rep or they themselves had said says from now on who said it last: none takes away what is not theirs.
    """
    lock_addresses([person.pk])
    mine = Suppression.objects.select_for_update()
    row, made = mine.get_or_create(channel=channel, person=person, defaults={"at": at, "source": source[:40]})
    if not made:
        assert_again([row.pk], source=source, at=at)
    return made


def suppress_people(asked: Iterable[tuple[int, str]], *, source: str, at: datetime) -> None:
    """The same of many, each (person, channel), in a few statements for all of them; under `lock_addresses`."""
    wanted = set(asked)
    people, channels = {person for person, _channel in wanted}, {channel for _person, channel in wanted}
    rows = Suppression.objects.select_for_update().filter(person__in=people, channel__in=channels).order_by("pk")
    columns = rows.values_list("pk", "person_id", "channel")
    there = {(person or 0, channel): pk for pk, person, channel in columns if (person, channel) in wanted}
    assert_again(there.values(), source=source, at=at)
    missing = [
        Suppression(person_id=person, channel=channel, source=source[:40], at=at)
        for person, channel in sorted(wanted - there.keys())
    ]
    Suppression.objects.bulk_create(missing, ignore_conflicts=True)


def assert_again(suppressions: Iterable[int], *, source: str, at: datetime) -> None:
    """It is said once more, at `at`: what a rep or they themselves had said is of whoever says so now, and as new as
    the later of the two."""
    said = Suppression.objects.filter(pk__in=list(suppressions), source__in=TAKEN_OVER)
    said.update(source=source[:40], at=Greatest("at", Value(at, DateTimeField())))


def suppress_key(value: str, channel: str, *, source: str, at: datetime) -> bool:
    """This address or number may not be used, whoever it belongs to; only its keyed hash is kept."""
    lock_addresses(who_is_written_to_at(value))
    return suppress_hash(suppression_key(value), channel, source=source, at=at)


def suppress_hash(key: str, channel: str, *, source: str, at: datetime) -> bool:
    """The same of an address of which only its keyed hash is at hand, under the lock of whoever is written to there."""
    row, made = Suppression.objects.get_or_create(
        channel=channel, key_hash=key, defaults={"at": at, "source": source[:40]}
    )
    if not made:
        assert_again([row.pk], source=source, at=at)
    return made


@transaction.atomic
def suppress_hashes(keys: Iterable[tuple[str, str]], *, source: str, at: datetime) -> None:
    """What only its keyed hash (channel, hash) is known of may not be used. Whose it is today takes a look at every
    address: for what is rare."""
    keys = sorted(set(keys))
    wanted = {key for _channel, key in keys}
    addresses = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL).values_list("person_id", "normalised")
    lock_addresses({one for one, address in addresses.iterator() if wanted.intersection(_keys_of(address))})
    for channel, key in keys:
        suppress_hash(key, channel, source=source, at=at)


def _keys_of(normalised: str) -> set[str]:
    return {suppression_key(form) for form in keys_of_email(normalised)}


def lock_addresses(people: Iterable[int]) -> None:
    """Every address these people are written to, in id order, until the transaction ends; leads and people before.

    Mail takes the same rows before it begins a letter: what is asserted under this lock holds for whatever begins after
    it has ended, and what began before has begun before anybody heard that it is kept.
    """
    rows = ContactPoint.objects.filter(person__in=list(people), kind=ContactPoint.Kind.EMAIL).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def who_is_written_to_at(value: str) -> list[int]:
    """Whose address this is, or the same with a plus tag."""
    local, _at, domain = value.rpartition("@")
    there = Q(normalised=value)
    if local and "+" not in local:
        there |= Q(normalised__startswith=f"{local}+", normalised__endswith=f"@{domain}")
    rows = ContactPoint.objects.filter(there, kind=ContactPoint.Kind.EMAIL) if local else ContactPoint.objects.none()
    return list(rows.values_list("person_id", flat=True))


def suppression_key(normalised: str) -> str:
    """The keyed hash under which a normalised address, number or outside name stays refused after erasure."""
    return hmac.new(settings.SUPPRESSION_PEPPER.encode(), normalised.encode(), hashlib.sha256).hexdigest()


def keys_of_email(normalised: str) -> tuple[str, ...]:
    """The forms under which an address is silent: as it is, and without its plus tag."""
    bare = without_plus_tag(normalised)
    return (normalised,) if bare == normalised else (normalised, bare)


def key_of_external_id(source: str, value: str) -> str:
    """The form under which somebody known only by another system's name stays refused."""
    return f"{source}:{value}"


def suppressed_channels(person_ids: Iterable[int], *, since: datetime | None = None) -> dict[int, set[str]]:
    """On which channels each of these people may not be reached: by her own rows and by her addresses' keys.
    `since`: by what was said after that."""
    said = Suppression.objects.filter(at__gt=since) if since else Suppression.objects.all()
    ids = list(person_ids)
    found: dict[int, set[str]] = defaultdict(set)
    for person_id, channel in said.filter(person__in=ids).values_list("person_id", "channel"):
        found[person_id].add(channel)
    if said.filter(person=None).exists():
        hashes: dict[str, set[int]] = defaultdict(set)
        reached = ContactPoint.objects.filter(person__in=ids).exclude(kind=ContactPoint.Kind.SOCIAL)
        for person_id, kind, normalised in reached.values_list("person_id", "kind", "normalised"):
            forms = keys_of_email(normalised) if kind == ContactPoint.Kind.EMAIL else (normalised,)
            for form in forms:
                hashes[suppression_key(form)].add(person_id)
        for key_hash, channel in said.filter(key_hash__in=hashes).values_list("key_hash", "channel"):
            for person_id in hashes[key_hash]:
                found[person_id].add(channel)
    for channels in found.values():
        if Suppression.Channel.ALL in channels:
            channels |= {Suppression.Channel.EMAIL, Suppression.Channel.PHONE}
    return dict(found)


def is_out_of_reach(suppressed: Iterable[str], kinds: Iterable[str]) -> bool:
    """Whether no way is left to reach somebody lawfully.

    Every channel we know of her is suppressed; of somebody without any, one request to be left alone is enough.
    """
    silent = set(suppressed)
    if not silent or Suppression.Channel.ALL in silent:
        return bool(silent)
    channels = {
        Suppression.Channel.EMAIL if kind == ContactPoint.Kind.EMAIL else Suppression.Channel.PHONE
        for kind in kinds
        if kind != ContactPoint.Kind.SOCIAL
    }
    return channels <= silent


def person_at(normalised_email: str) -> Person | None:
    """Whose address this is."""
    point = (
        ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalised=normalised_email)
        .select_related("person")
        .first()
    )
    return point.person if point else None


def _locked(person: Person, *, expect: int) -> Person:
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.version != expect:
        raise PersonConflict(_("Somebody changed %(name)s while you were looking at it.") % {"name": locked})
    return locked


def _write(person: Person, values: dict[str, Any]) -> None:
    Person.objects.filter(pk=person.pk).update(version=F("version") + 1, **values)
    index_people([person.pk])
    person.refresh_from_db(fields=["version", "known_by", *values])


def _normalised(kind: str, value: str, country: str) -> tuple[str, str, str]:
    if kind == ContactPoint.Kind.EMAIL:
        address = email(value)
        return address.display, address.normalised, ""
    if kind in ContactPoint.PHONES:
        number = phone(value, country)
        return number.raw, number.normalised, number.extension
    if kind != ContactPoint.Kind.SOCIAL:
        raise BadValue(_("is not a way to reach somebody"))
    display = text(value, most=254)
    if not display:
        raise BadValue(_("is empty"))
    return display, display.casefold().removeprefix("https://").removeprefix("http://").rstrip("/")[:254], ""


def _point(
    person: Person, kind: str, value: str, normalised: str, extension: str = "", *, at: datetime
) -> ContactPoint:
    return ContactPoint(
        person=person,
        kind=kind,
        value=value,
        normalised=normalised,
        extension=extension,
        is_primary=True,
        created_at=at,
    )


def _make_primary(point: ContactPoint) -> None:
    ContactPoint.objects.filter(person=point.person_id, kind=point.kind, is_primary=True).update(is_primary=False)
    ContactPoint.objects.filter(pk=point.pk).update(is_primary=True)
    point.is_primary = True


def _worked_elsewhere(person: Person, account: Account) -> bool:
    """Else it is only known now where she works."""
    return Employment.objects.filter(person=person, account__isnull=False).exclude(account=account).exists()


def _last_day(employment: Employment, at: datetime) -> Any:
    return max(at.date(), employment.from_on) if employment.from_on else at.date()
