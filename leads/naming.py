"""What the ids and codes of history are called: one statement for everything that one page names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils.translation import gettext as _

from accounts.models import Account, Person
from agreement.models import Criterion, Disposition, Reason, Stage
from content.models import Topic
from leads.models import Step
from team.models import Team, Territory, User
from team.prepared import Prepared

SOURCES: dict[str, type[Any]] = {
    "user": User,
    "team": Team,
    "territory": Territory,
    "account": Account,
    "reason": Reason,
    "stage": Stage,
    "disposition": Disposition,
    "criterion": Criterion,
    "person": Person,
    "step": Step,
    "topic": Topic,
}
# Short lists of codes, read whole: sentences name them and forms offer them.
CODES = ("reason", "stage", "disposition", "criterion")
LABELS = dict.fromkeys(CODES, "label") | {"step": "title", "topic": "label"}
MORE = {"disposition": "follows", "criterion": "question", "reason": "kind", "stage": "phase"}


@dataclass(frozen=True)
class Code:
    """One row of a short list: its label, what it means to the program, and whether it is still offered."""

    pk: int
    label: str
    more: str
    is_in_use: bool


class Names:
    """Ask for ids with `want`, `load` once, then say them."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = defaultdict(set)
        self._names: dict[tuple[str, int], str] = {}
        self._codes: dict[str, list[Code]] = defaultdict(list)

    def want(self, kind: str, *pks: Any) -> None:
        self._wanted[kind].update(pk for pk in pks if isinstance(pk, int))

    def load(self) -> Names:
        wanted: dict[str, Any] = {kind: sorted(self._wanted[kind]) for kind in SOURCES if kind not in CODES}
        rows = NAMES.rows(**wanted)
        for kind, pk, name, more, retired, _position in sorted(rows, key=lambda row: (row[5], row[1])):
            self._names[kind, pk] = name
            if kind in CODES:
                self._codes[kind].append(Code(pk, name, more, not retired))
        return self

    def say(self, kind: str, pk: Any) -> str:
        """The name, or a word for something that is not there any more."""
        return self._names.get((kind, pk)) or (
            _("somebody") if kind in ("user", "person") else _("something that is gone")
        )

    def find(self, kind: str, pk: Any) -> str:
        """The name; empty for what has none, or is not there any more."""
        return self._names.get((kind, pk), "")

    def more(self, kind: str, pk: Any) -> str:
        """What a code means to the program, whether or not it is still offered."""
        return next((code.more for code in self._codes[kind] if code.pk == pk), "")

    def codes(self, kind: str) -> list[Code]:
        """The codes of this kind that are in use, in the admin's order."""
        return [code for code in self._codes[kind] if code.is_in_use]


def _all_rows(**wanted: list[int]) -> QuerySet[Any, Any]:
    parts = [_rows(kind, SOURCES[kind].objects.all()) for kind in CODES]
    parts += [_rows(kind, SOURCES[kind].objects.filter(pk__in=pks)) for kind, pks in wanted.items()]
    return parts[0].union(*parts[1:], all=True)


NAMES = Prepared(_all_rows)


def _rows(kind: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    text = CharField()
    zero = Value(0, output_field=IntegerField())
    is_code = kind in CODES
    return rows.order_by().values_list(
        Value(kind, output_field=text),
        "pk",
        name_of_person() if kind == "person" else LABELS.get(kind, "name"),
        MORE[kind] if is_code else Value("", output_field=text),
        Case(When(retired_at=None, then=Value(0)), default=Value(1)) if is_code else zero,
        "position" if is_code else zero,
    )


def name_of_person() -> Coalesce:
    """Whoever has no name is called by what is kept with her."""
    name = Trim(Concat("given_name", Value(" "), "family_name"))
    return Coalesce(NullIf(name, Value("")), "known_by", output_field=CharField())
