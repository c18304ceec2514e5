"""What the pages of an import show: how far it is, what it came to, its first rows, its rejected ones. Reads only."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ContactPoint, CustomField
from leads.actions.import_rows import Preview
from leads.actions.releasing import ReleaseDays
from leads.imports import NOTES, REASONS, Draft, Mapping, Meaning
from leads.intake.reading import Profile, guard_cell
from leads.models import Import, ImportReject, Release
from team.templatetags.midfield import exact_words

# A number in a phone column is no formula.
PHONE_CELL = re.compile(r"\+[0-9 ()-]+")

BECAME = {
    Meaning.NEW_LEAD.value: gettext_lazy("Become leads"),
    Meaning.RECYCLED.value: gettext_lazy("Asleep, with a day to come back"),
    Meaning.CUSTOMER.value: gettext_lazy("Customers: no lead"),
    Meaning.DISQUALIFIED.value: gettext_lazy("Disqualified: kept as closed"),
    Meaning.PERSON.value: gettext_lazy("Known, without a lead"),
    "suppressed": gettext_lazy("Asked not to be contacted: no lead"),
    "not_a_prospect": gettext_lazy("Not begun: at a customer, competitor or open deal. Known, no lead"),
    "open_already": gettext_lazy("Have an open lead, or wait for one"),
    "told_before": gettext_lazy("Told before: nothing new"),
    "no_team": gettext_lazy("Not begun: no team takes what no territory names"),
    "gone": gettext_lazy("Not begun: no longer a person of their own"),
}
# Of an import that has ended: what came of those who were to become leads.
RELEASED = {
    Release.State.RELEASED.value: gettext_lazy("Became leads"),
    Release.State.WAITING.value: gettext_lazy("Become leads on their day"),
}
AT_ONCE = gettext_lazy("Become leads within a minute")
SKIPPED = {
    "customer": gettext_lazy("Not begun: their company is a customer"),
    "open_opportunity": gettext_lazy("Not begun: a deal is open at their company"),
    "competitor": gettext_lazy("Not begun: their company is a competitor"),
    "do_not_work": gettext_lazy("Not begun: their company is not to be worked"),
    "suppressed": gettext_lazy("Not begun: asked not to be contacted"),
    "open_lead": gettext_lazy("Not begun: had an open lead by then"),
    "cancelled": gettext_lazy("Not begun: the import was cancelled"),
    "no_team": gettext_lazy("Not begun: no team takes what no territory names"),
    "gone": gettext_lazy("Not begun: no longer a person of their own"),
    "merged": gettext_lazy("Not begun: merged with another person"),
    "erased": gettext_lazy("Not begun: erased"),
}


@dataclass(frozen=True)
class Progress:
    done: int
    total: int
    per_second: int
    minutes_left: int | None
    # It was taken up again, and no row came in since.
    is_stalled: bool

    @property
    def percent(self) -> int:
        return 100 * self.done // max(self.total, 1)


@dataclass(frozen=True)
class Result:
    """Counts of a preview or of an import, ready to be listed: (words, number)."""

    created: int
    updated: int
    duplicate: int
    rejected: int
    accounts: int
    became: list[tuple[Any, int]]
    reasons: list[tuple[Any, int]]
    notes: list[tuple[Any, int]]
    leads: int
    a_day: int
    # Of a preview: when the last of them becomes a lead.
    last_at: datetime | None

    @property
    def total(self) -> int:
        return self.created + self.updated + self.duplicate + self.rejected


def progress_of(run: Import, *, at: datetime) -> Progress:
    seconds = ((run.finished_at or at) - run.started_at).total_seconds() if run.started_at else 0
    per_second = round(run.rows_done / seconds) if seconds > 1 else 0
    left = None
    if run.state == Import.State.RUNNING and per_second:
        left = -(-(run.rows_total - run.rows_done) // (60 * per_second))
    is_stalled = run.attempt - run.checkpoint.get("attempt", 0) > 1
    return Progress(run.rows_done, run.rows_total, per_second, left, is_stalled)


def result_of(found: Preview | Import, run: Import, *, at: datetime | None = None) -> Result:
    last_at = None
    if isinstance(found, Preview):
        outcomes: dict[str, int] = {str(key): count for key, count in found.outcomes.items()}
        tallies: dict[str, Any] = {"became": found.became, "reasons": found.reasons, "notes": found.notes}
        accounts = found.new_accounts
        days = ReleaseDays(run, start=at)
        if days.is_paced and found.leads_in_all:
            last_at = days.last_at(found.leads_in_all)
    else:
        outcomes = {
            "created": found.rows_created,
            "updated": found.rows_updated,
            "duplicate": found.rows_duplicate,
            "rejected": found.rows_rejected,
        }
        tallies, accounts = found.tallies, found.tallies.get("accounts", 0)
    became = Counter(tallies.get("became", {}))
    leads = became[Meaning.NEW_LEAD]
    listed = [(words, became[key]) for key, words in BECAME.items() if became[key] and key != Meaning.NEW_LEAD]
    if isinstance(found, Import) and found.state != Import.State.RUNNING:
        listed = [*_released(found), *listed]
    elif leads:
        listed = [(BECAME[Meaning.NEW_LEAD.value], leads), *listed]
    return Result(
        created=outcomes.get("created", 0),
        updated=outcomes.get("updated", 0),
        duplicate=outcomes.get("duplicate", 0),
        rejected=outcomes.get("rejected", 0),
        accounts=accounts,
        became=listed,
        reasons=_listed(tallies.get("reasons", {}), REASONS),
        notes=_listed(tallies.get("notes", {}), NOTES),
        leads=leads,
        a_day=run.per_day or 0,
        last_at=last_at,
    )


def _released(run: Import) -> Iterator[tuple[Any, int]]:
    """What there is of those who were to become leads, in words that say why where there is none."""
    rows = Release.objects.filter(import_run=run).order_by().values_list("state", "skipped_for")
    counts = {(state, why): count for state, why, count in rows.annotate(count=Count("pk"))}
    for state, words in RELEASED.items():
        if counts.get((state, "")):
            is_at_once = state == Release.State.WAITING and run.pace == Import.Pace.ALL
            yield AT_ONCE if is_at_once else words, counts[state, ""]
    for (state, why), count in sorted(counts.items(), key=lambda one: -one[1]):
        if state == Release.State.SKIPPED:
            yield SKIPPED.get(why, _("Not begun")), count


def waiting_of(run: Import) -> int:
    """How many people of this file are not yet leads."""
    return Release.objects.filter(import_run=run, state=Release.State.WAITING).count()


@dataclass(frozen=True)
class FirstRows:
    """The first rows as they will be read, as a table; a cell knows its heading, which a narrow page says with it."""

    labels: list[str]
    rows: list[tuple[Draft, list[tuple[str, str]]]]


def read_rows(found: Preview, run: Import) -> FirstRows:
    entity = CustomField.Entity.ACCOUNT if run.kind == Import.Kind.COMPANIES else CustomField.Entity.PERSON
    names = dict(CustomField.objects.filter(entity=entity).values_list("key", "label"))
    facts = [(draft, dict(_facts(draft, names))) for draft in found.first]
    labels = list(dict.fromkeys(label for _draft, said in facts for label in said))
    return FirstRows(labels, [(draft, [(label, said.get(label, "")) for label in labels]) for draft, said in facts])


def reject_lines(run: Import) -> Iterator[list[str]]:
    """The lines of the file of rejected rows: where, why, and the row's own cells under their own names."""
    profile, mapping = Profile.from_json(run.profile), Mapping.from_json(run.mapping)
    phones = {at for at, column in enumerate(mapping.columns) if column.get("target") in ("phone", "mobile")}
    yield [_("Row"), _("Line"), _("Why it was rejected"), *[guard_cell(header) for header in profile.headers]]
    rejects = ImportReject.objects.filter(import_run=run).order_by("row_no")
    for reject in rejects.iterator(chunk_size=1000):
        cells = _cells(reject.raw, profile)
        safe = [
            value if at in phones and PHONE_CELL.fullmatch(value) else guard_cell(value)
            for at, value in enumerate(cells)
        ]
        yield [str(reject.row_no), str(reject.line_no), reject.reason, *safe]


def _cells(raw: str, profile: Profile) -> list[str]:
    try:
        rows = list(csv.reader(raw.splitlines(keepends=True), delimiter=profile.delimiter, strict=True))
    except csv.Error:
        return [raw]
    return rows[0] if len(rows) == 1 else [raw]


def _listed(counts: dict[str, int], words: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(words.get(code, code), count) for code, count in Counter(counts).most_common()]


def _facts(draft: Draft, labels: dict[str, str]) -> Iterator[tuple[str, str]]:
    if draft.refused is not None:
        return
    row = draft.person or draft.company
    if row is None:
        return
    if draft.person is not None:
        person = draft.person
        name = f"{person.fields.get('given_name', '')} {person.fields.get('family_name', '')}".strip()
        if name:
            yield _("Name"), name
        for point in person.points:
            yield str(ContactPoint.Kind(point.kind).label), point.normalised
        if person.title:
            yield _("Title"), person.title
        if person.account and (person.account.name or person.account.domain):
            yield _("Company"), person.account.name or person.account.domain
        for channel in sorted(person.suppress):
            yield _("Do not contact"), channel
    if draft.company is not None:
        yield _("Company"), draft.company.name
        if draft.company.domain:
            yield _("Domain"), draft.company.domain
    for source, value in row.external_ids:
        yield source, value
    for key, value in row.fields.items():
        if key not in ("given_name", "family_name") and value not in (None, ""):
            yield key.replace("_", " ").capitalize(), str(value)
    if draft.happened_at:
        yield _("Happened"), exact_words(draft.happened_at)
    for key, value in row.custom.items():
        words = (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)
        yield labels.get(key, key), words
