"""Companies as a list: by name, a page at a time, narrowed by words, standing and owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Account, Employment, Standing
from accounts.search import query_words
from agreement.models import Phase
from leads.models import Lead
from team.addresses import read_number

PAGE = 50


@dataclass(frozen=True, slots=True)
class AccountRow:
    public_id: UUID
    name: str
    about: str
    people: int
    # Open pursuits, without those asleep.
    pursued: int
    # Empty for a prospect.
    standing: str
    owner: str


@dataclass
class Listed:
    rows: list[AccountRow] = field(default_factory=list)
    next_after: str = ""


def accounts_like(*, q: str = "", standing: str = "", owner: int | None = None, after: str = "") -> Listed:
    """A page of companies in the order of their names, after the one that `after` names."""
    found = Account.objects.all()
    for word in query_words(q):
        found = found.filter(search_text__text__contains=word)
    if standing:
        found = found.filter(standing=standing)
    if owner is not None:
        found = found.filter(owner=owner)
    if place := _place(after):
        name, pk = place
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk), name__gte=name)
    rows = list(_rows(found))
    listed = Listed([_row(row) for row in rows[:PAGE]])
    if len(rows) > PAGE:
        listed.next_after = str(rows[PAGE - 1]["pk"])
    return listed


def _place(after: str) -> tuple[str, int] | None:
    """Where the page before ended; the top of the list where that company is not known."""
    pk = read_number(after)
    return None if pk is None else Account.objects.filter(pk=pk).values_list("name", "pk").first()


def _rows(accounts: QuerySet[Account]) -> Any:
    people = Employment.objects.filter(
        account=OuterRef("pk"), is_current=True, person__merged_into=None, person__erased_at=None
    )
    pursued = Lead.objects.filter(account=OuterRef("pk")).exclude(phase__in=[Phase.CLOSED, Phase.NURTURE])
    return (
        accounts.annotate(people=_count(people), pursued=_count(pursued))
        .order_by("name", "pk")
        .values(
            "pk", "public_id", "name", "industry", "employees", "city", "country", "standing", "people", "pursued",
            owner_name=F("owner__name"),
        )[: PAGE + 1]
    )  # fmt: skip


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("account").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _row(row: dict[str, Any]) -> AccountRow:
    return AccountRow(
        public_id=row["public_id"],
        name=row["name"],
        about=" · ".join(part for part in (row["industry"], row["city"] or row["country"]) if part),
        people=row["people"],
        pursued=row["pursued"],
        standing="" if row["standing"] == Standing.PROSPECT else str(Standing(row["standing"]).label),
        owner=row["owner_name"] or "",
    )
