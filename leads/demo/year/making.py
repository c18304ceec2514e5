"""The year behind today's scene, chunk by chunk: each is one transaction, so that pages and ticks go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from accounts.actions.matching import Meeting
from accounts.models import Account, AccountDomain, Employment, Person, Standing
from agreement.models import Phase
from leads.demo.cast import Cast, find_cast
from leads.demo.words import TITLES
from leads.demo.year.fates import Fate
from leads.demo.year.interest import Interests
from leads.demo.year.people import Seat, make_seats
from leads.demo.year.rows import Rows
from leads.demo.year.rules import Rules
from leads.demo.year.sources import YEAR, Arrival, Arrivals
from leads.demo.year.telling import Known
from leads.scoring import judge
from team.models import Installation
from team.worktime import subtract_working_minutes

# The same year every time, whatever the day.
SEED = 20_251_128
# So few that whoever works meanwhile waits for a moment at most.
ACCOUNTS_A_CHUNK = 40
WORKDAY = 600
# Those who sign in have today's scene before them: of the year they have what is older than three weeks.
SETTLED_DAYS, SETTLED_ABROAD_DAYS = 15, 3
# Of one account one at a time is in work: the others came long before.
COLLEAGUES_BEFORE = timedelta(days=110)


@dataclass
class Planned:
    """An account with the arrivals of its people."""

    seat: Seat
    arrivals: list[Arrival]
    latest: list[datetime]


def make_year(cast: Cast, *, at: datetime, tell: Callable[[float], None], share: float = 1.0) -> None:
    """Write what is not there yet of the year before `at`. `share` is which part of it, for who cannot wait."""
    rules = Rules(cast, at)
    planned = plan_year(rules)
    planned = planned[: round(len(planned) * share)]
    chunks = [planned[start : start + ACCOUNTS_A_CHUNK] for start in range(0, len(planned), ACCOUNTS_A_CHUNK)]
    for number, chunk in enumerate(chunks):
        tell(number / len(chunks))
        with transaction.atomic():
            # Who was interrupted goes on where it stopped.
            if not AccountDomain.objects.filter(domain=chunk[0].seat.account.domain).exists():
                _write(rules, chunk)
    tell(1)


def is_year_missing() -> bool:
    """Whether this is the demo company, and some of its year is still to be written."""
    found = find_cast()
    if found is None:
        return False
    cast, at = found
    last = make_seats(cast, Random(SEED), at=at)[-1]  # noqa: S311 # nosec B311 - as below
    return not AccountDomain.objects.filter(domain=last.account.domain).exists()


def plan_year(rules: Rules) -> list[Planned]:
    """Every account and when its people come in: drawn at once, so that it is the same however often it is written."""
    rng = Random(SEED)  # noqa: S311 # nosec B311 - the same year every time is the point
    seats = make_seats(rules.cast, rng, at=rules.now)
    prospects = sum(len(seat.people) for seat in seats if not seat.account.standing)
    arrivals = Arrivals(rules.office, now=rules.now, prospects=prospects, rng=rng)
    planned = []
    for seat in seats:
        team = rules.cast.team_in(seat.place.country)
        days = SETTLED_ABROAD_DAYS if team == rules.cast.abroad else SETTLED_DAYS
        settled = subtract_working_minutes(rules.office, rules.now, days * WORKDAY)
        latest = [settled if number == 0 else settled - COLLEAGUES_BEFORE for number in range(len(seat.people))]
        if seat.account.standing:
            dealt = [Arrival(None, settled - YEAR * rng.random()) for _one in seat.people]
        else:
            dealt = [arrivals.deal(latest=one) for one in latest]
        planned.append(Planned(seat, dealt, latest))
    return planned


def _write(rules: Rules, chunk: list[Planned]) -> None:
    """People first, then what they did, then what was made of it."""
    rng = Random(f"{SEED} {chunk[0].seat.account.domain}")  # noqa: S311 # nosec B311 - as above
    met = list(_meet(rules, chunk))
    version = rules.version
    points = {known.person_id: rules.points(a.source.kind) if a.source else 0 for known, a, _latest in met}
    people = list(Person.objects.filter(pk__in=points))
    tiers = judge(people, version=version, at=rules.now, points=points)
    rows, interests = Rows(), Interests(rules, rng)
    for known, arrival, latest in met:
        known.tier, known.parts = tiers[known.person_id].tier, tiers[known.person_id].parts
        engagement = interests.of(known, arrival, rows)
        until = rules.until(known.team)
        Fate(rules, rows, known, rng=rng, latest=latest, until=until).tell(arrival, engagement)
    interests.write(rows)
    rows.write()
    days = Installation.objects.values_list("interest_half_life_days", flat=True).get()
    rows.write_interest(half_life=timedelta(days=days))
    _become_customers(rows)


def _meet(rules: Rules, chunk: list[Planned]) -> Iterator[tuple[Known, Arrival, datetime]]:
    """Accounts and people by the way a file takes, each known since she came in."""
    meeting = Meeting(source="demo", at=rules.now - YEAR)
    meeting.load([row for one in chunk for row in one.seat.people])
    roles = dict(TITLES)
    met: list[tuple[Any, ...]] = []
    by_role: dict[str, list[Any]] = {}
    for one in chunk:
        for row, arrival, latest in zip(one.seat.people, one.arrivals, one.latest, strict=True):
            known = meeting.meet(row).person
            if known is None or known.account is None:
                raise ValueError("an invented person was refused")
            known.row.created_at = min(arrival.at, rules.now)
            met.append((known, one.seat, arrival, latest))
            by_role.setdefault(roles[row.title], []).append(known)
    meeting.write()
    for role, people in by_role.items():
        Employment.objects.filter(person__in=[known.row.pk for known in people]).update(role=role)
    for known, seat, arrival, latest in met:
        team, place = rules.cast.team_in(seat.place.country), seat.place
        yield (
            Known(known.row.pk, known.account.row.pk, team, place.country, place.zone, seat.topic),
            arrival,
            latest,
        )


def _become_customers(rows: Rows) -> None:
    """Whoever bought is a customer now, where no rep has somebody in work."""
    leads = [lead for generation in rows.leads for lead, _previous in generation]
    busy = {lead.account_id for lead in leads if lead.phase in (Phase.QUEUED, Phase.WORKING)}
    Account.objects.filter(pk__in=rows.customers - busy).update(standing=Standing.CUSTOMER)
