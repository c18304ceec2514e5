"""What is wanted and what there is, by persona and stage: where the library has gaps, where nobody uses what it has.

*Demand* is open requests, searches without result of 90 days, and e-mails by hand of 90 days that brought nothing of
the library: by the role somebody has and the phase her lead is in today. *Supply* is what may be used today, what of it
expires within 30 days, and what nobody used for 90: what says for whom and when it is made counts there, what says but
one of the two counts for each of the other, and what says neither serves everybody, always.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q, QuerySet

from content.asked import sought_by_cell
from content.forms.library import EXPIRING_DAYS, UNUSED_DAYS
from content.models import Asset, ContentRequest, Label
from nurture.models import Message
from nurture.models.message import MessageQuerySet

LATELY = timedelta(days=90)
# Whose role, or whose phase, nobody said.
NONE = "none"
PERSONA, STAGE, OBJECTION = Label.Dimension.PERSONA, Label.Dimension.STAGE, Label.Dimension.OBJECTION
SENDS_PAGE = 50


@dataclass
class Cell:
    persona: str
    stage: str
    requests: int = 0
    searches: int = 0
    sends: int = 0
    current: int = 0
    expiring: int = 0
    unused: int = 0

    @property
    def demand(self) -> int:
        return self.requests + self.searches + self.sends

    @property
    def is_gap(self) -> bool:
        return bool(self.demand) and not self.current

    @property
    def is_known(self) -> bool:
        """Whether the library can be asked for it."""
        return NONE not in (self.persona, self.stage)


@dataclass
class Matrix:
    personas: list[tuple[str, str]]
    # (key, label, a cell for each persona)
    rows: list[tuple[str, str, list[Cell]]] = field(default_factory=list)
    gaps: int = 0


def matrix_of(*, objection: str, none: str, at: datetime, on: date) -> Matrix:
    labels: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for label in Label.objects.filter(retired_at=None, dimension__in=[PERSONA, STAGE]):
        labels[label.dimension].append((label.key, label.label))
    personas, stages = [*labels[PERSONA], (NONE, none)], [*labels[STAGE], (NONE, none)]
    cells = {(persona, stage): Cell(persona, stage) for persona, _label in personas for stage, _label in stages}

    def count(name: str, counted: dict[tuple[str, str], int]) -> None:
        for (persona, stage), n in counted.items():
            # A label that was retired since says nothing any more.
            known = cells.get((persona, stage)) or cells.get((persona, NONE)) or cells.get((NONE, stage))
            cell = known or cells[NONE, NONE]
            setattr(cell, name, getattr(cell, name) + n)

    count("requests", _requests(objection))
    count("searches", sought_by_cell(at=at, objection=objection))
    if not objection:
        count("sends", _sends(at=at))
    for name, counted in _supply(objection, at=at, on=on).items():
        count(name, counted)
    matrix = Matrix(personas)
    matrix.rows = [(stage, label, [cells[persona, stage] for persona, _label in personas]) for stage, label in stages]
    matrix.gaps = sum(cell.is_gap for cell in cells.values() if cell.is_known)
    return matrix


def _requests(objection: str) -> dict[tuple[str, str], int]:
    rows = ContentRequest.objects.open()
    if objection:
        rows = rows.filter(labels__dimension=OBJECTION, labels__key=objection)
    said: dict[int, dict[str, str]] = {pk: {} for pk in rows.order_by().values_list("pk", flat=True)}
    marks = ContentRequest.labels.through.objects.filter(contentrequest__in=said, label__dimension__in=[PERSONA, STAGE])
    for pk, dimension, key in marks.values_list("contentrequest", "label__dimension", "label__key"):
        said[pk][dimension] = key
    found: dict[tuple[str, str], int] = defaultdict(int)
    for one in said.values():
        found[one.get(PERSONA, NONE), one.get(STAGE, NONE)] += 1
    return found


def off_library(*, at: datetime, of: MessageQuerySet | None = None) -> QuerySet[Any]:
    """E-mails of one of us within 90 days that brought nothing of the library, with whom they went to; `of` these."""
    by_hand = (Message.objects.all() if of is None else of).left().filter(kind=Message.Kind.BY_HAND, asset=None)
    by_hand = by_hand.filter(claimed_at__gt=at - LATELY, claimed_at__lte=at)
    # Somebody has at most one employment now.
    job = FilteredRelation("person__employments", condition=Q(person__employments__is_current=True))
    return by_hand.annotate(job=job)


def sends_of(persona: str, stage: str, *, at: datetime, of: MessageQuerySet | None = None) -> QuerySet[Any]:
    """Those of one cell, the newest first."""
    rows = off_library(at=at, of=of)
    rows = rows.filter(_of_role(persona)) if persona else rows
    rows = rows.filter(_of_phase(stage)) if stage else rows
    return rows.select_related("person", "lead", "by").order_by("-pk")


def _of_role(persona: str) -> Q:
    known = Label.objects.filter(dimension=PERSONA, retired_at=None).values("key")
    return Q(job__role=persona) if persona != NONE else Q(job__role=None) | ~Q(job__role__in=known)


def _of_phase(stage: str) -> Q:
    known = Label.objects.filter(dimension=STAGE, retired_at=None).values("key")
    return Q(lead__phase=stage) if stage != NONE else Q(lead=None) | ~Q(lead__phase__in=known)


def _sends(*, at: datetime) -> dict[tuple[str, str], int]:
    rows = off_library(at=at).order_by().values_list("job__role", "lead__phase").annotate(n=Count("pk"))
    personas = set(Label.objects.filter(dimension=PERSONA, retired_at=None).values_list("key", flat=True))
    stages = set(Label.objects.filter(dimension=STAGE, retired_at=None).values_list("key", flat=True))
    found: dict[tuple[str, str], int] = defaultdict(int)
    for role, phase, n in rows:
        found[role if role in personas else NONE, phase if phase in stages else NONE] += n
    return found


def _supply(objection: str, *, at: datetime, on: date) -> dict[str, dict[tuple[str, str], int]]:
    """Of every persona and stage that can be said, what serves both: five statements."""
    assets = Asset.objects.in_use(on=on)
    if objection:
        assets = assets.filter(labels__dimension=OBJECTION, labels__key=objection)
    bears = {dimension: _marks(label__dimension=dimension, asset=OuterRef("asset")) for dimension in (PERSONA, STAGE)}
    for_whom, when = (_marks(label__dimension=dimension, asset__in=assets) for dimension in (PERSONA, STAGE))
    # One row a persona and stage of an asset: its marks are joined to its marks.
    both = for_whom.filter(asset__labels__dimension=STAGE, asset__labels__retired_at=None)
    neither = assets.filter(*(~Exists(_marks(label__dimension=one, asset=OuterRef("pk"))) for one in bears))
    at_any_time, for_anybody = for_whom.filter(~Exists(bears[STAGE])), when.filter(~Exists(bears[PERSONA]))
    of_marks, of_assets = _counting("asset__", at=at, on=on), _counting("", at=at, on=on)
    known = Label.objects.filter(dimension__in=bears, retired_at=None).values_list("dimension", "key")
    keys = {dimension: [key for of, key in known if of == dimension] for dimension in bears}
    found: dict[str, dict[tuple[str, str], int]] = {name: defaultdict(int) for name in of_assets}

    def add(personas: list[str], stages: list[str], counted: dict[str, Any]) -> None:
        for cell in product(personas, stages):
            for name, cells in found.items():
                cells[cell] += counted[name]

    for row in both.values("label__key", "asset__labels__key").annotate(**of_marks):
        add([row["label__key"]], [row["asset__labels__key"]], row)
    for row in at_any_time.values("label__key").annotate(**of_marks):
        add([row["label__key"]], keys[STAGE], row)
    for row in for_anybody.values("label__key").annotate(**of_marks):
        add(keys[PERSONA], [row["label__key"]], row)
    add(keys[PERSONA], keys[STAGE], neither.order_by().aggregate(**of_assets))
    return found


def _marks(**which: Any) -> QuerySet[Any]:
    """What assets say of themselves; a label that was retired says nothing any more."""
    return Asset.labels.through.objects.filter(label__retired_at=None, **which).order_by()


def _counting(asset: str, *, at: datetime, on: date) -> dict[str, Count]:
    """The figures of a cell, of rows that reach an asset by this prefix."""
    since = at - timedelta(days=UNUSED_DAYS)
    unused = Q(**{f"{asset}last_used_at": None}) | Q(**{f"{asset}last_used_at__lt": since})
    unused &= Q(**{f"{asset}added_at": None}) | Q(**{f"{asset}added_at__lt": since})
    soon = Q(**{f"{asset}expires_on__lte": on + timedelta(days=EXPIRING_DAYS)})
    return {"current": Count("pk"), "expiring": Count("pk", filter=soon), "unused": Count("pk", filter=unused)}
