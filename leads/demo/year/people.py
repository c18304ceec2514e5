"""Who is out there beside those of today's scene: accounts of one to nine people, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from accounts.actions.matching import AccountRow, PersonRow, Point
from accounts.models import ContactPoint, Standing
from accounts.normalise import email
from leads.demo.cast import CONTINENT, Cast
from leads.demo.words import CONTRACTED, ENDS, FAMILY, FORMS, GIVEN, INCUMBENTS, TITLES, TOPICS, TRADES, Place
from leads.demo.world import slug
from leads.demo.year.places import PLACES

# How many people work at an account: so many accounts with so many people. With those of today's scene it is 3,000
# people at 1,900 accounts, of which 120 have three or more.
SIZES = ((1, 924), (2, 665), (3, 40), (4, 22), (5, 13), (6, 8), (7, 5), (8, 3), (9, 2))
STANDINGS = (
    (Standing.CUSTOMER, 96),
    (Standing.OPEN_OPPORTUNITY, 9),
    (Standing.COMPETITOR, 12),
    (Standing.DO_NOT_WORK, 7),
)
# No account of today's scene begins like these.
STEMS = ("Ald", "Bry", "Cor", "Dray", "Esk", "Fros", "Glen", "Hov", "Jun", "Karr", "Lund", "Nev", "Pryd", "Ryd")


@dataclass
class Seat:
    """One account, and who works there."""

    account: AccountRow
    place: Place
    topic: str
    people: list[PersonRow]


def make_seats(cast: Cast, rng: Random, *, at: datetime) -> list[Seat]:
    """Every account of the year, in the order in which they are written."""
    names = [(start + end, trade) for start, end, trade in product(STEMS, ENDS, TRADES)]
    rng.shuffle(names)
    sizes = [size for size, accounts in SIZES for _account in range(accounts)]
    rng.shuffle(sizes)
    small = [index for index, size in enumerate(sizes) if size <= 2]
    standings = dict(zip(small, (kind for kind, count in STANDINGS for _one in range(count)), strict=False))
    places = rng.choices(PLACES, [place.weight for place in PLACES], k=len(sizes))
    numbers: dict[str, int] = {}
    seats = []
    for index, (size, place) in enumerate(zip(sizes, places, strict=True)):
        stem, trade = names[index]
        account = _account(stem, trade, place.place, cast, rng, at=at)
        account.standing = standings.get(index, "")
        numbers[place.place.phone] = numbers.get(place.place.phone, -1) + 1
        people = _people(size, account, place.place, numbers[place.place.phone], rng)
        seats.append(Seat(account, place.place, rng.choice(TOPICS)[0], people))
    return seats


def _account(stem: str, trade: tuple[str, str], place: Place, cast: Cast, rng: Random, *, at: datetime) -> AccountRow:
    industry, word = trade
    domain = f"{slug(stem)}-{word.lower()}.example"
    incumbent = rng.choice(INCUMBENTS) if rng.random() < 0.6 else ""
    owners = (cast.ines, cast.tomas) if place.country in CONTINENT else (cast.clara, cast.per)
    fields: dict[str, Any] = {
        "industry": industry,
        "segment": "mid-size",
        "employees": rng.choice((60, 85, 140, 220, 310, 450, 640, 900, 1400, 2600)),
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "website": f"https://{domain}",
        "incumbent": incumbent,
        "owner_id": rng.choice(owners).pk,
    }
    if incumbent and rng.random() < 0.4:
        fields["incumbent"] = CONTRACTED[incumbent]
        fields["contract_ends_on"] = (at + timedelta(days=rng.randrange(-100, 600))).date()
    return AccountRow(name=f"{stem} {word} {FORMS[place.country]}", domain=domain, fields=fields)


def _people(size: int, account: AccountRow, place: Place, number: int, rng: Random) -> list[PersonRow]:
    """They share a switchboard, as people at a plant do."""
    phone = f"{place.phone}{number % 10**place.digits:0{place.digits}}"
    plain = "+" + "".join(filter(str.isdigit, phone))
    given = rng.sample(GIVEN[place.tongue].split(), size)
    family = rng.sample(FAMILY[place.tongue].split(), size)
    rows = []
    for name, title in zip(zip(given, family, strict=True), rng.sample(TITLES, size), strict=True):
        address = email(f"{slug(name[0])}.{slug(name[1])}@{account.domain}")
        rows.append(
            PersonRow(
                fields=place.somebody(*name),
                points=[
                    Point(ContactPoint.Kind.PHONE, phone, plain),
                    Point(ContactPoint.Kind.EMAIL, address.display, address.normalised),
                ],
                title=title[0],
                account=account,
            )
        )
    return rows
