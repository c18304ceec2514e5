"""The people behind the figures: who was put to sleep, when, why, by whom, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.designation import without_address
from accounts.models import called
from agreement.models import ReasonRule
from leads.models import Recycling
from reports.cohort import ARMS, CAME_OF, CONVERTED, COUNTS_AS, OUT_OF_SIGHT, Slept
from reports.lift import DRAWN, DRAWN_HELD_OUT, compared
from team.addresses import read_moment, read_number

PAGE = 50
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Person:
    public_id: UUID
    name: str
    company: str
    category: str
    by: str
    team: str
    at: datetime
    came: str
    has_converted: bool
    slept: Slept


@dataclass(frozen=True, slots=True)
class People:
    lines: list[Person]
    total: int
    next_after: str


def those(slept: list[Slept], *, came: str = "", arm: str = "", day: int = 0) -> list[Slept]:
    """The ones of whom this came; of an arm of the lot, those whom the lift by this day compares."""
    if arm in DRAWN:
        is_held_out = arm == DRAWN_HELD_OUT
        chosen = {one.recycling for pair in compared(slept, day)[1] for one in pair[is_held_out]}
        return [one for one in slept if came in ("", one.came) and one.recycling in chosen]
    return [one for one in slept if came in ("", one.came) and arm in ("", one.arm)]


def people_of(chosen: list[Slept], *, after: str = "", counts: str) -> People:
    """One page of these, who was put to sleep last on top: one statement."""
    place = _place(after)
    rest = chosen if place is None else [one for one in chosen if (one.at, one.recycling) < place]
    shown = rest[:PAGE]
    beyond = f"{shown[-1].at.isoformat()}_{shown[-1].recycling}" if len(rest) > PAGE else ""
    return People(_people(shown, counts=counts), len(chosen), beyond)


def export_lines(slept: list[Slept], *, counts: str, site: str) -> Iterator[list[Any]]:
    """The head, then a line a person."""
    yield [
        _("Name"), _("Account"), _("Put to sleep"), _("Why they sleep"), _("Put to sleep by"), _("Team"),
        _("Fed by a track"), _("What came of it"), _("Days"), _("Address"),
    ]  # fmt: skip
    for begin in range(0, len(slept), CHUNK):
        for one in _people(slept[begin : begin + CHUNK], counts=counts):
            known = one.slept
            came = COUNTS_AS[counts][0] if known.has_converted else CAME_OF[known.came]
            yield [
                without_address(one.name),
                one.company,
                f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}",
                one.category,
                one.by,
                one.team,
                str(ARMS[known.arm]),
                str(came),
                known.days,
                f"{site}/leads/{one.public_id}/",
            ]


def _people(shown: list[Slept], *, counts: str) -> list[Person]:
    rows = {row["pk"]: row for row in _rows([one.recycling for one in shown])} if shown else {}
    # Whose lead was merged away between two statements is not there any more.
    return [_person(one, rows[one.recycling], counts=counts) for one in shown if one.recycling in rows]


def _rows(ids: list[int]) -> Any:
    return Recycling.objects.filter(pk__in=ids).values(
        "pk", public_id=F("lead__public_id"), given=F("lead__person__given_name"),
        family=F("lead__person__family_name"), known_by=F("lead__person__known_by"), company=F("lead__account__name"),
        who=F("by__name"), team=F("lead__team__name"),
    )  # fmt: skip


def _person(one: Slept, row: dict[str, Any], *, counts: str) -> Person:
    return Person(
        public_id=row["public_id"],
        name=called(row["given"], row["family"], row["known_by"]),
        company=row["company"] or "",
        category=str(ReasonRule.Category(one.category).label),
        by=row["who"] or _("the system"),
        team=row["team"],
        at=one.at,
        came=_came(one, counts),
        has_converted=one.has_converted,
        slept=one,
    )


def _came(one: Slept, counts: str) -> str:
    after = {"days": one.days}
    if one.came == CONVERTED and counts == "won":
        return ngettext("Won after %(days)s day", "Won after %(days)s days", one.days) % after
    if one.came == CONVERTED:
        return ngettext("Qualified after %(days)s day", "Qualified after %(days)s days", one.days) % after
    said = {"what": CAME_OF[one.came], **after}
    if one.came == OUT_OF_SIGHT:
        return ngettext("%(what)s after %(days)s day", "%(what)s after %(days)s days", one.days) % said
    return ngettext("%(what)s, %(days)s day so far", "%(what)s, %(days)s days so far", one.days) % said


def _place(text: str) -> tuple[datetime, int] | None:
    """None where the address carries no place, or nonsense: then the list begins at its top."""
    moment, _bar, pk = text.rpartition("_")
    found, key = read_moment(moment), read_number(pk)
    return None if found is None or key is None else (found, key)
