"""The pool as a list: in the order in which it is taken, a page at a time, never by counting rows off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from leads.models import Lead, Step
from leads.models.lead import LeadQuerySet
from leads.why import address_of, facts_of, what, why
from team.addresses import read_moment, read_number
from team.prepared import Prepared

PAGE = 50


@dataclass(frozen=True, slots=True)
class PoolRow:
    lead_id: int
    team_id: int
    url: str
    claim_url: str
    name: str
    about: str
    what: str
    why: str
    due_at: datetime
    is_exact: bool


@dataclass
class Pool:
    groups: list[tuple[int, str, list[PoolRow]]] = field(default_factory=list)
    next_after: str = ""


def pool_of(teams: list[int], *, lane: str = "", after: str = "", at: datetime) -> Pool:
    """What a BDR of these teams may take at `at`: reserved leads are somebody's and are not shown."""
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _page(teams, lane=lane, after=after, at=at)]
    pool = Pool()
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        pool.next_after = _write(rows[-1])
    facts = facts_of([row["pk"] for row in rows])
    groups: dict[int, list[PoolRow]] = {}
    for row in rows:
        known = facts[row["pk"]]
        step = row["step"] or {}
        kind, is_promised = step.get("kind", ""), bool(step.get("promised"))
        groups.setdefault(row["band"], []).append(
            PoolRow(
                lead_id=row["pk"],
                team_id=row["team_id"],
                url=address_of("leads:lead", known.public_id),
                claim_url=address_of("leads:claim", known.public_id),
                name=known.name,
                about=known.about,
                what=what(known, now=at, kind=kind, title=step.get("title", ""), attempt=step.get("attempt")),
                why=why(known, now=at, kind=kind, promised=is_promised),
                due_at=row["due_at"],
                is_exact=is_promised,
            )
        )
    pool.groups = [(band, _HEADS[band](), found) for band, found in groups.items()]
    return pool


_COLUMNS = ("pk", "band", "team_id", "due_at", "step")


def _page(teams: list[int], *, lane: str, after: str, at: datetime) -> Iterable[tuple[Any, ...]]:
    place = _read(after)
    if not lane and place is None:
        return _TOP.rows(shape=(PAGE,), teams=teams, at=at)
    leads = Lead.objects.in_pool(teams=teams, at=at)
    if lane:
        leads = leads.in_lane(lane)
    if place is not None:
        leads = leads.after_in_pool(*place)
    return _columns(leads)[: PAGE + 1]


def _columns(leads: LeadQuerySet) -> QuerySet[Any, Any]:
    """One row in the order of `_COLUMNS`: the lead, and the step it was given back with."""
    free = Step.objects.open().filter(lead=OuterRef("pk")).order_by("due_at", "id")
    told = JSONObject(kind="kind", title="title", attempt="attempt", promised="promised")
    return leads.in_pool_order().values_list(
        "pk", "band", "team_id", "due_at",
        Subquery(free.values(told=told)[:1]),
    )  # fmt: skip


def _top(page: int, *, teams: list[int], at: datetime) -> QuerySet[Any, Any]:
    return _columns(Lead.objects.in_pool(teams=teams, at=at))[: page + 1]


_TOP = Prepared(_top)

_HEADS: dict[int, Callable[[], str]] = {
    Lead.Band.WAITING: lambda: _("A person is waiting"),
    Lead.Band.FIRST_TOUCH: lambda: _("First touch in time"),
    Lead.Band.TODAY: lambda: _("Planned steps"),
    Lead.Band.MISSED: lambda: _("Missed"),
}


def _write(row: dict[str, Any]) -> str:
    return f"{row['band']}_{row['due_at'].isoformat()}_{row['pk']}"


def _read(text: str) -> tuple[int, datetime, int] | None:
    """None where the address carries no place, or nonsense: then the list begins at its top."""
    try:
        band, due_at, pk = text.split("_")
    except ValueError:
        return None
    place, moment, key = read_number(band), read_moment(due_at), read_number(pk)
    return None if place is None or moment is None or key is None else (place, moment, key)
