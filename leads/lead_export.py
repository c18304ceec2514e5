"""The list of leads as a file: every column its reader may see, so many leads at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.people import suppressed_channels
from accounts.designation import without_address
from accounts.models import ContactPoint, CustomField, called
from agreement.models import Lane, Phase
from leads.lead_list import Sort, chunks_of
from leads.models import Lead

CHUNK = 500
Channel = {ContactPoint.Kind.EMAIL: "email", ContactPoint.Kind.PHONE: "phone", ContactPoint.Kind.MOBILE: "phone"}


def export_lines(leads: QuerySet[Lead], sort: Sort, *, site: str) -> Iterator[list[Any]]:
    """The head, then a line a lead. Whoever may not be reached on a channel is exported without it."""
    own = list(CustomField.objects.filter(retired_at=None))
    yield [*_head(), *(field.label for field in own)]
    for chunk in chunks_of(leads, sort, size=CHUNK):
        ids = [pk for pk, _place in chunk]
        rows = {row[0]: dict(zip(_COLUMNS, row, strict=True)) for row in _columns(ids)}
        # A lead that was merged away between two statements is not there any more.
        known = [rows[pk] for pk in ids if pk in rows]
        reached = _reached(row["person"] for row in known)
        for row in known:
            yield [*_line(row, reached[row["person"]], site=site), *(_own(field, row) for field in own)]


def _head() -> list[str]:
    return [
        _("Name"), _("Title"), _("Account"), _("E-mail"), _("Phone"), _("City"), _("Country"), _("Phase"), _("Stage"),
        _("Closed as"), _("Reason"), _("Team"), _("Rep"), _("Account executive"), _("Found by"), _("Lane"), _("Tier"),
        _("Origin"), _("Source"), _("Came in"), _("Attempts"), _("Last touched"), _("Due"), _("Back on"), _("Closed"),
        _("Address"),
    ]  # fmt: skip


_COLUMNS = (
    "pk", "public_id", "person", "given", "family", "known_by", "city", "country", "person_custom", "company",
    "account_custom", "title", "phase", "stage", "closed_as", "reason", "team", "bdr", "ae", "sourced_by", "lane",
    "tier", "origin", "source", "created_at", "attempts", "last_touched_at", "due_at", "wake_at", "closed_at",
)  # fmt: skip


def _columns(ids: list[int]) -> QuerySet[Any, Any]:
    """One row in the order of `_COLUMNS`."""
    jobs = FilteredRelation("person__employments", condition=Q(person__employments__is_current=True))
    return Lead.objects.filter(pk__in=ids).annotate(job=jobs).values_list(
        "pk", "public_id", "person", "person__given_name", "person__family_name", "person__known_by", "person__city",
        "person__country", "person__custom", "account__name", "account__custom", "job__title", "phase", "stage__label",
        "closed_as", "reason__label", "team__name", "bdr__name", "ae__name", "sourced_by__name", "lane", "tier",
        "origin", "source", "created_at", "attempts", "last_touched_at", "due_at", "wake_at", "closed_at",
    )  # fmt: skip


def _line(row: dict[str, Any], reached: dict[str, str], *, site: str) -> list[Any]:
    known_by = row["known_by"] if "email" in reached else without_address(row["known_by"])
    return [
        called(row["given"], row["family"], known_by),
        row["title"],
        row["company"],
        reached.get("email"),
        reached.get("phone"),
        row["city"],
        row["country"],
        str(Phase(row["phase"]).label),
        row["stage"],
        str(Lead.ClosedAs(row["closed_as"]).label) if row["closed_as"] else "",
        row["reason"],
        row["team"],
        row["bdr"],
        row["ae"],
        row["sourced_by"],
        str(Lane(row["lane"]).label),
        row["tier"],
        str(Lead.Origin(row["origin"]).label),
        row["source"],
        _moment(row["created_at"]),
        row["attempts"],
        _moment(row["last_touched_at"]),
        _moment(row["due_at"]),
        _moment(row["wake_at"]),
        _moment(row["closed_at"]),
        f"{site}/leads/{row['public_id']}/",
    ]


def _reached(people: Iterable[int]) -> dict[int, dict[str, str]]:
    """The first usable address and number of each, on the channels that nobody has closed."""
    ids = list(people)
    silent = suppressed_channels(ids)
    found: dict[int, dict[str, str]] = defaultdict(dict)
    points = ContactPoint.objects.filter(person__in=ids, kind__in=Channel, state__in=ContactPoint.USABLE)
    for person, kind, value in points.order_by(F("is_primary").desc(), "pk").values_list("person", "kind", "value"):
        channel = Channel[ContactPoint.Kind(kind)]
        if channel not in silent.get(person, ()):
            found[person].setdefault(channel, value)
    return found


def _own(field: CustomField, row: dict[str, Any]) -> Any:
    custom = row["person_custom"] if field.entity == CustomField.Entity.PERSON else row["account_custom"]
    value = (custom or {}).get(field.key)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, int | float) or value is None else str(value)


def _moment(at: Any) -> str:
    """On the reader's clock, as spreadsheets read it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
