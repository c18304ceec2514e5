"""A worker reads the rows of a file, a chunk at a time.

A chunk is one transaction and moves the checkpoint in it: a worker that dies anywhere leaves whole chunks behind, and
the next one goes on after the last of them. A lease says who reads; the number of the claim is the fence that keeps
one that was paused from writing after its lease has passed on. Where some rows name customers, those are read first, in
a pass of their own: what becomes of a colleague of theirs depends neither on her place in the file nor on the chunk.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO
from uuid import uuid4

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actions.matching import AccountNames, Meeting, Outcome
from accounts.models import CustomField
from leads.actions.import_chunk import ENDED, Chunk
from leads.actions.import_facts import FileFacts, Memory
from leads.imports import Draft, Mapping, Meaning, RowReader, RowRefused
from leads.intake.reading import BadRecord, Checkpoint, Profile, Record, UnreadableFile, records
from leads.models import Import
from team.bulk import rows_that_fit
from team.clock import database_now
from team.models import Tick
from team.worktime import NeverOpen

logger = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BUDGET_SECONDS = 20.0
POSTGRESQL_ROWS = 1000
# On SQLite one writes at a time: as many rows as fit in this, then as long for everybody else.
SQLITE_SECONDS = 0.02
# Whom so many rows may meet is read at once, and written in several chunks.
SQLITE_ROWS_AHEAD = 500
SQLITE_ROWS_FIRST, SQLITE_ROWS_LEAST, SQLITE_ROWS_MOST = 40, 25, 250
# Claims in a row that moved nothing: something in the next rows kills the worker.
STANDSTILLS = 10
# So often something that is no fault of the file may stop it at the same row, with a pause between.
TRIES = 3
TRY_AGAIN = timedelta(seconds=30)
PREVIEW_ROWS = 2000
PREVIEW_SECONDS = 2.5
FIRST_ROWS = 10

# Which rows a pass over the file reads.
ALL, CUSTOMERS, OTHERS = "all", "customers", "others"


class Overtaken(Exception):
    """Somebody changed what these rows change, after it was read: they are compared anew."""


class LeaseLost(Exception):
    """Another worker reads this file now, or it was cancelled. What was read in this chunk is thrown away."""


def run_imports(*, worker: str = "", budget: float = BUDGET_SECONDS, chunk_rows: int = 0) -> int:
    """Read files that wait, for at most so many seconds; returns how many rows were read.

    `chunk_rows` stands for the size of a chunk that the database would choose. Run twice at once, each file is read by
    one of the two: the claim is a compare-and-set under a lease.
    """
    ends, rows = time.monotonic() + budget, 0
    Tick.objects.update_or_create(kind="run_imports", defaults={"last_at": database_now()})
    while (run := claim_import(worker or str(uuid4()))) is not None:
        rows += _read_on(run, ends, chunk_rows)
        if time.monotonic() > ends:
            break
    return rows


def claim_import(worker: str) -> Import | None:
    """The oldest running import that no living worker holds, now held by this one."""
    now = database_now()
    free = Import.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), state=Import.State.RUNNING)
    for pk in free.order_by("pk").values_list("pk", flat=True)[:20]:
        won = free.filter(pk=pk).update(claimed_by=worker[:60], attempt=F("attempt") + 1, lease_until=now + LEASE)
        if won:
            return Import.objects.select_related("upload", "by").get(pk=pk)
    return None


@dataclass
class Part:
    """What of one pass over the file was read for a preview."""

    rows_total: int = 0
    rows: int = 0
    leads: int = 0


@dataclass
class Preview:
    """The counts that would result, and the first rows as they will be read."""

    rows_total: int
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    became: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    new_accounts: int = 0
    # Whom an earlier import told the same of at another moment, and at which: they would be told it twice.
    told_elsewhere: dict[int, datetime] = field(default_factory=dict)
    first: list[Draft] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def is_beginning(self) -> bool:
        """Whether what was read are the first rows of the file, and not the first of each pass."""
        return sum(part.rows_total > 0 for part in self.parts) <= 1

    @property
    def is_whole(self) -> bool:
        return self.rows >= self.rows_total

    @property
    def leads_in_all(self) -> int:
        """How many of the whole file become leads; where only part of a pass was read, at the rate of that part."""
        return sum(-(-part.leads * part.rows_total // max(part.rows, 1)) for part in self.parts)

    @property
    def other_moment(self) -> datetime | None:
        """The moment at which most of them were told of."""
        return next((at for at, _count in Counter(self.told_elsewhere.values()).most_common(1)), None)

    @property
    def is_one_moment(self) -> bool:
        return len(set(self.told_elsewhere.values())) == 1

    def add(self, chunk: Chunk) -> None:
        self.parts[-1].rows += len(chunk.drafts)
        self.parts[-1].leads += chunk.became[Meaning.NEW_LEAD]
        self.rows += len(chunk.drafts)
        self.outcomes.update(chunk.outcomes)
        self.became.update(chunk.became)
        self.reasons.update(chunk.reasons)
        self.notes.update(chunk.notes)
        self.told_elsewhere.update(chunk.told_elsewhere())
        self.first = sorted([*self.first, *chunk.drafts], key=lambda draft: draft.row_no)[:FIRST_ROWS]


def preview(run: Import, *, at: datetime, seconds: float = PREVIEW_SECONDS) -> Preview:
    """What the file would do, without doing it: all of it if that is quick, else 2,000 rows or more.

    Of each pass it reads the first rows; the pass before the last one is counted to its end.
    """
    ends = time.monotonic() + seconds
    file = _File(run, at=at)
    found = Preview(rows_total=file.profile.rows)
    meeting = Meeting(source=run.source, at=at, names=file.names)
    facts, memory = FileFacts(run), Memory()
    for number, which in enumerate(file.passes):
        is_last = number + 1 == len(file.passes)
        # The last pass gets half of the time at least.
        least, until = (PREVIEW_ROWS, ends) if is_last else (PREVIEW_ROWS // 2, ends - seconds / 2)
        part = Part()
        found.parts.append(part)
        with run.upload.file.open("rb") as stream:
            source = file.records(stream.file, which)
            while drafts := file.drafts(source, PREVIEW_ROWS // 4):
                chunk = Chunk(run, drafts, meeting=meeting, facts=facts, at=at, memory=memory)
                chunk.load()
                chunk.apply()
                found.add(chunk)
                if found.rows >= least and time.monotonic() > until:
                    break
            part.rows_total = part.rows + (0 if is_last else sum(1 for _record in source))
    found.parts[-1].rows_total = found.rows_total - sum(part.rows_total for part in found.parts[:-1])
    found.new_accounts = meeting.new_accounts
    return found


class _File:
    """How one file is read, from its profile and its columns."""

    def __init__(self, run: Import, *, at: datetime) -> None:
        self.profile = Profile.from_json(run.profile)
        entity = CustomField.Entity.ACCOUNT if run.kind == Import.Kind.COMPANIES else CustomField.Entity.PERSON
        self.reader = RowReader(
            Mapping.from_json(run.mapping),
            headers=self.profile.headers,
            kind=run.kind,
            fields={made.key: made for made in CustomField.objects.filter(entity=entity)},
            meanings=run.meanings,
            at=at,
        )
        self.names = AccountNames()
        self.passes = (CUSTOMERS, OTHERS) if self.reader.tells_customers_apart else (ALL,)

    def passes_left(self, run: Import) -> list[tuple[str, Checkpoint | None]]:
        """Each pass over the file that is not at its end yet, and behind which record it goes on."""
        after = _checkpoint(run)
        if after is None:
            return [(which, None) for which in self.passes]
        at = run.checkpoint.get("pass", ALL)
        return [(at, after)] + ([(OTHERS, None)] if at == CUSTOMERS else [])

    def where(self, run: Import) -> str:
        """In words, how far it has been read. Of two passes the next row may be any one of the file."""
        if len(self.passes) == 1:
            return _("at row %(row)d") % {"row": run.checkpoint.get("row_no", 0) + 1}
        rows = run.rows_done
        return ngettext("after %(rows)d row", "after %(rows)d rows", rows) % {"rows": rows}

    def records(self, stream: BinaryIO, which: str, *, after: Checkpoint | None = None) -> Iterator[Record | BadRecord]:
        found = records(stream, self.profile, after=after)
        if which == ALL:
            return found
        return (record for record in found if self.reader.is_of_customer(record) == (which == CUSTOMERS))

    def drafts(self, source: Iterator[Record | BadRecord], most: int) -> list[Draft]:
        return [self.reader.read(record) for record in islice(source, most)]


def _read_on(run: Import, ends: float, chunk_rows: int) -> int:
    """Read from the checkpoint until the end of the file or of the time given."""
    rows = 0
    file = None
    try:
        file = _File(run, at=run.started_at or database_now())
        if run.attempt - run.checkpoint.get("attempt", 0) > STANDSTILLS:
            words = _("Reading stopped %(times)d times %(where)s.")
            _fail(run, words % {"times": STANDSTILLS, "where": file.where(run)})
            return 0
        writer = _Writer(run, file)
        for which, after in file.passes_left(run):
            writer.which = which
            with run.upload.file.open("rb") as stream:
                source = file.records(stream.file, which, after=after)
                while drafts := file.drafts(source, chunk_rows or writer.rows_ahead):
                    writer.write(drafts)
                    rows += len(drafts)
                    if time.monotonic() > ends:
                        _let_go(run)
                        return rows
        _finish(run, writer.facts)
    except LeaseLost:
        logger.info("import_left", import_id=run.pk, rows=rows)
    except UnreadableFile as error:
        _fail(run, str(error))
    except FileNotFoundError:
        _fail(run, _("The uploaded file is not there any more."))
    except (OperationalError, SoftTimeLimitExceeded):
        # The database is away or busy, or the time of this part is over: the lease runs out, and each claim counts.
        raise
    except Exception as error:
        logger.exception("import_stopped", import_id=run.pk)
        _stumbled(run, error, file)
    return rows


class _Writer:
    """Writes chunks and decides how large the next one is."""

    def __init__(self, run: Import, file: _File) -> None:
        self.run, self.file, self.which = run, file, ALL
        self.facts = FileFacts(run)
        self.is_sqlite = connection.vendor == "sqlite"
        self.rows = SQLITE_ROWS_FIRST if self.is_sqlite else POSTGRESQL_ROWS
        self.rows_ahead = SQLITE_ROWS_AHEAD if self.is_sqlite else POSTGRESQL_ROWS
        self._ahead: tuple[Meeting, Memory] | None = None
        # Only who holds the lease writes them, and the fence proves it: they need not be read again.
        self.tallies: dict[str, Any] = run.tallies
        self._freed_at = 0.0
        self._held_for = 0.0

    def write(self, drafts: list[Draft]) -> None:
        """Chunk by chunk, each in one transaction. Whom all of these rows may meet is read once."""
        chunk = self._chunk(drafts)
        chunk.load()
        self._ahead = chunk.meeting, chunk.memory
        first = 0
        while first < len(drafts):
            part = drafts[first : first + self.rows]
            self._write_part(part)
            first += len(part)
        self._ahead = None

    def _write_part(self, drafts: list[Draft]) -> None:
        """What the database refuses is found by halves and becomes a rejected row."""
        try:
            self._write_one(drafts)
        except (OperationalError, LeaseLost):
            raise
        except (DatabaseError, ValueError) as error:
            self._write_apart(drafts, error)
        self._freed_at = time.monotonic()
        if self.is_sqlite:
            self.rows = rows_that_fit(
                self.rows,
                len(drafts),
                self._held_for,
                seconds=SQLITE_SECONDS,
                least=SQLITE_ROWS_LEAST,
                most=SQLITE_ROWS_MOST,
            )

    def _yield(self) -> None:
        """Everybody else writes for as long as we did; reading and comparing the next rows meanwhile counts as that."""
        if self.is_sqlite and self._freed_at:
            rest = min(self._held_for, SQLITE_SECONDS) - (time.monotonic() - self._freed_at)
            if rest > 0:
                time.sleep(rest)

    def _write_one(self, drafts: Sequence[Draft]) -> None:
        """Read and apply before the transaction, so that it holds the database only while it writes.

        Where somebody was faster, everything is read again under locks.
        """
        chunk = self._apply(drafts)
        self._yield()
        try:
            with transaction.atomic():
                self._commit(chunk, read_before=True)
        except (IntegrityError, Overtaken):
            # What was read ahead has been changed by rows that were not written.
            self._ahead = None
            logger.info("import_chunk_again", import_id=self.run.pk, row=drafts[0].row_no)
        except BaseException:
            self._ahead = None
            raise
        else:
            self._remember(chunk)
            return
        with transaction.atomic():
            hold(self.run, at=database_now())
            chunk.lock_leads()
            chunk = self._apply(drafts, lock=True)
            self._commit(chunk)
        self._remember(chunk)

    def _apply(self, drafts: Sequence[Draft], *, lock: bool = False) -> Chunk:
        if self._ahead is not None:
            chunk = self._chunk(drafts, *self._ahead)
        else:
            chunk = self._chunk(drafts)
            chunk.load(lock=lock)
        chunk.apply()
        return chunk

    def _chunk(self, drafts: Sequence[Draft], meeting: Meeting | None = None, memory: Memory | None = None) -> Chunk:
        at = database_now()
        meeting = meeting or Meeting(source=self.run.source, at=at, names=self.file.names)
        memory = memory or Memory(releases=self.tallies.get("releases", 0), sleepers=self.tallies.get("sleepers", 0))
        return Chunk(self.run, drafts, meeting=meeting, facts=self.facts, at=at, memory=memory)

    def _commit(self, chunk: Chunk, *, read_before: bool = False) -> None:
        """The fence, the counts and the checkpoint first: one UPDATE that also locks the row; then the rows."""
        began = time.monotonic()
        run, outcomes = self.run, chunk.outcomes
        checkpoint = {**chunk.drafts[-1].checkpoint._asdict(), "attempt": run.attempt, "pass": self.which}
        moved = Import.objects.filter(
            pk=run.pk, state=Import.State.RUNNING, claimed_by=run.claimed_by, attempt=run.attempt
        ).update(
            lease_until=chunk.at + LEASE,
            error="",
            rows_created=F("rows_created") + outcomes[Outcome.CREATED],
            rows_updated=F("rows_updated") + outcomes[Outcome.UPDATED],
            rows_duplicate=F("rows_duplicate") + outcomes[Outcome.DUPLICATE],
            rows_rejected=F("rows_rejected") + outcomes["rejected"],
            checkpoint=checkpoint,
            tallies=self._summed(chunk),
        )
        if not moved:
            raise LeaseLost
        # Leads before people, as every action locks them.
        chunk.lock_leads()
        if read_before and not chunk.meeting.is_as_read():
            raise Overtaken
        chunk.write()
        if chunk.not_begun or chunk.notes[ENDED]:
            Import.objects.filter(pk=run.pk).update(tallies=self._summed(chunk))
        self._held_for = time.monotonic() - began

    def _remember(self, chunk: Chunk) -> None:
        self.tallies = self._summed(chunk)
        chunk.meeting.settle()

    def _summed(self, chunk: Chunk) -> dict[str, Any]:
        added = {"reasons": chunk.reasons, "notes": chunk.notes, "became": chunk.became}
        tallies = self.tallies
        summed: dict[str, Any] = {name: dict(Counter(tallies.get(name, {})) + new) for name, new in added.items()}
        summed["accounts"] = tallies.get("accounts", 0) + chunk.meeting.new_accounts
        return summed | {"releases": chunk.memory.releases, "sleepers": chunk.memory.sleepers}

    def _write_apart(self, drafts: list[Draft], error: Exception) -> None:
        if len(drafts) > 1:
            half = len(drafts) // 2
            for part in (drafts[:half], drafts[half:]):
                self._again(part)
            return
        logger.warning("import_row_refused", import_id=self.run.pk, row=drafts[0].row_no, error=str(error)[:200])
        drafts[0].refused = RowRefused("not_stored", _("the database does not take this row"))
        self._write_one(drafts)

    def _again(self, drafts: list[Draft]) -> None:
        try:
            self._write_one(drafts)
        except (OperationalError, LeaseLost):
            raise
        except (DatabaseError, ValueError) as error:
            self._write_apart(drafts, error)


def hold(run: Import, *, at: datetime) -> None:
    """Renew the lease, and with it lock the row; LeaseLost when it is not ours."""
    held = Import.objects.filter(
        pk=run.pk, state=Import.State.RUNNING, claimed_by=run.claimed_by, attempt=run.attempt
    ).update(lease_until=at + LEASE)
    if not held:
        raise LeaseLost


def _finish(run: Import, facts: FileFacts) -> None:
    """The last row is in: dates by interest where the rows differ in it, then done."""
    for due_at, ids in facts.days.by_rank():
        with transaction.atomic():
            hold(run, at=database_now())
            facts.days.set_date(ids, due_at)
    with transaction.atomic():
        at = database_now()
        hold(run, at=at)
        Import.objects.filter(pk=run.pk).update(state=Import.State.DONE, finished_at=at, lease_until=None)


def _let_go(run: Import) -> None:
    Import.objects.filter(pk=run.pk, claimed_by=run.claimed_by, attempt=run.attempt).update(lease_until=None)


def _stumbled(run: Import, error: Exception, file: _File | None) -> None:
    """No fault of the file: what is in stays, and it is tried again, but not for ever."""
    now = Import.objects.get(pk=run.pk)
    where = file.where(now) if file else _("before a row was read")
    said = {"where": where, "why": str(error) if isinstance(error, NeverOpen) else ""}
    if run.attempt - now.checkpoint.get("attempt", 0) >= TRIES:
        words = _("It was tried several times and stopped %(where)s, by no fault of the file. %(why)s")
        _fail(run, (words % said).strip())
        return
    words = _("Something went wrong %(where)s; it is tried again in a moment. %(why)s")
    Import.objects.filter(pk=run.pk, state=Import.State.RUNNING, attempt=run.attempt).update(
        lease_until=database_now() + TRY_AGAIN, error=(words % said).strip()[:500]
    )


def _fail(run: Import, words: str) -> None:
    Import.objects.filter(pk=run.pk, state=Import.State.RUNNING, attempt=run.attempt).update(
        state=Import.State.FAILED, finished_at=database_now(), lease_until=None, error=words[:500]
    )


def _checkpoint(run: Import) -> Checkpoint | None:
    stored = run.checkpoint
    return Checkpoint(stored["row_no"], stored["line_no"], stored["offset"]) if "offset" in stored else None
