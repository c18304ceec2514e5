"""What an uploaded file is: its encoding, its delimiter, its columns, how many rows, and what they look like.

A file that is no table is refused in words a marketer can act on; a row that cannot be read never refuses the file.
"""

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, Self

from django.utils.translation import gettext as _

from leads.intake.foreign import not_text, refuse_foreign, refuse_noise
from leads.intake.records import (
    BadRecord,
    Checkpoint,
    FileOrPath,
    Layout,
    Record,
    UnreadableFile,
    guard_cell,
    opened,
    read_records,
)
from leads.intake.sniffing import DELIMITERS, ENCODINGS, delimiter_of, encoding_of
from leads.intake.values import is_empty, means_nothing
from team.csv import unguard_cell

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "BadRecord",
    "Checkpoint",
    "Column",
    "Profile",
    "Record",
    "UnreadableFile",
    "count_values",
    "guard_cell",
    "profile",
    "records",
    "unguard_cell",
]

MAX_COLUMNS = 200
NAME_CHARACTERS_MAX = 1000
SNIFFED_BYTES = 64 * 1024
READ_BYTES = 1024 * 1024
SAMPLE_ROWS = 20
SAMPLE_VALUES = 100
SAMPLE_CHARACTERS = 200
# In so many spellings and so few letters people write that there is nothing.
NOTHING_VALUES = 20
NOTHING_CHARACTERS = 30
COUNTED_VALUES = 10_000
PREAMBLE_RECORDS = 100


class Column(NamedTuple):
    """One column over all good rows: how many have a value, how many values there are, and 100 of them with how often
    each stands there: the first, and what probably means nothing wherever it stands."""

    name: str
    named: bool
    filled: int
    distinct: int
    samples: tuple[str, ...]
    # Files described before this was counted have none.
    times: tuple[int, ...] = ()

    def filled_beside(self, empty: Collection[str]) -> int:
        """How many have a value when these mean nothing, as far as they are among the samples."""
        nothing = zip(self.samples, self.times, strict=False)
        declared = {value.strip() for value in empty}
        return self.filled - sum(times for value, times in nothing if is_empty(value, declared))


class BadSample(NamedTuple):
    row_no: int
    line_no: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the marketer confirms before anything is imported.

    `encoding_guessed`: the file is not valid UTF-8 throughout, and she has to look at the sample. `distinct` of a
    column stops at 101, `skipped_lines` stand above the line of column names.
    """

    encoding: str
    encoding_guessed: bool
    undecodable_lines: int
    delimiter: str
    columns: tuple[Column, ...]
    rows: int
    bad_rows: int
    bad_reasons: dict[str, int]
    bad_sample: tuple[BadSample, ...]
    sample: tuple[tuple[str, ...], ...]
    skipped_lines: int
    start: Checkpoint
    size: int
    sha256: str

    @property
    def headers(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def samples(self) -> list[tuple[str, ...]]:
        return [column.samples for column in self.columns]

    @property
    def layout(self) -> Layout:
        return Layout(self.encoding, self.delimiter, len(self.columns), self.start)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The profile that `as_json` gave, after it has been through the database."""
        return cls(
            **{
                **stored,
                "columns": tuple(
                    Column(name, named, filled, distinct, tuple(samples), *map(tuple, times))
                    for name, named, filled, distinct, samples, *times in stored["columns"]
                ),
                "bad_sample": tuple(BadSample(*bad) for bad in stored["bad_sample"]),
                "sample": tuple(tuple(row) for row in stored["sample"]),
                "start": Checkpoint(*stored["start"]),
            }
        )


def profile(file: FileOrPath, *, encoding: str | None = None, delimiter: str | None = None) -> Profile:
    """Read the whole file once and say what it is. Raises UnreadableFile when it is not a table.

    `encoding` and `delimiter` are what the marketer chose instead of the guess.
    """
    with opened(file) as stream:
        stream.seek(0)
        head = stream.read(SNIFFED_BYTES)
        if not head.strip():
            raise UnreadableFile(_("The file is empty."))
        refuse_foreign(head)
        size, sha256, is_utf8 = _read_through(stream)
        coded = encoding_of(stream, head, size=size, is_utf8=is_utf8, chosen=encoding)

        text = head[coded.bom :].decode(coded.encoding, "ignore")
        refuse_noise(text)
        begin = Checkpoint(0, 0, coded.bom)
        if (declared := re.match(r"sep=([,;|\t])\r?\n", text)) is not None:
            # Excel's own way of naming the delimiter: a line of its own before the column names.
            delimiter = delimiter or declared[1]
            begin = Checkpoint(0, 1, coded.bom + len(declared[0].encode(coded.encoding)))
            text = text[declared.end() :]
        delimiter = delimiter or delimiter_of(text)
        names, start, skipped = _column_names(stream, Layout(coded.encoding, delimiter, None, begin))

        counted = _count(stream, Layout(coded.encoding, delimiter, len(names), start), names)
        return Profile(
            encoding=coded.encoding,
            encoding_guessed=coded.guessed,
            undecodable_lines=coded.undecodable_lines,
            delimiter=delimiter,
            skipped_lines=skipped,
            start=start,
            size=size,
            sha256=sha256,
            **counted,
        )


def records(file: FileOrPath, profile: Profile, *, after: Checkpoint | None = None) -> Iterator[Record | BadRecord]:
    """The rows of the file behind a checkpoint (or all), numbered from 1, each good or with a reason."""
    with opened(file) as stream:
        yield from read_records(stream, profile.layout, after=after)


def count_values(file: FileOrPath, profile: Profile, *, column: int, most: int = 200) -> dict[str, int]:
    """How often each value of a column occurs in the whole file, trimmed, commonest first, at most so many."""
    seen: Counter[str] = Counter()
    for record in records(file, profile):
        if isinstance(record, Record):
            value = record.values[column].strip()[:SAMPLE_CHARACTERS]
            if value in seen or len(seen) < COUNTED_VALUES:
                seen[value] += 1
    return dict(seen.most_common(most))


def _read_through(stream: BinaryIO) -> tuple[int, str, bool]:
    """Size, sha256, and whether every byte of it is UTF-8."""
    digest, size = hashlib.sha256(), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    stream.seek(0)
    while block := stream.read(READ_BYTES):
        digest.update(block)
        size += len(block)
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return size, digest.hexdigest(), is_utf8


def _column_names(stream: BinaryIO, layout: Layout) -> tuple[list[str], Checkpoint, int]:
    """The names, where the rows begin, and how many lines above them are no part of the table."""
    first = list(islice(read_records(stream, layout), PREAMBLE_RECORDS))
    if not first:
        raise UnreadableFile(_("The file is empty."))
    header = first[_header_of([len(r.values) if isinstance(r, Record) else 0 for r in first])]
    if isinstance(header, BadRecord):
        if header.reason_code == "nul":
            # Noise of zeros; a stray one would not stand among the names.
            raise UnreadableFile(not_text())
        raise UnreadableFile(_("The line with the column names cannot be read: %(why)s.") % {"why": header.reason})

    if (longest := max(map(len, header.values))) > NAME_CHARACTERS_MAX:
        raise UnreadableFile(
            _("This is no table: one of its column names would have %(found)d characters.") % {"found": longest}
        )
    names = [_clean_name(value) for value in header.values]
    _refuse_names(names)
    start = Checkpoint(0, header.checkpoint.line_no, header.checkpoint.offset)
    return names, start, header.line_no - 1 - layout.start.line_no


def _header_of(widths: list[int]) -> int:
    """Which record names the columns: the first, unless it is the title of a report with tables below it.

    Then it is the first of the longest run of equally wide records.
    """
    if widths[0] != 1 or max(widths) < 3:
        return 0
    best, best_length, begin = 0, 1, 0
    for at in range(1, len(widths) + 1):
        if at == len(widths) or widths[at] != widths[begin]:
            # Of two runs as long as each other the later: reports name their host before their guests.
            if widths[begin] >= 3 and at - begin >= max(best_length, 2):
                best, best_length = begin, at - begin
            begin = at
    return best


def _clean_name(value: str) -> str:
    """A column's name on one line, without characters nobody sees."""
    words = " ".join(value.split())
    return "".join(c for c in words if c.isprintable())[:SAMPLE_CHARACTERS]


def _refuse_names(names: list[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(
            _("The file has %(found)d columns; at most %(most)d can be imported.")
            % {"found": len(names), "most": MAX_COLUMNS}
        )
    if not any(names):
        raise UnreadableFile(_("The first line is blank where the column names should be."))
    if _looks_like_data(names):
        raise UnreadableFile(_("The first line looks like a row, not like column names. Add a line of names above it."))
    places: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if name and (earlier := places.setdefault(name.casefold(), number)) != number:
            raise UnreadableFile(
                _("Columns %(first)d (“%(one)s”) and %(second)d (“%(two)s”) have the same name. Rename one of them.")
                % {"first": earlier, "second": number, "one": names[earlier - 1], "two": name}
            )


def _looks_like_data(names: list[str]) -> bool:
    """Nobody names a column after an address, or most of them after numbers and dates."""
    if any(_ADDRESS.fullmatch(name) for name in names):
        return True
    named = [name for name in names if name]
    return sum(1 for name in named if _FIGURES.fullmatch(name)) * 2 > len(named)


_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_FIGURES = re.compile(r"[0-9][0-9 .,:/+-]*")


def _count(stream: BinaryIO, layout: Layout, names: list[str]) -> dict[str, Any]:
    rows = 0
    bad_reasons: Counter[str] = Counter()
    bad_sample: list[BadSample] = []
    sample: list[tuple[str, ...]] = []
    seen: list[dict[str, int]] = [{} for _name in names]
    overflow = [0] * len(names)
    nothing: list[dict[str, int]] = [{} for _name in names]
    for record in read_records(stream, layout):
        rows += 1
        if isinstance(record, BadRecord):
            bad_reasons[record.reason_code] += 1
            if len(bad_sample) < SAMPLE_ROWS:
                shown = record.raw[:SAMPLE_CHARACTERS]
                bad_sample.append(BadSample(record.row_no, record.line_no, record.reason, shown))
            continue
        if len(sample) < SAMPLE_ROWS:
            sample.append(tuple(value[:SAMPLE_CHARACTERS] for value in record.values))
        for at, value in enumerate(record.values):
            values = seen[at]
            if value in values:
                values[value] += 1
            elif len(values) <= SAMPLE_VALUES:
                values[value] = 1
            elif value in nothing[at]:
                nothing[at][value] += 1
            elif len(value) <= NOTHING_CHARACTERS and len(nothing[at]) < NOTHING_VALUES and means_nothing(value):
                nothing[at][value] = 1
            elif value and not value.isspace():
                overflow[at] += 1
    if not rows:
        raise UnreadableFile(_("The file has column names but no rows."))

    return {
        "rows": rows,
        "bad_rows": bad_reasons.total(),
        "bad_reasons": dict(bad_reasons),
        "bad_sample": tuple(bad_sample),
        "sample": tuple(sample),
        "columns": tuple(
            _column(number, name, values, late, more)
            for number, (name, values, late, more) in enumerate(
                zip(names, seen, nothing, overflow, strict=True), start=1
            )
        ),
    }


def _column(number: int, name: str, values: dict[str, int], late: dict[str, int], more: int) -> Column:
    """`late`: what probably means nothing and came when there were values enough."""
    filled = {value: times for value, times in values.items() if value and not value.isspace()}
    found = [*filled.items(), *late.items()]
    last = [one for one in found[SAMPLE_VALUES:] if means_nothing(one[0])]
    kept = found[:SAMPLE_VALUES]
    for one in last:
        # Of those that say something the last makes room.
        kept.remove(next((said for said in reversed(kept) if not means_nothing(said[0])), kept[-1]))
        kept.append(one)
    return Column(
        name=name or _("Column %(number)d") % {"number": number},
        named=bool(name),
        filled=sum(filled.values()) + sum(late.values()) + more,
        distinct=len(filled),
        samples=tuple(value[:SAMPLE_CHARACTERS] for value, _times in kept),
        times=tuple(times for _value, times in kept),
    )
