"""The list of leads for everyone who may see any: an allowlist of orders, a page by its keys, forwards and back.

Reads only. What may be seen is `Lead.visible_to`; what is asked for are the filters of leads/forms/leads.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import called
from agreement.models import Lane, Phase
from leads.inbox import outcome_due
from leads.models import Lead
from leads.models.lead import AE_PHASES, LeadQuerySet
from leads.rail import COUNT_MAX as COUNT_MAX
from leads.rail import CountUpTo
from leads.seeing import seen_as, shape_of, standing_for
from leads.why import address_of
from team.addresses import read_moment, read_number
from team.models import Installation, Role, User
from team.prepared import Prepared

PAGE = 50
# So many that were handed to one account executive are named one by one.
HANDED_MAX = 5_000

# When somebody last touched her; of whom nobody touched, when she came in. Served by an index of its own.
QUIET_SINCE = Coalesce("last_touched_at", "created_at")


class Sort(NamedTuple):
    """One order: by a moment, then by id, both the same way round."""

    key: str
    label: str | Promise
    column: str
    is_descending: bool = False


SORTS = {
    sort.key: sort
    for sort in (
        Sort("due", gettext_lazy("Due first"), "due_at"),
        Sort("came", gettext_lazy("Came in last"), "created_at", True),
        Sort("quiet", gettext_lazy("Untouched longest"), "quiet_since"),
        Sort("touched", gettext_lazy("Touched last"), "quiet_since", True),
    )
}


def sort_of(asked: str, *, has_closed: bool) -> Sort:
    """The order that was asked for, if there is one like it. What is closed is not due: it stands by when it came."""
    sort = SORTS.get(asked, SORTS["due"])
    return SORTS["came"] if has_closed and sort.column == "due_at" else sort


@dataclass(frozen=True, slots=True)
class Line:
    """One lead as the list shows it."""

    lead_id: int
    url: str
    name: str
    about: str
    phase: str
    where: str
    lane: str
    tier: str
    source: str
    attempts: int
    due_at: datetime | None
    closed_at: datetime | None
    came_at: datetime
    touched_at: datetime | None


@dataclass
class Listed:
    """One page, and where the pages beside it begin."""

    lines: list[Line] = field(default_factory=list)
    next_after: str = ""
    prev_before: str = ""
    total: int = 0

    @property
    def is_more(self) -> bool:
        return self.total > COUNT_MAX


def in_order(leads: QuerySet[Lead], sort: Sort, *, backwards: bool = False) -> QuerySet[Lead]:
    if sort.column == "quiet_since":
        leads = leads.annotate(quiet_since=QUIET_SINCE)
    sign = "-" if sort.is_descending != backwards else ""
    return leads.order_by(f"{sign}{sort.column}", f"{sign}id")


def beyond(
    leads: QuerySet[Lead], sort: Sort, place: tuple[datetime, int], *, backwards: bool = False
) -> QuerySet[Lead]:
    """What stands behind this place, or before it; found by the index that orders it."""
    moment, pk = place
    way = "lt" if sort.is_descending != backwards else "gt"
    tied = Q(**{sort.column: moment, f"id__{way}": pk})
    return leads.filter(Q(**{f"{sort.column}__{way}": moment}) | tied, **{f"{sort.column}__{way}e": moment})


def sees_only_handed(user: User) -> bool:
    """An account executive of no team."""
    sees_more = user.has_role(Role.ADMIN) or user.has_role(Role.MARKETER) or user.teams_as(Role.BDR, Role.MANAGER)
    return user.has_role(Role.AE) and not sees_more


def seen_by(user: User, *, has_closed: bool) -> LeadQuerySet:
    """What she may see, also of what is closed or only of what is open. What was handed to her is little, and named:
    planned as a part of a list in order, it would be looked for among everything that is due."""
    if sees_only_handed(user):
        ids = [pk for (pk,) in _HANDED.rows(shape=(has_closed, HANDED_MAX + 1), user=user.pk)]
        if len(ids) <= HANDED_MAX:
            return Lead.objects.filter(pk__in=ids)
    return _those(has_closed).visible_to(user)


def _those(has_closed: bool) -> LeadQuerySet:
    return Lead.objects.all() if has_closed else Lead.objects.open()


def _handed(has_closed: bool, most: int, *, user: int) -> QuerySet[Any, Any]:
    return _those(has_closed).handed_to(standing_for((Role.AE,), user=user)).values_list("pk")[:most]


_HANDED = Prepared(_handed)


def list_leads(leads: QuerySet[Lead], sort: Sort, *, after: str = "", before: str = "", at: datetime) -> Listed:
    """The page behind `after`, before `before`, or the first: at most three statements, however many leads there are.

    Which leads they are and where each stands is asked first; what a line says of them by a statement that is kept.
    """
    way, place = _way(after, before)
    rows = in_order(leads, sort, backwards=way == BEFORE)
    if place is not None:
        rows = beyond(rows, sort, place, backwards=way == BEFORE)
    found = rows.values_list("pk", F(sort.column))
    # From its beginning the list is counted as it is read.
    keys = list(found[: PAGE + 1] if place else found[: COUNT_MAX + 1])
    total = leads.order_by()[: COUNT_MAX + 1].count() if place else len(keys)
    return _listed(_lines_of([pk for pk, _moment in keys[: PAGE + 1]], sort, at=at), way, total=total)


def _lines_of(ids: list[int], sort: Sort, *, at: datetime) -> list[tuple[Any, ...]]:
    """What the lines say of these leads, in this order; who was merged away meanwhile is not there any more."""
    known = {row[0]: row for row in _LINES.rows(shape=(sort.key,), leads=ids, at=at)} if ids else {}
    return [known[pk] for pk in ids if pk in known]


def _lines(key: str, *, leads: list[int], at: datetime) -> QuerySet[Any, Any]:
    # The annotation of the order, without the order.
    return _columns(in_order(Lead.objects.filter(pk__in=leads), SORTS[key]).order_by(), SORTS[key], at=at)


_LINES = Prepared(_lines)


def list_open(user: User, sort: Sort, *, after: str = "", before: str = "", at: datetime) -> Listed:
    """The same of everything open that she may see, as it is asked for most: by kept statements."""
    way, place = _way(after, before)
    seer = seen_as(user)
    beside = {"moment": place[0], "pk": place[1]} if place else {}
    rows = _OPEN.rows(shape=(*shape_of(user), sort.key, way, PAGE), at=at, **beside, **seer)
    ((total,),) = _OPEN_COUNTED.rows(shape=(*shape_of(user), COUNT_MAX), **seer)
    return _listed(rows, way, total=total)


def _open(roles: tuple[str, ...], key: str, way: str, size: int, *, at: datetime, **values: Any) -> QuerySet[Any, Any]:
    place = (values.pop("moment"), values.pop("pk")) if way else None
    seen = Lead.objects.open().visible_to(standing_for(roles, **values))
    return _page(seen, SORTS[key], way, place, at=at)[: size + 1]


def _open_counted(roles: tuple[str, ...], most: int, **seer: Any) -> QuerySet[Any, Any]:
    seen = Lead.objects.open().visible_to(standing_for(roles, **seer))
    return Installation.objects.values_list(CountUpTo(seen, most=most))


# On its first page nobody asks for a place.
_OPEN = Prepared(_open)
_OPEN_COUNTED = Prepared(_open_counted)

AFTER, BEFORE = "after", "before"


def _way(after: str, before: str) -> tuple[str, tuple[datetime, int] | None]:
    """From where in the list, and which way from there."""
    if (place := _place(after)) is not None:
        return AFTER, place
    place = _place(before)
    return (BEFORE, place) if place else ("", None)


def _page(
    leads: QuerySet[Lead], sort: Sort, way: str, place: tuple[datetime, int] | None, *, at: datetime
) -> QuerySet[Any, Any]:
    backwards = way == BEFORE
    rows = in_order(leads, sort, backwards=backwards)
    if place is not None:
        rows = beyond(rows, sort, place, backwards=backwards)
    return _columns(rows, sort, at=at)


def _listed(rows: list[tuple[Any, ...]], way: str, *, total: int) -> Listed:
    found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows[:PAGE]]
    is_more = len(rows) > PAGE
    if way == BEFORE:
        found.reverse()
    listed = Listed([_line(row) for row in found], total=total)
    if found and (is_more or way == BEFORE):
        listed.next_after = _write(found[-1])
    if found and (is_more if way == BEFORE else way):
        listed.prev_before = _write(found[0])
    return listed


_COLUMNS = (
    "pk", "public_id", "given", "family", "known_by", "company", "title", "phase", "stage", "bdr", "ae", "team", "lane",
    "tier", "source", "attempts", "due_at", "outcome_due", "closed_as", "closed_at", "reason", "created_at",
    "last_touched_at", "place",
)  # fmt: skip


def _columns(leads: QuerySet[Lead], sort: Sort, *, at: datetime) -> QuerySet[Any, Any]:
    """One row in the order of `_COLUMNS`."""
    return leads.annotate(
        job=FilteredRelation("person__employments", condition=Q(person__employments__is_current=True))
    ).values_list(
        "pk", "public_id", "person__given_name", "person__family_name", "person__known_by", "account__name",
        "job__title", "phase", "stage__label", "bdr__name", "ae__name", "team__name", "lane", "tier", "source",
        "attempts", "due_at", outcome_due("pk", at=at), "closed_as", "closed_at", "reason__label", "created_at",
        "last_touched_at", F(sort.column),
    )  # fmt: skip


def _line(row: dict[str, Any]) -> Line:
    has_name = bool(row["given"] or row["family"])
    about = (row["company"], row["title"]) if has_name else (_("no name yet"),)
    return Line(
        lead_id=row["pk"],
        url=address_of("leads:lead", row["public_id"]),
        name=called(row["given"], row["family"], row["known_by"]),
        about=" · ".join(part for part in about if part),
        phase=row["phase"],
        where=_where(row),
        lane=str(Lane(row["lane"]).label),
        tier=row["tier"],
        source=row["source"],
        attempts=row["attempts"],
        # After a meeting its outcome is what is due.
        due_at=(row["outcome_due"] if row["phase"] == Phase.ACCEPTED else None) or row["due_at"],
        closed_at=row["closed_at"],
        came_at=row["created_at"],
        touched_at=row["last_touched_at"],
    )


def _where(row: dict[str, Any]) -> str:
    """Stage and who has it; of what is closed, how it ended."""
    if row["phase"] == Phase.CLOSED:
        how = str(Lead.ClosedAs(row["closed_as"]).label)
        return _("%(how)s: %(reason)s") % {"how": how, "reason": row["reason"]} if row["reason"] else how
    who = row["ae"] if row["phase"] in AE_PHASES else row["bdr"]
    if who:
        return f"{row['stage']} · {who}"
    return _("%(stage)s · pool of %(team)s") % {"stage": row["stage"], "team": row["team"]}


def chunks_of(leads: QuerySet[Lead], sort: Sort, *, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """(id, place) of every lead in this order, so many at a time, each found by its keys: nothing is held open."""
    place: tuple[datetime, int] | None = None
    while True:
        rows = in_order(leads, sort)
        if place is not None:
            rows = beyond(rows, sort, place)
        found = list(rows.values_list("pk", F(sort.column))[:size])
        if found:
            yield found
        if len(found) < size:
            return
        place = (found[-1][1], found[-1][0])


def _write(row: dict[str, Any]) -> str:
    return f"{row['place'].isoformat()}_{row['pk']}"


def _place(text: str) -> tuple[datetime, int] | None:
    """None where the address carries no place, or nonsense: then the list begins at its top."""
    moment, _bar, pk = text.rpartition("_")
    found, key = read_moment(moment), read_number(pk)
    return None if found is None or key is None else (found, key)
