"""The people out there: accounts, who works at them, how to reach them, and what there is to read."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from accounts.actions.matching import AccountRow, KnownPerson, Meeting, PersonRow, Point
from accounts.models import ContactPoint, Employment, Standing
from accounts.normalise import email
from content.models import Asset, Topic
from leads.demo.cast import CONTINENT, Cast
from leads.demo.named import NAMED, NamedPerson
from leads.demo.words import (
    ASSETS,
    CONTRACTED,
    ENDS,
    FAMILY,
    FORMS,
    GIVEN,
    INCUMBENTS,
    PLACES,
    STEMS,
    TITLES,
    TOPICS,
    TRADES,
    Place,
)

# How many people work at an account: so many accounts with so many people, at home and on the continent.
SIZES = ((1, 110), (2, 45), (4, 25))
SIZES_ABROAD = ((1, 24), (2, 4))
STANDINGS = (
    (Standing.CUSTOMER, 9),
    (Standing.OPEN_OPPORTUNITY, 2),
    (Standing.COMPETITOR, 2),
    (Standing.DO_NOT_WORK, 1),
)
# Somebody of whom only a phone is known turns up every so often.
WITHOUT_EMAIL_EVERY = 37


@dataclass
class Guest:
    """One person out there, with what a story about her needs."""

    person_id: int
    account_id: int
    place: Place
    topic: str
    has_email: bool
    standing: str
    # Her place in the account: the first of an account is nobody's colleague yet.
    number: int
    # Whose story is told by name.
    named: NamedPerson | None = None


@dataclass
class World:
    """Everybody out there, and the library by title and by topic."""

    guests: list[Guest] = field(default_factory=list)
    assets: dict[str, Asset] = field(default_factory=dict)
    by_topic: dict[str, list[Asset]] = field(default_factory=lambda: defaultdict(list))


def make_world(cast: Cast, *, rng: Random, at: datetime) -> World:
    """About 350 people at 220 accounts, and a dozen assets on five topics."""
    world = World()
    make_library(world)
    meeting = Meeting(source="demo", at=at)
    rows = _rows(cast, rng, at=at) + _named_rows(cast, at=at)
    meeting.load([row for row, _guest in rows])
    met: list[tuple[Guest, PersonRow, KnownPerson]] = []
    for row, guest in rows:
        known = meeting.meet(row).person
        if known is None:
            raise ValueError("an invented person was refused")
        met.append((guest, row, known))
    meeting.write()

    roles = defaultdict(list)
    for guest, row, known in met:
        guest.person_id = known.row.pk
        guest.account_id = known.account.row.pk if known.account else 0
        guest.standing = known.standing
        roles[dict(TITLES)[row.title]].append(guest.person_id)
        world.guests.append(guest)
    for role, ids in roles.items():
        Employment.objects.filter(person__in=ids).update(role=role)
    return world


def make_library(world: World) -> None:
    """Topics and what there is to read about them."""
    topics = {
        key: Topic.objects.create(key=key, label=label, position=position)
        for position, (key, label) in enumerate(TOPICS, 1)
    }
    assets = Asset.objects.bulk_create(
        Asset(kind=kind, title=title, topic=topics.get(topic)) for kind, topic, title in ASSETS
    )
    for asset, (_kind, topic, title) in zip(assets, ASSETS, strict=True):
        world.assets[title] = asset
        if topic:
            world.by_topic[topic].append(asset)


def _rows(cast: Cast, rng: Random, *, at: datetime) -> list[tuple[PersonRow, Guest]]:
    stems = [start + end for start, end in product(STEMS, ENDS)]
    rng.shuffle(stems)
    seats = _seats(SIZES, [place for place in PLACES if place.country not in CONTINENT], rng)
    # What is no prospect stands at small accounts, so that buying groups are worth working.
    small = [index for index, (size, _place) in enumerate(seats) if size <= 2]
    standings = dict(zip(small, (kind for kind, count in STANDINGS for _one in range(count)), strict=False))
    seats += _seats(SIZES_ABROAD, [place for place in PLACES if place.country in CONTINENT], rng)

    rows: list[tuple[PersonRow, Guest]] = []
    names: set[tuple[str, str]] = set()
    numbers: dict[str, int] = defaultdict(lambda: rng.randrange(20))
    for index, (size, place) in enumerate(seats):
        account = _account(stems[index], place, cast, rng, at=at)
        account.standing = standings.get(index, "")
        topic = TOPICS[index % len(TOPICS)][0]
        for number in range(size):
            row = _person(account, place, rng, names, numbers, lacks_email=len(rows) % WITHOUT_EMAIL_EVERY == 9)
            has_email = any(point.kind == ContactPoint.Kind.EMAIL for point in row.points)
            rows.append((row, Guest(0, 0, place, topic, has_email, "", number)))
    return rows


def _seats(sizes: tuple[tuple[int, int], ...], places: list[Place], rng: Random) -> list[tuple[int, Place]]:
    """How many people an account has, and where it is, in the order in which they are made."""
    found = [size for size, accounts in sizes for _account in range(accounts)]
    rng.shuffle(found)
    return [(size, places[index % len(places)]) for index, size in enumerate(found)]


def _named_rows(cast: Cast, *, at: datetime) -> list[tuple[PersonRow, Guest]]:
    """Whom the named stories are about, and where they work."""
    places = {place.city: place for place in PLACES}
    accounts: dict[str, AccountRow] = {}
    rows: list[tuple[PersonRow, Guest]] = []
    for one in NAMED:
        place, of = places[one.account.city], one.account
        fields = {
            "industry": of.industry, "segment": "mid-size", "employees": of.employees, "country": place.country,
            "region": place.region, "city": place.city, "website": f"https://{of.domain}", "owner_id": cast.clara.pk,
        }  # fmt: skip
        account = accounts.setdefault(of.domain, AccountRow(name=of.name, domain=of.domain, fields=fields))
        account.standing = of.standing
        phone = f"{place.phone}{90 + len(rows) % 10:0{place.digits}}"
        row = _row_of((one.given, one.family), one.title, account, place, phone, lacks_email=False)
        rows.append((row, Guest(0, 0, place, of.topic, True, "", 0, one)))
    return rows


def _account(stem: str, place: Place, cast: Cast, rng: Random, *, at: datetime) -> AccountRow:
    industry, trade = rng.choice(TRADES)
    incumbent = rng.choice(INCUMBENTS) if rng.random() < 0.6 else ""
    domain = f"{slug(stem)}-{trade.lower()}.example"
    fields: dict[str, Any] = {
        "industry": industry,
        "segment": "mid-size",
        "employees": rng.choice((85, 140, 220, 310, 450, 640, 900, 1400, 2600)),
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "website": f"https://{domain}",
        "incumbent": incumbent,
        "owner_id": (cast.ines if place.country in CONTINENT else cast.clara).pk,
    }
    if incumbent and rng.random() < 0.4:
        fields["incumbent"] = CONTRACTED[incumbent]
        fields["contract_ends_on"] = (at + timedelta(days=rng.randrange(60, 500))).date()
    return AccountRow(name=f"{stem} {trade} {FORMS[place.country]}", domain=domain, fields=fields)


def _person(
    account: AccountRow,
    place: Place,
    rng: Random,
    names: set[tuple[str, str]],
    numbers: dict[str, int],
    *,
    lacks_email: bool,
) -> PersonRow:
    while True:
        name = rng.choice(GIVEN[place.tongue].split()), rng.choice(FAMILY[place.tongue].split())
        if name not in names:
            break
    names.add(name)
    numbers[place.phone] += 1
    phone = f"{place.phone}{numbers[place.phone] % 10**place.digits:0{place.digits}}"
    return _row_of(name, rng.choice(TITLES)[0], account, place, phone, lacks_email=lacks_email)


def _row_of(
    name: tuple[str, str], title: str, account: AccountRow, place: Place, phone: str, *, lacks_email: bool
) -> PersonRow:
    points = [Point(ContactPoint.Kind.PHONE, phone, "+" + "".join(filter(str.isdigit, phone)))]
    if not lacks_email:
        address = email(f"{slug(name[0])}.{slug(name[1])}@{account.domain}")
        points.append(Point(ContactPoint.Kind.EMAIL, address.display, address.normalised))
    return PersonRow(
        fields=place.somebody(*name),
        points=points,
        title=title,
        account=account,
    )


def slug(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
